/** One drill at a time, and what one that was killed leaves behind. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  type DrillPlace,
  drillLockState,
  labPlace,
  lockDrill,
  refuseWhatIsLeft,
} from '../../src/drill/lock.js';
import { createFiles } from '../../src/shell/files.js';

const files = createFiles();
const place = (t: { teardown(action: () => void): void }): DrillPlace => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-lock-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return { ...labPlace('x'), notePath: join(folder, 'drill.json') };
};
/** As left by a process that has gone. */
const leave = ({ notePath }: DrillPlace, broken: object | null): void => {
  const holder = { pid: 0, startTime: '' };
  writeFileSync(
    notePath,
    JSON.stringify({ version: 1, holder, about: 'node-off, 3 times', startedAt: 'then', broken }),
  );
};

test('who holds the lock is told to who comes second; released, it is free', async (t) => {
  const where = place(t);
  const lock = await lockDrill(files, where, 'node-off, 3 times');
  t.is((await drillLockState(files, where)).state, 'held');
  const error = await t.throwsAsync(lockDrill(files, where, 'handover'), { code: 'conflict' } as object);
  t.regex(
    error!.message,
    new RegExp(`process ${process.pid} drills on lab 'x' since .* \\(node-off, 3 times\\)`),
  );
  await t.throwsAsync(refuseWhatIsLeft(files, where), { code: 'conflict' } as object);
  await lock.release();
  t.is((await drillLockState(files, where)).state, 'none');
  await refuseWhatIsLeft(files, where);
});

test('of many at once one gets it', async (t) => {
  const where = place(t);
  const tried = await Promise.allSettled(Array.from({ length: 8 }, () => lockDrill(files, where, 'x')));
  t.is(tried.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('what is broken is written down before, and is gone once it is whole', async (t) => {
  const where = place(t);
  const lock = await lockDrill(files, where, 'x');
  const broken = (): unknown =>
    (JSON.parse(readFileSync(where.notePath, 'utf8')) as { broken: unknown }).broken;
  t.is(broken(), null);
  await lock.note({ fault: 'node-off', node: 'lb1' });
  t.deepEqual(broken(), { fault: 'node-off', node: 'lb1' });
  await lock.note(null);
  t.is(broken(), null);
  await lock.abandon();
  t.is((await drillLockState(files, where)).state, 'none', 'nothing was broken: nothing stays');
});

test('given up while something is broken: the note stays, and nobody holds it', async (t) => {
  const where = place(t);
  const lock = await lockDrill(files, where, 'node-off, 1 times');
  await lock.note({ fault: 'node-off', node: 'lb1' });
  await lock.abandon();
  t.is((await drillLockState(files, where)).state, 'left');
  const error = await t.throwsAsync(lockDrill(files, where, 'handover'), { code: 'not-ready' } as object);
  t.regex(
    error!.message,
    /left lab 'x' broken by node-off of lb1: 'relevo drill heal --lab x' puts it right/,
  );
  const healing = await lockDrill(files, where, 'healing', true);
  // A healing that fails, too, leaves the note as it was.
  await healing.abandon();
  const left = await drillLockState(files, where);
  t.deepEqual(left.state === 'left' && left.note.broken, { fault: 'node-off', node: 'lb1' });
});

test('one that has gone and broke nothing is passed over', async (t) => {
  const where = place(t);
  leave(where, null);
  await refuseWhatIsLeft(files, where);
  await (await lockDrill(files, where, 'next')).release();
  t.is((await drillLockState(files, where)).state, 'none');
});

test('one that has gone and left something broken hinders all but healing', async (t) => {
  const where = place(t);
  leave(where, { fault: 'agent-freeze', node: 'lb2' });
  await t.throwsAsync(lockDrill(files, where, 'next'), { code: 'not-ready' } as object);
  await (await lockDrill(files, where, 'healing', true)).release();
  t.is((await drillLockState(files, where)).state, 'none');
});

for (const text of ['', '{"version": 1, "hold', '{"version": 2}', '[]']) {
  test(`a note that cannot be read is not passed over: ${text || 'empty'}`, async (t) => {
    const where = place(t);
    writeFileSync(where.notePath, text);
    const error = await t.throwsAsync(lockDrill(files, where, 'next'), { code: 'conflict' } as object);
    t.regex(
      error!.message,
      /is not a drill's note: see what is broken \('relevo lab status --name x'\), then remove it/,
    );
  });
}
