import test from 'ava';
import { createGuardKernel, type GuardKernel } from '../../src/app/guard-kernel.js';
import type { GuardLoopPorts } from '../../src/app/guard-ports.js';
import { type ErrorCode, RelevoError } from '../../src/errors.js';
import type { Ipv4 } from '../../src/model/address.js';
import type { NodeConfig } from '../../src/model/node.js';
import type { Operation, Transaction } from '../../src/netlink/nft/ast.js';
import type { Links, Log, PreparingNft } from '../../src/ports.js';

const floating = { address: '10.0.0.100' as Ipv4, prefixLength: 24, interface: 'eth0' };
const config = {
  groups: [{ name: 'front', addresses: [floating], preempt: false, trackLinks: [] }],
  timing: { leaseMs: 120 },
} as unknown as NodeConfig;

const nothing = (): void => {};
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };

/** A kernel that refuses what `refuses` says, and remembers what it took. */
const bench = (
  refuses: (operation: Operation, transaction: Transaction) => ErrorCode | undefined,
  present = false,
) => {
  const taken: Transaction[] = [];
  const done: string[] = [];
  const nft: PreparingNft = {
    async commit(transaction) {
      for (const operation of transaction.operations) {
        const code = refuses(operation, transaction);
        if (code) throw new RelevoError(code, `refused ${operation.op}`);
      }
      taken.push(transaction);
      done.push(transaction.operations.map(({ op }) => op).join('+'));
    },
    prepare: (transaction) => () => {
      for (const operation of transaction.operations) {
        const code = refuses(operation, transaction);
        if (code) throw new RelevoError(code, `refused ${operation.op}`);
      }
      done.push(transaction.operations.map(({ op }) => op).join('+'));
    },
    dumpElements: async () => [],
    readCounters: async () => [],
    readTable: async () =>
      present
        ? {
            table: { family: 'netdev', name: 'relevo' },
            owned: false,
            chains: [],
            sets: [],
            objects: [],
            flowtables: [],
          }
        : undefined,
    onForeignChange: () => nothing,
    close: nothing,
  };
  const links: Links = {
    list: async () => [{ index: 2, name: 'eth0', mac: '02:00:00:00:00:01', usable: true }],
    onChange: () => nothing,
    look: nothing,
    onAddressChange: () => nothing,
    addAddress: async () => void done.push('add address'),
    removeAddress: async () => void done.push('remove address'),
    addresses: async () => [],
    close: nothing,
  };
  const ports = { nft, links, log } as unknown as GuardLoopPorts;
  const kernel: GuardKernel = createGuardKernel(ports, config, nothing);
  return { kernel, done, taken };
};

const isOwner = (operation: Operation): boolean => operation.op === 'add-table' && operation.owner === true;

test('leftover addresses go before the table is made anew', async (t) => {
  const { kernel, done, taken } = bench(() => undefined, true);
  await kernel.prepare();
  t.is(done[0], 'add-table', 'adopted first');
  t.is(done[1], 'remove address');
  t.is(taken[1]!.operations[0]!.op, 'delete-table');
  t.true(kernel.owned);
});

test('a kernel without owner and persist gets a plain table', async (t) => {
  const { kernel, taken } = bench((operation) => (isOwner(operation) ? 'unsupported' : undefined));
  await kernel.prepare();
  t.false(kernel.owned);
  t.is(taken.length, 1);
});

test('a table that belongs to a living process: refused before anything is touched', async (t) => {
  const { kernel, done } = bench((operation) => (isOwner(operation) ? 'not-permitted' : undefined), true);
  const error = await t.throwsAsync(kernel.prepare(), { instanceOf: RelevoError });
  t.is((error as RelevoError).code, 'conflict');
  t.deepEqual(done, []);
});

test('the end of a write: done, missing, failed', async (t) => {
  const write = (code: ErrorCode | undefined, op: 'renew' | 'close') =>
    bench(() => code).kernel.write(op, 'front', 'test');
  t.like(await write(undefined, 'renew'), { result: 'done' });
  t.like(await write('kernel-missing', 'renew'), { result: 'missing' });
  t.like(await write('kernel-overrun', 'renew'), { result: 'failed' }, 'an unknown verdict is no success');
  t.like(await write('kernel-missing', 'close'), { result: 'done' }, 'no table: nothing is held');
});
