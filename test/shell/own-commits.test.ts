/** Counting commits in memory that threads share. */

import { Worker } from 'node:worker_threads';
import test from 'ava';
import { createOwnCommits } from '../../src/shell/own-commits.js';

const bytes = 16;

test('what is counted: generations, and commits of which nobody knows', (t) => {
  const commits = createOwnCommits(new SharedArrayBuffer(bytes));
  for (const generations of [1, 1, 0, undefined] as const) {
    commits.begin();
    commits.end(generations);
  }
  t.deepEqual(
    commits.settled(() => 'read'),
    { count: { raised: 2, unclear: 1 }, found: 'read' },
  );
});

test('no moment without a commit under way: no count', (t) => {
  const commits = createOwnCommits(new SharedArrayBuffer(bytes));
  commits.begin();
  t.is(
    commits.settled(() => t.fail('not to be read')),
    undefined,
  );
  commits.end(1);
  t.like(
    commits.settled(() => 0),
    { count: { raised: 1 } },
  );
});

test('a commit that begins while the generation is read: read again', (t) => {
  const memory = new SharedArrayBuffer(bytes);
  const [here, there] = [createOwnCommits(memory), createOwnCommits(memory)];
  let reads = 0;
  const settled = here.settled(() => {
    if (++reads > 1) return;
    there.begin();
    there.end(1);
  });
  t.is(reads, 2);
  t.deepEqual(settled?.count, { raised: 1, unclear: 0 });
});

test('waits for the commit of another thread', async (t) => {
  const memory = new SharedArrayBuffer(bytes);
  const commits = createOwnCommits(memory);
  commits.begin();
  // Ends it within the time for which it is waited: the words are begun, ended, raised, unclear.
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    const words = new Int32Array(workerData);
    parentPort.once('message', () => {
      Atomics.add(words, 2, 1);
      Atomics.add(words, 1, 1);
      Atomics.notify(words, 1);
      parentPort.close();
    });
    parentPort.postMessage('ready');`;
  const worker = new Worker(script, { eval: true, workerData: memory });
  await new Promise((resolve) => worker.once('message', resolve));
  worker.postMessage('end');
  let settled: ReturnType<typeof commits.settled<number>>;
  for (let tries = 0; tries < 500 && !settled; tries++) settled = commits.settled(() => 7);
  t.deepEqual(settled, { count: { raised: 1, unclear: 0 }, found: 7 });
  await worker.terminate();
});
