/** Every kind of statement and set, on the real kernel: it takes them, stock nft lists them, and the two texts agree. */

import test from 'ava';
import type { Family } from '../../src/netlink/nft/ast.js';
import { ruleText } from '../../src/netlink/nft/text.js';
import { setText } from '../../src/netlink/nft/text-objects.js';
import { kindsMap, servicesMap, slotsMap, sourcesMap } from '../../src/ruleset/layout.js';
import { chainLines, concat, enterKernel, ip4, listing, port, setLines, u32 } from './kernel.js';
import { matches } from './shapes-matching.js';
import { bySlot, held, macs, marks, names, nets, pairs, ports, sets, verdicts } from './shapes-sets.js';
import { translations } from './shapes-translation.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());

const shapes = [...translations, ...matches];
const table = (family: Family) => ({ family, name: 'relevo' });
const target = 'target';

test.before(async () => {
  for (const family of ['ip', 'ip6', 'inet', 'netdev'] as const) {
    await kernel.commit(
      { op: 'add-table', table: table(family) },
      { op: 'add-chain', table: table(family), chain: { name: target } },
      ...sets[family].map((set) => ({ op: 'add-set' as const, table: table(family), set })),
    );
  }
});

const hooks = {
  filter: { type: 'filter', hook: 'prerouting', priority: -150, policy: 'accept' },
  pre: { type: 'nat', hook: 'prerouting', priority: -100, policy: 'accept' },
  post: { type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' },
} as const;

for (const [index, shape] of shapes.entries()) {
  test.serial(`${shape.family}: ${shape.title}`, async (t) => {
    const chain = `shape${index}`;
    const hook =
      shape.family === 'netdev'
        ? ({ type: 'filter', hook: 'ingress', priority: -500, policy: 'accept', devices: ['lo'] } as const)
        : hooks[shape.chain];
    const rule = { chain, statements: shape.statements, comment: `shape ${index}` };
    await kernel.commit(
      { op: 'add-chain', table: table(shape.family), chain: { name: chain, hook } },
      { op: 'add-rule', table: table(shape.family), rule },
    );
    const expected = shape.prints ? `${shape.prints} comment "shape ${index}"` : ruleText(rule, shape.family);
    t.deepEqual(chainLines(listing(kernel), chain), [expected]);
  });
}

for (const [family, specs] of Object.entries(sets)) {
  for (const set of specs) {
    test.serial(`${family}: set ${set.name} is listed as it is declared`, (t) => {
      const text = kernel.stockNft('list', set.data ? 'map' : 'set', family, 'relevo', set.name);
      const declared = setText(set)
        .replace(/^\w+ \{ /, '')
        .replace(/; \}$/, '')
        .split('; ');
      t.deepEqual(setLines(text, set.name), declared);
    });
  }
}

test.serial('elements of every kind of set are taken, listed, and dumped as they were', async (t) => {
  const ip = table('ip');
  const vip = ip4('10.0.0.1');
  const tcp = Uint8Array.of(6);
  const elements = [
    [verdicts, { key: concat(vip, tcp, port(80)), data: { kind: 'goto', chain: target } }],
    [verdicts, { key: concat(vip, tcp, port(81)), data: { kind: 'drop' } }],
    [servicesMap, { key: concat(vip, tcp, port(80)), data: u32(0x1c00040) }],
    [kindsMap, { key: u32(0x1c00040), data: { kind: 'goto', chain: target } }],
    [slotsMap, { key: concat(vip, tcp, port(80), u32(1000)), data: concat(ip4('10.1.0.1'), port(8080)) }],
    [sourcesMap, { key: concat(vip, tcp, port(80), vip, port(1)), data: ip4('10.9.9.9') }],
    [held, { key: vip, timeoutMs: 60_000, comment: 'lease' }],
    [held, { key: ip4('10.0.0.2') }],
    [nets, { key: ip4('10.0.0.0'), keyEnd: ip4('10.0.0.255') }],
    [nets, { key: ip4('10.0.1.0'), keyEnd: ip4('10.0.1.7') }],
    [nets, { key: ip4('10.7.7.7') }],
    [nets, { key: ip4('255.255.255.0'), keyEnd: ip4('255.255.255.255') }],
    [pairs, { key: concat(ip4('10.0.0.0'), port(80)), keyEnd: concat(ip4('10.0.0.255'), port(90)) }],
    [marks, { key: concat(vip, port(80)), data: u32(0x22) }],
    [ports, { key: port(443) }],
    [macs, { key: concat(Uint8Array.of(2, 0, 0, 0, 0, 1), vip) }],
    [bySlot, { key: u32(3), data: vip }],
    [names, { key: Uint8Array.from({ length: 16 }, (_, i) => 'eth0'.charCodeAt(i) || 0) }],
  ] as const;
  await kernel.commit(
    ...elements.map(([set, element]) => ({
      op: 'add-elements' as const,
      table: ip,
      set,
      elements: [element],
    })),
  );
  const text = listing(kernel);
  for (const expected of [
    '10.0.0.1 . tcp . 80 : goto target',
    '10.0.0.1 . tcp . 80 : 1c0:40',
    '1c0:40 : goto target',
    '10.0.0.1 . tcp . 80 . 1000 : 10.1.0.1 . 8080',
    '10.0.0.1 timeout 1m',
    'comment "lease"',
    '10.0.0.0/24',
    '10.0.1.0/29',
    '10.0.0.0/24 . 80-90',
    '10.0.0.1 . 80 : 0x00000022',
    '02:00:00:00:00:01 . 10.0.0.1',
    '"eth0"',
  ]) {
    t.true(text.includes(expected), `${expected} in\n${text}`);
  }
  for (const set of new Set(elements.map(([one]) => one))) {
    const dumped = await kernel.nft.dumpElements(ip, set.name);
    const wanted = elements.filter(([one]) => one === set).map(([, element]) => element);
    const shown = (list: readonly object[]): string[] => list.map((one) => JSON.stringify(one)).sort();
    const withoutRest = dumped.map(({ expiresMs, ...rest }) => rest);
    t.deepEqual(shown(withoutRest.map(ordered)), shown(wanted.map(ordered)), set.name);
  }
});

/** One order of keys, bytes as text: for comparing by JSON. */
const ordered = (element: object): object =>
  Object.fromEntries(
    Object.entries(element)
      .map(([key, value]) => [key, value instanceof Uint8Array ? value.join('.') : value] as const)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
