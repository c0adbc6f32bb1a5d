/** Every kind of statement and set, on the real kernel: it takes them, stock nft lists them, and the two texts agree. */

import test from 'ava';
import type { Family, Operation } from '../../src/netlink/nft/ast.js';
import { operationText, ruleText, transactionText } from '../../src/netlink/nft/text.js';
import { setText } from '../../src/netlink/nft/text-objects.js';
import { chainLines, enterKernel, listing, setLines } from './kernel.js';
import { elements } from './shapes-elements.js';
import { limits } from './shapes-limits.js';
import { marking } from './shapes-marks.js';
import { matches } from './shapes-matching.js';
import { sets } from './shapes-sets.js';
import { translations } from './shapes-translation.js';
import { writing } from './shapes-writing.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());

const shapes = [...translations, ...matches, ...limits, ...writing, ...marking];
const table = (family: Family) => ({ family, name: 'relevo' });
const target = 'target';
const helper = { type: 'ct helper', name: 'ftp', helper: 'ftp', protocol: 'tcp', layer3: 'ip' } as const;

test.before(async () => {
  for (const family of ['ip', 'ip6', 'inet', 'netdev'] as const) {
    await kernel.commit(
      { op: 'add-table', table: table(family) },
      { op: 'add-chain', table: table(family), chain: { name: target } },
      ...sets[family].map((set) => ({ op: 'add-set' as const, table: table(family), set })),
      { op: 'add-object', table: table(family), object: { type: 'counter', name: 'hits' } },
    );
  }
  await kernel.commit({ op: 'add-object', table: table('ip'), object: helper });
});

const hooks = {
  filter: { type: 'filter', hook: 'prerouting', priority: -150, policy: 'accept' },
  pre: { type: 'nat', hook: 'prerouting', priority: -100, policy: 'accept' },
  forward: { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' },
  post: { type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' },
} as const;

/** What the kernel holds of a rule, registers left out: no listing tells of checksums, nor that one thing was written for another. */
const expressions = (family: Family, chain: string): string[] =>
  (kernel.stockNft('--debug=netlink', 'list', 'chain', family, 'relevo', chain).match(/^ +\[ .* \]$/gm) ?? [])
    .map((line) => line.replaceAll(/reg(_key|_data)? \d+/g, 'reg'))
    // Behind a comparison of ethernet nft reads the protocol from the frame itself.
    .map((line) => line.replace('payload load 2b @ link header + 12', 'meta load protocol'))
    .sort();

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
    if (shape.unread) return;
    const ours = expressions(shape.family, chain);
    kernel.stockNft(operationText({ op: 'flush-chain', table: table(shape.family), chain }));
    kernel.stockNft(operationText({ op: 'add-rule', table: table(shape.family), rule }));
    t.deepEqual(chainLines(listing(kernel), chain), [expected], 'what stock nft makes of the text');
    if (!shape.otherwise) t.deepEqual(ours, expressions(shape.family, chain));
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
  await kernel.commit(
    ...elements.map(({ set, element }) => ({
      op: 'add-elements' as const,
      table: ip,
      set,
      elements: [element],
    })),
  );
  const text = listing(kernel);
  for (const { lists } of elements) if (lists) t.true(text.includes(lists), `${lists} in\n${text}`);
  for (const set of new Set(elements.map((one) => one.set))) {
    const dumped = await kernel.nft.dumpElements(ip, set.name);
    const wanted = elements.filter((one) => one.set === set);
    const shown = (list: readonly object[]): string[] => list.map((one) => JSON.stringify(one)).sort();
    const withoutRest = dumped.map(({ expiresMs, ...rest }) => rest);
    t.deepEqual(
      shown(withoutRest.map(ordered)),
      shown(wanted.map(({ element, dumped }) => ordered({ ...element, ...dumped }))),
      set.name,
    );
  }
});

test.serial('stock nft makes the same sets and elements of the text', (t) => {
  const copy = { family: 'ip', name: 'copy' } as const;
  const operations: Operation[] = [
    { op: 'add-table', table: copy },
    { op: 'add-chain', table: copy, chain: { name: target } },
    ...sets.ip.map((set) => ({ op: 'add-set' as const, table: copy, set })),
    ...elements.map(({ set, element }) => ({
      op: 'add-elements' as const,
      table: copy,
      set,
      elements: [element],
    })),
  ];
  kernel.stockNft(transactionText({ reason: 'the text', operations }));
  for (const set of sets.ip) {
    const list = (table: string): string[] =>
      kernel
        .stockNft('-s', 'list', set.data ? 'map' : 'set', 'ip', table, set.name)
        .split('\n')
        .slice(1);
    t.deepEqual(list('copy'), list('relevo'));
  }
});

/** One order of keys, bytes as text: for comparing by JSON. */
const ordered = (element: object): object =>
  Object.fromEntries(
    Object.entries(element)
      .map(([key, value]) => [key, value instanceof Uint8Array ? value.join('.') : value] as const)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
