/** The table of docs/replication.md: each row names tests, and they are there. */

import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';

const root = new URL('../../', import.meta.url).pathname;

const rows = (): string[][] => {
  const [, section = ''] = readFileSync(`${root}docs/replication.md`, 'utf8').split(
    '## What survives a failover',
  );
  return section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| object'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
};

test('every promise names tests, and they are there', (t) => {
  const [, section = ''] = readFileSync(`${root}docs/replication.md`, 'utf8').split('### What is promised');
  const promises = section.split('\n\n')[1]!.split('\n').slice(2);
  t.true(promises.length >= 15);
  for (const line of promises) {
    const [, promise, shown] = line.split(' | ').length === 2 ? ['', ...line.split(' | ')] : [];
    const named = [...(shown ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    t.true(named.length > 0, line);
    for (const name of named) t.true(existsSync(`${root}test/${name}.test.ts`), `${promise}: ${name}`);
  }
});

test('every row says what happens, with what error, and by which test that is shown', (t) => {
  t.true(rows().length >= 20);
  for (const row of rows()) {
    t.is(row.length, 4, row.join(' | '));
    const [object, how, bound, shown] = row as [string, string, string, string];
    t.true(how.length > 0 && bound.length > 0, object);
    const named = [...shown.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    t.true(named.length > 0, object);
    for (const name of named) t.true(existsSync(`${root}test/${name}.test.ts`), `${object}: ${name}`);
  }
});
