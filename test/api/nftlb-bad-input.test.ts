/** Every kind of bad input, to nftlb's interface and to `relevo check`: the place and the remedy are named, and nothing changes. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createProgram } from '../../src/cli/program.js';
import { isObject } from '../../src/config/service-values.js';
import { limits } from '../../src/limits.js';
import { backend, createBed, farm } from './nftlb-support.js';

interface Bad {
  /** A document, or the text of one. */
  readonly input: unknown;
  /** What `check` says: place, then why and what to do. */
  readonly says: RegExp;
  /** nftlb's statuses; 200 where its clients expect a default instead. */
  readonly status?: number;
  /** Where a request says it in other words. */
  readonly answers?: RegExp;
}

const farms = (...list: unknown[]) => ({ farms: list });
const one = (more: object, ...backends: object[]) =>
  farms(farm(9, { ...more, ...(backends.length > 0 && { backends }) }));
const policies = (...list: unknown[]) => ({ policies: list });
const element = (entry: unknown) => policies({ name: 'p', elements: [entry] });
/** The place of something of that farm: by number in a document, by name in a request. */
const at = (key: string, rest: string): RegExp => new RegExp(`farms\\[(0|'s9')\\]\\.${key}: ${rest}`);
const backendAt = (key: string, rest: string): RegExp => at(`backends\\[(0|'b1')\\]\\.${key}`, rest);

