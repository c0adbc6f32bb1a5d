import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createDecisionLog } from '../../src/app/decision-log.js';
import type { DecisionRecord } from '../../src/election/decisions.js';
import { Replay } from '../../src/election/replay.js';
import { limits } from '../../src/limits.js';
import { openLineFiles } from '../../src/shell/line-files.js';
import { readLines } from '../../src/shell/lines-of-file.js';
import { simulate } from '../sim/world.js';
import { quietLog } from '../support/fake-node.js';

const open = (folder: string, change: object = {}) =>
  openLineFiles({ folder, name: 'd', keptFiles: 3, queueBytes: 1_000, ...change }, quietLog);

const linesIn = async (path: string): Promise<string[]> => {
  const lines: string[] = [];
  await readLines(path, (line) => lines.push(line));
  return lines;
};

test('older files are compressed, few are kept, and a torn line of a process before stays alone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  appendFileSync(join(folder, 'd.jsonl'), 'torn');
  const files = await open(folder);
  for (let file = 0; file < 6; file++) {
    t.true(files.append(`in ${file}\n`));
    files.rotate();
    t.is(files.bytes, 0);
  }
  t.true(files.append('open\n'));
  await files.close();
  t.deepEqual(readdirSync(folder).sort(), [
    'd-00000004.jsonl.gz',
    'd-00000005.jsonl.gz',
    'd-00000006.jsonl.gz',
    'd.jsonl',
  ]);
  t.deepEqual(await linesIn(join(folder, 'd-00000004.jsonl.gz')), ['in 3']);
  t.deepEqual(await linesIn(join(folder, 'd.jsonl')), ['open']);
  const again = await open(folder);
  t.false(again.append('x'.repeat(1_001)), 'more than may wait');
  await again.close();
  await t.throwsAsync(linesIn(join(folder, 'none')), { message: /no such file/ });
  rmSync(folder, { recursive: true });
});

test('what the disk refuses is counted, told in the file, and a checkpoint is asked for', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const path = join(folder, 'd.jsonl');
  mkdirSync(path);
  const files = await open(folder, { queueBytes: limits.decisionQueueBytes, againMs: 0 });
  const records: DecisionRecord[] = [];
  simulate({ seed: 4, nodes: 2, faults: [], record: (by, one) => by === 'lb1' && records.push(one) });
  let wanted = 0;
  const log = createDecisionLog({
    files,
    about: () => ({ software: 'test' }),
    wantCheckpoint: () => wanted++,
  });
  log.take(records.slice(0, 10));
  while (log.lost === 0) await new Promise((resolve) => setImmediate(resolve));
  t.is(log.lost, 10);
  rmdirSync(path);
  log.take(records.slice(10, 20));
  t.is(wanted, 1);
  log.take([...records]);
  await log.close();
  const replay = new Replay();
  for (const line of readFileSync(path, 'utf8').split('\n')) replay.line(line);
  const result = replay.result();
  t.is(result.dropped, 10);
  t.is(result.skipped, 10);
  t.deepEqual(result.differences, []);
  t.is(result.steps, records.length - 1);
  rmSync(folder, { recursive: true });
});
