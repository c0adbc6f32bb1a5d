/**
 * The real kernel refuses each operation of a change in turn: the answer says why, and ruleset, document and clients are as they were. ENOBUFS:
 * a change is refused in more places than the socket has room for answers, so that the last ones, the verdict among them, are lost.
 */

import test from 'ava';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Operation, SetSpec, TableName } from '../../src/netlink/nft/ast.js';
import type { Nft } from '../../src/ports.js';
import { plainContext } from '../../src/ruleset/context.js';
import { createNft } from '../../src/shell/nft.js';
import { backends, createBed, farm, vip } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { createLog } from '../support/log.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { tightened } from '../support/tight-sockets.js';
import { request, stream } from '../support/traffic.js';

const bed = await createBed({ backends: 2 });
test.after.always(() => bed.dispose());

/** Something for every kind of refusal, in a table of its own. */
const table: TableName = { family: 'ip', name: 'trial' };
const set: SetSpec = { name: 'full', key: ['ipv4_addr'], size: 1 };
const [there, missing] = [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)];
const unknown: Operation = { op: 'delete-elements', table, set, elements: [{ key: missing }] };
const impossible: readonly (readonly [string, RegExp, ...Operation[]])[] = [
  ['ENOENT', /ENOENT/, unknown],
  ['EEXIST', /EEXIST/, { op: 'add-elements', table, set, elements: [{ key: there }], create: true }],
  ['ENOSPC', /ENFILE|ENOSPC/, { op: 'add-elements', table, set, elements: [{ key: missing }] }],
  ['EBUSY', /EBUSY/, { op: 'delete-chain', table, chain: 'used' }],
  ['ENOBUFS', /ENOENT/, ...Array.from({ length: 64 }, () => unknown)],
];

const sorted = (): string =>
  bed
    .nft('-s', 'list', 'ruleset')
    .replace(/ expires \w+/g, '')
    // Elements of one set come in any order.
    .split(/[\n,]/)
    .map((line) => line.trim().replace(/^elements = \{ | \}$/g, ''))
    .filter((line) => line !== '')
    .sort()
    .join('\n');

test('each operation refused in turn: nothing is changed, the answer says why, and it goes on', async (t) => {
  bed.nft(
    'add table ip trial; add set ip trial full { type ipv4_addr; size 1; }; add element ip trial full { 10.0.0.1 };',
    'add chain ip trial used; add chain ip trial user; add rule ip trial user jump used',
  );
  const log = createLog();
  const [kernel, tight] = tightened(() => insideNamespace(bed.lb, () => createNft({ log })));
  t.is(tight, 1);
  t.teardown(() => kernel.close());
  let spoil: { readonly at: number; readonly with: readonly Operation[] } | undefined;
  let count = 1;
  const nft: Nft = {
    ...kernel,
    async commit(transaction) {
      // The way back is let through.
      if (!spoil || transaction.reason.startsWith('back to')) return kernel.commit(transaction);
      count = Math.max(count, transaction.operations.length + 1);
      const spoilt = [...transaction.operations];
      spoilt.splice(Math.min(spoil.at, spoilt.length), 0, ...spoil.with);
      return kernel.commit({ ...transaction, operations: spoilt });
    },
  };
  const reconciler = createReconciler({ nft, log, clock: { nowMs: () => performance.now() } }, plainContext);
  const api = nftlbOn({ reconciler, nft, lines: [], stop: async () => undefined });
  const before = {
    farms: [
      // Entries outlive the test on a slow machine.
      farm({ persistence: 'srcip', 'persist-ttl': 3_600, log: 'input' }),
      farm({
        name: 'range',
        'virtual-ports': '90-95',
        persistence: 'srcip',
        'persist-ttl': 3_600,
        'est-connlimit': 5,
      }),
    ],
  };
  const change = {
    farms: [
      farm({ scheduler: 'hash', 'persist-ttl': 30, backends: backends(2, { 1: { weight: 3 } }) }),
      farm({ name: 'range', 'virtual-ports': '90-99', mark: '0x1' }),
      farm({ name: 'more', 'virtual-ports': '81', mode: 'snat', scheduler: 'rr' }),
      {
        name: 'six',
        'virtual-addr': 'fd98::10',
        'virtual-ports': '80',
        mode: 'dnat',
        backends: [{ name: 'b1', 'ip-addr': 'fd51::2', port: 8080, state: 'up' }],
      },
    ],
  };
  const losses = (): number =>
    log.records.filter(({ message }) => message.startsWith('the kernel lost answers')).length;
  // What a load into an empty kernel makes: nothing is left over from before that a repair would tidy.
  await api.done('POST', '/farms', before);
  const open = await stream(vip, 80);
  const [was, farms] = [sorted(), JSON.stringify(await api.done('GET', '/farms'))];
  for (let at = 0; at < count; at++) {
    const [name, words, ...operations] = impossible[at % impossible.length]!;
    spoil = { at, with: operations };
    const lost = losses();
    const { status, response } = await api.send('POST', '/farms', change);
    const place = `${name} at ${at} of ${count}`;
    t.is(losses() > lost, name === 'ENOBUFS', place);
    t.true(status === 500 || status === 503, `${place}: ${status} ${response}`);
    t.regex(response, /^the kernel refused the change and nothing was changed\. /, place);
    t.regex(response, words, place);
    t.is(sorted(), was, place);
    t.is(JSON.stringify(await api.done('GET', '/farms')), farms, place);
    spoil = undefined;
  }
  t.true(count > 20, String(count));
  await open.echo('undisturbed');
  open.close();
  t.truthy((await request(vip, 80)).name);
  await api.done('POST', '/farms', change);
  t.truthy((await request(vip, 81)).name);
  t.truthy((await request('fd98::10', 80)).name);
});