const bad: Readonly<Record<string, Bad>> = {
  // Shapes.
  'no JSON': {
    input: '{"farms": [\n  {"name": "x" "y": 1}]}',
    says: /line 2, column 16: expected ',' or '}'/,
  },
  'a comma too many': { input: '{"farms": [1,]}', says: /line 1, column 13: a ',' with nothing behind it/ },
  'text that is not closed': { input: '{"farms": ["x]}', says: /line 1, column 12: .*not closed/ },
  'an end too early': { input: '{"farms": [', says: /line 1, column 12: .*the end of the text/ },
  'nested too deep': {
    input: `{"farms": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    says: /farms\[0\]: must be an object, not/,
  },
  'nested too deep, not closed': {
    input: `{"farms": ${'['.repeat(50_000)}`,
    says: /line 1, column 74: nested more than 64 levels deep: .*remove the/,
  },
  'a list at the top': { input: [1], says: /must be an object with a list of farms/ },
  'farms that are no list': { input: { farms: { s9: {} } }, says: /farms: must be a list, not/ },
  'a farm that is no object': { input: farms('web'), says: /farms\[0\]: must be an object, not 'web'/ },
  'a farm without a name': {
    input: farms({ mode: 'dnat' }),
    says: /farms\[0\]\.name: is missing: every farm needs a name/,
  },
  'an unknown list': { input: { farms: [], frams: [] }, says: /frams: unknown attribute/, status: 500 },
  // Attributes and values.
  'an unknown attribute': {
    input: one({ schedular: 'rr' }),
    says: at('schedular', "unknown attribute: did you mean 'scheduler'"),
    status: 500,
  },
  'an unknown attribute of a backend': {
    input: one({}, backend(1, { wieght: 2 })),
    says: backendAt('wieght', "unknown attribute: did you mean 'weight'"),
    status: 500,
  },
  'a list where text belongs': {
    input: one({ mark: [1] }),
    says: at('mark', 'must be text or a number, not \\[1\\]'),
  },
  'an object where a number belongs': {
    input: one({ 'persist-ttl': {} }),
    says: at('persist-ttl', 'must be a whole number from 1 to 31536000'),
  },
  'a name with a blank': {
    input: farms(farm(9, { name: 'a b' })),
    says: /farms\[0\]\.name: must be 1 to \d+ characters without blanks/,
  },
  'a name that is too long': {
    input: farms(farm(9, { name: 'x'.repeat(500) })),
    says: /farms\[0\]\.name: must be 1 to \d+ characters/,
  },
  'an unknown mode': {
    input: one({ mode: 'nat' }),
    says: at('mode', 'must be snat, dnat, dsr, stlsdnat or local'),
    status: 200,
  },
  'an unknown scheduler': {
    input: one({ scheduler: 'random' }),
    says: at('scheduler', 'must be rr, weight'),
    status: 200,
  },
  'an unknown field to hash': {
    input: one({ scheduler: 'hash', 'sched-param': 'srcip cookie' }),
    says: at('sched-param', 'must be srcip, .*not .cookie'),
  },
  'an unknown field of persistence': {
    input: one({ persistence: 'srcpi' }),
    says: at('persistence', "must be srcip, .*did you mean 'srcip'"),
  },
  'an unknown word in log': {
    input: one({ log: 'imput' }),
    says: at('log', "must be input, .*did you mean 'input'"),
  },
  'an unknown word in verdict': {
    input: one({ verdict: 'reject' }),
    says: at('verdict', 'must be log, drop or accept'),
  },
  'a log-prefix that is too long': {
    input: one({ 'log-prefix': 'x'.repeat(200) }),
    says: at('log-prefix', 'must'),
  },
  'a mark that is no number': {
    input: one({ mark: '0xZZ' }),
    says: at('mark', 'must be a mark in hexadecimal such as 0x10'),
  },
  'a flag that is neither': {
    input: one({ 'tcp-strict': 'maybe' }),
    says: at('tcp-strict', 'must be on or off'),
    status: 200,
  },
  // Addresses and ports.
  'an address that is none': {
    input: one({ 'virtual-addr': '999.1.1.1' }),
    says: at('virtual-addr', 'must be an address such as 192\\.0\\.2\\.10'),
  },
  'an address that hosts cannot have': {
    input: one({ 'virtual-addr': '224.0.0.1' }),
    says: at('virtual-addr', 'must be an address that hosts can have'),
  },
  'a farm without ports': {
    input: farms({ name: 's9', 'virtual-addr': '192.0.2.9' }),
    says: at('virtual-ports', 'is missing: the ports of the service'),
  },
  'ports without an address': {
    input: farms({ name: 's9', 'virtual-ports': '80' }),
    says: at('virtual-addr', 'is missing: the address of the service'),
  },
  'a port out of range': {
    input: one({ 'virtual-ports': '70000' }),
    says: at('virtual-ports', 'must.*1 to 65535'),
  },
  'a range of ports out of range': {
    input: one({ 'virtual-ports': '1-200000' }),
    says: at('virtual-ports', 'must.*1 to 65535'),
  },
  'a range of ports backwards': {
    input: one({ 'virtual-ports': '90-80' }),
    says: at('virtual-ports', '.*write 80-90'),
  },
  'a port of a backend out of range': {
    input: one({}, backend(1, { port: 65536 })),
    says: backendAt('port', 'must be a whole number from 1 to 65535'),
  },
  'a backend without an address': {
    input: one({}, { name: 'b1', port: '80' }),
    says: backendAt('ip-addr', 'is missing: the address of the backend'),
  },
  'a backend with an empty address': {
    input: one({}, backend(1, { 'ip-addr': '' })),
    says: backendAt('ip-addr', 'must be the address of the backend'),
  },
  'a backend that is the loopback': {
    input: one({}, backend(1, { 'ip-addr': '127.0.0.1' })),
    says: backendAt('ip-addr', 'must be an address that hosts can have'),
  },
  'a backend that is the service': {
    input: one({}, backend(1, { 'ip-addr': '192.0.2.9', port: '80' })),
    says: backendAt('ip-addr', '192\\.0\\.2\\.9 port 80 is the service itself'),
  },
  'two backends at one address': {
    input: one({}, backend(1), backend(2, { 'ip-addr': '10.1.0.1' })),
    says: at("backends\\[(1|'b2')\\]\\.ip-addr", 'has the address and port of .b1. .*more weight instead'),
  },
  'a shared address without an address': {
    input: { addresses: [{ name: 'a', ports: '80' }] },
    says: /addresses\[(0|'a')\]\.ip-addr: is missing: /,
  },
  'a shared address without ports': {
    input: { addresses: [{ name: 'a', 'ip-addr': '192.0.2.77' }] },
    says: /addresses\[(0|'a')\]\.ports: is missing: /,
  },
  // Numbers.
  'a negative limit': {
    input: one({ 'est-connlimit': -5 }),
    says: at('est-connlimit', 'must be a whole number from 0'),
  },
  'a negative limit of a backend': {
    input: one({}, backend(1, { 'est-connlimit': '-1' })),
    says: backendAt('est-connlimit', 'must be a whole number from 0'),
  },
  'a rate without a unit that exists': {
    input: one({ 'new-rtlimit': '5/fortnight' }),
    says: at('new-rtlimit', 'must.*second'),
  },
  'a negative rate': { input: one({ 'rst-rtlimit': '-5/second' }), says: at('rst-rtlimit', 'must.*second') },
  'a weight of none': {
    input: one({}, backend(1, { weight: 0 })),
    says: backendAt('weight', 'must be a whole number from 1'),
  },
  'half a priority': {
    input: one({}, backend(1, { priority: 1.5 })),
    says: backendAt('priority', 'must be a whole number from 1'),
  },
  'a queue that cannot be': {
    input: one({ queue: 70_000 }),
    says: at('queue', 'must be a whole number from'),
  },
  // What does not go together.
  'families that do not go together': {
    input: one({ family: 'ipv4' }, backend(1, { 'ip-addr': '2001:db8::1' })),
    says: backendAt('ip-addr', "the farm's family is ipv4: make it dual"),
  },
  'a family that contradicts the address': {
    input: one({ family: 'ipv6' }),
    says: at('family', '192\\.0\\.2\\.9 cannot be reached: .*make it dual'),
  },
  'dsr with another port': {
    input: one({ mode: 'dsr' }, backend(1)),
    says: backendAt('port', 'mode dsr hands packets on as they are: leave the port empty'),
  },
  'stlsdnat with several ports and another': {
    input: one({ mode: 'stlsdnat', 'virtual-ports': '80,81' }, backend(1)),
    says: backendAt('port', 'mode stlsdnat remembers nothing: .*leave it empty'),
  },
  'local with backends': {
    input: one({ mode: 'local' }),
    says: at('backends', 'mode local serves on this node: remove the backends'),
  },
  'a source address without snat': {
    input: one({ 'source-addr': '10.1.0.9' }),
    says: at('source-addr', 'needs mode snat'),
  },
  'a limit that needs connection tracking': {
    input: one({ mode: 'stlsdnat', 'est-connlimit': 5 }, backend(1)),
    says: at('est-connlimit', 'needs connection tracking, .*use dnat or snat'),
  },
  'leastconn without connection tracking': {
    input: one({ mode: 'stlsdnat', scheduler: 'leastconn' }, backend(1)),
    says: at('scheduler', 'needs connection tracking'),
  },
  'ftp over udp': {
    input: one({ protocol: 'udp', helper: 'ftp' }),
    says: at('helper', 'ftp needs protocol tcp, not udp'),
  },
  'synproxy of udp': {
    input: one({ protocol: 'udp', synproxy: 'on' }),
    says: at('synproxy', 'answers SYNs of tcp, not of udp: remove it'),
  },
  'a static session without persistence': {
    input: one({ sessions: [{ client: '10.0.0.1', backend: 'b1' }] }),
    says: at('sessions\\[0\\]\\.client', 'the farm has no persistence: give it one'),
  },
  'a static session of an unknown backend': {
    input: one({ persistence: 'srcip', sessions: [{ client: '10.0.0.1', backend: 'x' }] }),
    says: at('sessions\\[0\\]\\.backend', "there is no backend 'x' in this farm"),
  },
  'a client that is none': {
    input: one({ persistence: 'srcip', sessions: [{ client: 'me', backend: 'b1' }] }),
    says: at('sessions\\[0\\]\\.client', "'me' is no srcip"),
  },
  // Names.
  'an unknown policy': { input: one({ policies: [{ name: 'x' }] }), says: /Unknown policy 'x'/, status: 404 },
  'two services at one address': {
    input: farms(farm(8), farm(9, { 'virtual-addr': '192.0.2.8' })),
    says: /farms\[(1|'s9')\]: 's9' overlaps .*'s8'.*: both serve tcp 192\.0\.2\.8 port 80/,
  },
  'two services with ports that overlap': {
    input: farms(
      farm(8, { 'virtual-ports': '70-90' }),
      farm(9, { 'virtual-addr': '192.0.2.8', 'virtual-ports': '85-99' }),
    ),
    says: /both serve tcp 192\.0\.2\.8 ports? 85/,
  },
  'two addresses of one name': {
    input: one({
      addresses: [
        { name: 'a', 'ip-addr': '192.0.2.50', ports: '80' },
        { name: 's9-addr', 'ip-addr': '192.0.2.51', ports: '80' },
      ],
    }),
    says: /two addresses would be called 's9-addr': give them names of their own/,
  },
  // Policies.
  'an element that is no network': {
    input: element({ data: '10.0.0.0/33' }),
    says: /policies\[(0|'p')\]\.elements\[0\]\.data: must be an address, a network such as/,
  },
  'an element of the other family': {
    input: policies({ name: 'p', family: 'ipv4', elements: ['fd00::1'] }),
    says: /elements\[0\]: fd00::1 is not of the policy's family, which is ipv4: make a policy for each family/,
  },
  'an element with an unknown attribute': {
    input: element({ data: '10.0.0.1', colour: 'red' }),
    says: /elements\[0\]\.colour: unknown attribute: remove it/,
    status: 500,
  },
  'an element that lasts for ever and a day': {
    input: element({ data: '10.0.0.1', timeout: '31536001' }),
    says: /elements\[0\]\.timeout: must be a whole number from 0 to 31536000/,
  },
  'an unknown type of policy': {
    input: policies({ name: 'p', type: 'greylist' }),
    says: /policies\[0\]\.type: must be blacklist or whitelist/,
    status: 200,
  },
};

const bed = createBed();
const folder = mkdtempSync(join(tmpdir(), 'relevo-bad-'));
test.before(async (t) => {
  const first = { farms: [farm(1, { policies: [{ name: 'good' }] }), farm(2)] };
  const reply = await bed.send('POST', '/farms', {
    policies: [{ name: 'good', elements: ['10.9.9.9'] }],
    ...first,
  });
  t.is(reply.status, 200);
});
test.after.always(() => rmSync(folder, { recursive: true }));

const check = async (input: unknown): Promise<{ text: string; failed: boolean }> => {
  const file = join(folder, 'document');
  writeFileSync(file, typeof input === 'string' ? input : JSON.stringify(input));
  const lines: string[] = [];
  let failed = false;
  const output = { print: (text: string) => lines.push(text), fail: () => (failed = true) };
  await createProgram({}, output).parseAsync(['node', 'relevo', 'check', file]);
  return { text: lines.join('\n'), failed };
};
const everything = async (): Promise<string> => {
  const lists = await Promise.all(
    ['/farms?full', '/policies', '/addresses'].map((url) => bed.send('GET', url)),
  );
  return lists.map(({ text }) => text).join('');
};

for (const [name, { input, says, status = 400, answers = says }] of Object.entries(bad)) {
  test.serial(name, async (t) => {
    const checked = await check(input);
    t.true(checked.failed);
    t.regex(checked.text, says);

    const [before, commits, saves] = [await everything(), bed.nft.committed.length, bed.saved.length];
    for (const method of ['POST', 'PUT'].slice(0, status === 200 ? 1 : 2)) {
      const reply = await bed.send(method, '/farms', input);
      t.is(reply.status, status, reply.text.slice(0, 300));
      t.regex(reply.response, status === 200 ? /^success\. Parsing unknown value '.*using default/ : answers);
    }
    if (status === 400 && isObject(input) && input.farms !== undefined) {
      // Beside something good, which does not come into force either.
      const beside = { ...input, farms: [input.farms].flat().concat([farm(7)]) };
      t.is((await bed.send('POST', '/farms', beside)).status, 400);
    }
    if (status === 200) {
      await bed.send('DELETE', '/farms/s9');
      await bed.send('DELETE', '/policies/p');
    } else {
      t.is(bed.nft.committed.length, commits);
      t.is(bed.saved.length, saves);
    }
    t.is(await everything(), before);
  });
}

test.serial('names that are there twice are told, whatever else is wrong with the first', async (t) => {
  const good = { name: 'a', 'virtual-addr': '192.0.2.1', 'virtual-ports': '80' };
  const { text } = await check({
    farms: [{ ...good, mode: 'bad' }, good, { name: 'b', backends: [backend(1, { weight: 0 }), backend(1)] }],
    policies: [{ name: 'p', elements: ['x'] }, { name: 'p' }],
    addresses: [{ name: 'q' }, { name: 'q', 'ip-addr': '192.0.2.2', ports: '80' }],
  });
  for (const place of [
    /^farms\[0\]\.mode: /m,
    /^farms\[1\]\.name: 'a' is the name of farms\[0\] too: names are unique$/m,
    /^farms\[2\]\.backends\[1\]\.name: 'b1' is the name of backends\[0\] too: names are unique$/m,
    /^policies\[1\]\.name: 'p' is the name of policies\[0\] too: names are unique$/m,
    /^addresses\[1\]\.name: 'q' is the name of addresses\[0\] too: names are unique$/m,
  ]) {
    t.regex(text, place);
  }
});

test.serial('what is too long is refused with the limit', async (t) => {
  const before = await everything();
  const many = (count: number, entry: (index: number) => object) =>
    Array.from({ length: count }, (_, index) => entry(index));
  const refusals: [unknown, number, RegExp][] = [
    [`{"farms": [${' '.repeat(limits.nftlbBodyBytes)}]}`, 413, /too large/],
    [
      one(
        {},
        ...many(limits.backendsPerService + 1, (index) => ({
          name: `b${index}`,
          'ip-addr': `10.${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
        })),
      ),
      400,
      /backends: has \d+ backends, more than \d+/,
    ],
    [
      one({ persistence: 'srcip', sessions: many(limits.staticSessionsPerService + 1, () => ({})) }),
      400,
      /sessions: has more than \d+ sessions/,
    ],
  ];
  for (const [body, status, response] of refusals) {
    const reply = await bed.send('POST', '/farms', body);
    t.is(reply.status, status, reply.text.slice(0, 200));
    t.regex(reply.response, response);
  }
  t.is(await everything(), before);
});

test.serial('a wish to delete that is nested too deep is refused', async (t) => {
  const before = await everything();
  const depth = 20_000;
  const body = `{"farms": ${'[{"name": "s1", "backends": '.repeat(depth)}[]${'}]'.repeat(depth)}}`;
  const reply = await bed.send('DELETE', '/farms', body);
  t.is(reply.status, 500);
  t.regex(reply.response, /^error deleting farm\. .*backends: unknown attribute/);
  t.is(await everything(), before);
});
