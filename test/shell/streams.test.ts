import test from 'ava';
import { createShortTimer } from '../../src/shell/streams.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a short timer calls back once for each start, in fractions of a millisecond', async (t) => {
  const waitedMs: number[] = [];
  let startedAtMs = 0;
  await new Promise<void>((resolve) => {
    const timer = createShortTimer(() => {
      waitedMs.push(performance.now() - startedAtMs);
      if (waitedMs.length === 100) {
        timer.close();
        resolve();
      } else start();
    });
    const start = (): void => {
      startedAtMs = performance.now();
      timer.start(0.3);
    };
    start();
  });
  await pause(5);
  t.is(waitedMs.length, 100);
  waitedMs.sort((a, b) => a - b);
  // Never early, but for the steps of the two clocks; late as the machine makes it.
  t.true(waitedMs[0]! > 0.28, `${waitedMs[0]} ms`);
  t.true(waitedMs[10]! < 1, `${waitedMs[10]} ms`);
});

test('a start replaces the one before, and a closed timer is silent', async (t) => {
  let calls = 0;
  const timer = createShortTimer(() => calls++);
  timer.start(0.2);
  timer.start(20);
  await pause(10);
  t.is(calls, 0);
  await pause(30);
  t.is(calls, 1);
  timer.start(5);
  timer.close();
  await pause(15);
  t.is(calls, 1);
});
