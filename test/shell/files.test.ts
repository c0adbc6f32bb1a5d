import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { RelevoError } from '../../src/errors.js';
import { createFiles } from '../../src/shell/files.js';

const files = createFiles();
const folder = mkdtempSync(join(tmpdir(), 'relevo-files-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test('a file that is not there is undefined, not an error', async (t) => {
  t.is(await files.read(join(folder, 'none')), undefined);
});

test('a folder in the place of a file is the caller’s mistake', async (t) => {
  const error = await t.throwsAsync(files.read(folder), { instanceOf: RelevoError });
  t.is(error?.code, 'bad-request');
  t.regex(error?.message ?? '', /it is a folder: name a file/);
});

test('content, mode and missing folders; nothing is left beside', async (t) => {
  const path = join(folder, 'deep', 'er', 'a.conf');
  await files.writeAtomic(path, 'one');
  await files.writeAtomic(path, 'two', 0o640);
  t.is(await files.read(path), 'two');
  t.is(statSync(path).mode & 0o777, 0o640);
  t.deepEqual(readdirSync(join(folder, 'deep', 'er')), ['a.conf']);
});

test('concurrent writers leave one whole content', async (t) => {
  const path = join(folder, 'race', 'b.conf');
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(contents.map((content) => files.writeAtomic(path, content)));
  t.true(contents.includes((await files.read(path)) ?? ''));
  t.deepEqual(readdirSync(join(folder, 'race')), ['b.conf']);
});

test('a failed write is a RelevoError that names the path, and removes what it began', async (t) => {
  await files.writeAtomic(join(folder, 'c', 'inside'), 'x');
  const error = await t.throwsAsync(files.writeAtomic(join(folder, 'c'), 'y'), { instanceOf: RelevoError });
  t.regex(error?.message ?? '', /writing .*\/c failed/);
  t.false(readdirSync(folder).some((name) => name.endsWith('.new')));
});
