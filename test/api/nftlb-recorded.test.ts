/** The answers of Debian's nftlb (test/cases/nftlb, recorded by scripts/record-nftlb.mjs) and ours to the same requests. */

import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { createBed } from './nftlb-support.js';

interface Case {
  readonly requests: readonly (readonly [method: string, path: string, body?: unknown])[];
  readonly answers: readonly { readonly status: number; readonly body: unknown }[];
}

const folder = new URL('../cases/nftlb/', import.meta.url);

/** Without what is different on purpose: blanks at the end, numbered marks of backends, our own attributes, nftlb's own trouble. */
const comparable = (value: unknown, key = '', parent = ''): unknown => {
  if (typeof value === 'string') return value.trim();
  if (Array.isArray(value)) return value.map((one) => comparable(one, key, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      if (name === 'replicate' || name === 'state-reason' || (name === 'mark' && parent === 'backends'))
        return [];
      // Kept by nftlb where nothing is hashed.
      if (name === 'sched-param' && 'scheduler' in value && value.scheduler === 'rr') return [];
      // nftlb 1.0.7 skips levels with a backend that is off, and calls those of the next one up.
      if (name === 'priority' && parent === 'farms') return [];
      if (name === 'state' && (one === 'config_error' || one === 'available')) return [[name, 'up']];
      return [[name, comparable(one, name, Array.isArray(one) ? name : key)]];
    }),
  );
};

/** The message in front of the detail, which is ours. */
const messageOf = (body: unknown): string =>
  String((body as { response?: unknown } | null)?.response ?? '').split('. ')[0]!;

/**
 * What docs/nftlb.md lists as different: case and position → our status. Where Debian's 1.0.7 does not do what it was asked, the
 * readings after it are different, too; `nftlb-verbs` says what ours are.
 */
const deliberate: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  'requests.json': { 0: 404 },
  'unknown-objects.json': { 11: 400 },
  // 1.0.7 knows no action of farms but reload, nor one of addresses; those of policies change nothing.
  'actions-of-addresses.json': { 1: 200, 3: 200 },
  'actions-of-farms.json': { 1: 200, 2: 200, 3: 200, 7: 200, 9: 200, 10: 200, 11: 200 },
  'actions-of-policies.json': { 8: 200, 10: 200 },
  'actions-that-delete.json': { 1: 200, 3: 404, 4: 404, 5: 200, 6: 404, 7: 200 },
  'links-to-policies.json': { 9: 200, 10: 200 },
  // … and takes away nothing that a body names.
  'delete-elements-with-a-body.json': { 4: 200, 7: 200 },
  'delete-with-a-body.json': { 2: 200, 4: 200, 5: 404, 7: 200, 9: 200 },
  // Neighbours are one range in nftlb, and then neither of them can be taken away.
  'elements-adjacent.json': { 1: 200, 3: 200, 4: 200, 5: 200, 6: 200, 7: 200 },
  'elements-overlapping.json': { 1: 200, 3: 200, 5: 200, 6: 200, 7: 200 },
  'patch-elements.json': { 2: 200, 5: 200, 6: 200 },
  // 1.0.7 has no such path.
  'patch-links.json': { 2: 200, 3: 200, 4: 200, 5: 200, 6: 200, 7: 200, 8: 200, 10: 404, 11: 404, 13: 200 },
  'sessions-static.json': { 7: 400, 8: 200 },
  // Lists with an unknown word become none in nftlb, numbers are not looked at.
  'unknown-values.json': { 2: 400, 3: 400, 5: 400, 6: 400, 10: 400, 14: 400, 16: 200 },
  'verbs-and-paths.json': { 1: 400, 10: 400, 13: 404, 16: 404, 18: 404 },
};

for (const file of readdirSync(folder).sort()) {
  const { requests, answers } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case;
  test(`as recorded: ${file}`, async (t) => {
    const bed = createBed();
    for (const [index, [method, path, body]] of requests.entries()) {
      const { status, json } = await bed.send(method, path, body);
      const known = answers[index]!;
      const what = `${index}: ${method} ${path} ${JSON.stringify(body) ?? ''}`;
      const other = deliberate[file]?.[index];
      t.is(status, other ?? known.status, `${what} ${JSON.stringify(json).slice(0, 300)}`);
      if (other !== undefined) continue;
      if (method === 'GET' && status === 200) t.deepEqual(comparable(json), comparable(known.body), what);
      else t.is(messageOf(json), messageOf(known.body), what);
    }
  });
}
