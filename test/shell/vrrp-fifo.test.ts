import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { watchVrrpFifo } from '../../src/shell/vrrp-fifo.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (what: string, look: () => boolean): Promise<void> => {
  for (const endMs = performance.now() + 10_000; !look(); await sleep(5))
    if (performance.now() > endMs) throw new Error(`${what}: not within 10 s`);
};

const folder = mkdtempSync(join(tmpdir(), 'relevo-fifo-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const listen = (path: string) => {
  const heard: string[] = [];
  const states: string[] = [];
  const stop = watchVrrpFifo(path, {
    onText: (text) => heard.push(text),
    onState: (text) => states.push(text),
  });
  return { heard, states, stop, last: () => states.at(-1) };
};
const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
/** As keepalived does: what it writes waits for a reader. */
const write = (path: string): number => openSync(path, constants.O_RDWR | constants.O_NONBLOCK);

test('it is made, read, and a writer that has gone is told', async (t) => {
  const path = join(folder, 'one');
  const fifo = listen(path);
  await until('a FIFO without a writer', () => fifo.last()?.startsWith('nobody writes') === true);
  t.is(statSync(path).mode & 0o777, 0o600);
  const fd = write(path);
  await until('a writer', () => fifo.last() === '');
  writeSync(fd, 'INSTANCE "g1" MASTER 100\n');
  await until('its words', () => fifo.heard.join('') === 'INSTANCE "g1" MASTER 100\n');
  closeSync(fd);
  await until('it has gone', () => fifo.last()?.startsWith('nobody writes') === true);
  fifo.stop();
});

test('a second listener hears first what the first one has heard of the same writer', async (t) => {
  const path = join(folder, 'two');
  const first = listen(path);
  await until('a FIFO', () => isThere(path) && first.states.length > 0);
  const fd = write(path);
  writeSync(fd, 'INSTANCE "g1" BACKUP 100\n');
  await until('its words', () => first.heard.length > 0);
  await until('kept', () => (statSync(`${path}.last`, { throwIfNoEntry: false })?.size ?? 0) > 20);
  first.stop();
  writeSync(fd, 'INSTANCE "g1" MASTER 100\n');
  const second = listen(path);
  await until('the words of before, then the others', () => second.heard.length > 1);
  t.deepEqual(second.heard, ['INSTANCE "g1" BACKUP 100\n', 'INSTANCE "g1" MASTER 100\n']);
  t.is(second.states[0], '');
  second.stop();
  closeSync(fd);
});

test('one that is removed is told and made again; what is none is named', async (t) => {
  const path = join(folder, 'three');
  const fifo = listen(path);
  await until('a FIFO', () => isThere(path) && fifo.states.length > 0);
  rmSync(path);
  await until('the loss', () => fifo.states.some((text) => text.endsWith('was removed')));
  await until('a new one', () => isThere(path));
  fifo.stop();
  const other = join(folder, 'four');
  writeFileSync(other, '');
  const file = listen(other);
  await until('its kind', () => file.last() === `${other} is not a FIFO: remove it`);
  file.stop();
  t.pass();
});
