/** `health` of a farm: defaults, what is refused and the remedy, and that it reads back as it is printed. */

import test from 'ava';
import { parseServices } from '../../src/config/services.js';
import { formatServices } from '../../src/config/services-format.js';

const farm = (health: unknown, more: object = {}) =>
  JSON.stringify({
    farms: [
      {
        name: 'web',
        mode: 'dnat',
        'virtual-addr': '10.0.0.1',
        'virtual-ports': '80',
        health,
        backends: [{ name: 'b1', 'ip-addr': '10.1.0.1' }],
        ...more,
      },
    ],
  });

const read = (text: string) => {
  const parsed = parseServices(text);
  if ('document' in parsed) return parsed.document;
  throw new Error(JSON.stringify(parsed.problems));
};
const problemsOf = (text: string): string[] => {
  const parsed = parseServices(text);
  return 'problems' in parsed ? parsed.problems.map(({ path, message }) => `${path} ${message}`) : [];
};

test('defaults are told, and what is printed reads back the same', (t) => {
  const [tcp] = read(farm({ kind: 'tcp' })).services;
  t.deepEqual(tcp?.health, { kind: 'tcp', intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3 });
  const http = read(farm({ kind: 'http', 'interval-ms': '500', port: '8080', status: '200-299,404' }));
  t.like(http.services[0]?.health, {
    timeoutMs: 500,
    port: 8_080,
    path: '/',
    statuses: [
      { first: 200, last: 299 },
      { first: 404, last: 404 },
    ],
  });
  t.deepEqual(read(formatServices(http)), http);
  t.is(read(farm('')).services[0]?.health, undefined);
});

for (const [what, text, path, remedy] of [
  ['a kind that is not there', farm({}), 'farms[0].health.kind', /is missing: tcp, http or https/],
  ['a wrong kind', farm({ kind: 'htp' }), 'farms[0].health.kind', /did you mean 'http'/],
  ['text', farm('tcp'), 'farms[0].health', /must be an object such as \{"kind": "tcp"\}/],
  [
    'a misspelt attribute',
    farm({ kind: 'tcp', interval_ms: 5 }),
    'farms[0].health.interval_ms',
    /did you mean/,
  ],
  [
    'an interval of nothing',
    farm({ kind: 'tcp', 'interval-ms': 1 }),
    'farms[0].health.interval-ms',
    /from 100 to/,
  ],
  [
    'a timeout beyond the interval',
    farm({ kind: 'tcp', 'interval-ms': 500, 'timeout-ms': 900 }),
    'farms[0].health.timeout-ms',
    /longer than the interval/,
  ],
  [
    'a path of tcp',
    farm({ kind: 'tcp', path: '/x' }),
    'farms[0].health.path',
    /remove it, or change the kind/,
  ],
  ['a status', farm({ kind: 'http', status: '299-200' }), 'farms[0].health.status', /such as 200, 200-299/],
  [
    'a path with a line end',
    farm({ kind: 'http', path: '/a\r\nX: y' }),
    'farms[0].health.path',
    /without blanks/,
  ],
  ['udp', farm({ kind: 'tcp' }, { protocol: 'udp' }), 'farms[0].health.port', /say on which port/],
  [
    'several ports',
    farm({ kind: 'tcp' }, { 'virtual-ports': '80,81' }),
    'farms[0].backends[0].port',
    /give it a port/,
  ],
  ['local', farm({ kind: 'tcp' }, { mode: 'local', backends: [] }), 'farms[0].health', /remove it/],
] as const) {
  test(`refused with its place and the remedy: ${what}`, (t) => {
    const [first = ''] = problemsOf(text);
    t.true(first.startsWith(`${path} `), first);
    t.regex(first, remedy);
  });
}
