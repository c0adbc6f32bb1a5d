/** Two groups with different preferred nodes; maintenance, orders, health and addresses that were there before, on real kernels. */

import test from 'ava';
import type { Ipv4 } from '../../src/model/address.js';
import type { AddressGroup } from '../../src/model/node.js';
import { after, createGuardCluster, floating, type GuardCluster, type Runner } from './guard-cluster.js';

const second = '10.9.0.101' as Ipv4;
const behind = '10.9.1.100' as Ipv4;
let cluster: GuardCluster;
let lb1: Runner;
let lb2: Runner;

const at = (address: Ipv4, link: string) => ({ address, prefixLength: 24, interface: link });
const groups: AddressGroup[] = [
  {
    name: 'g1',
    addresses: [at(floating, 'front0'), at(behind, 'sync0')],
    preferred: 'lb1',
    preempt: false,
    trackLinks: [],
  },
  {
    name: 'g2',
    addresses: [at(second, 'front0')],
    preferred: ['lb2', 'lb1'],
    preempt: false,
    failback: { kind: 'now' },
    trackLinks: [],
  },
];

const shows = (node: string, address: Ipv4): boolean =>
  cluster.ns.run(cluster.node(node), 'ip', '-o', 'addr').includes(` ${address}/`);
const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const end = performance.now() + 25_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await after(50);
  }
};
const owns = async (runner: Runner, group: string): Promise<boolean> =>
  (await runner.state()).groups.find(({ name }) => name === group)?.role === 'active';
const ping = (address: Ipv4): boolean => {
  try {
    cluster.ns.run(cluster.names.client, 'ping', '-n', '-c', '1', '-W', '2', address);
    return true;
  } catch {
    return false;
  }
};

test.before(async () => {
  cluster = createGuardCluster();
  // Somebody gave the address to the machine before the first start, with another prefix length.
  cluster.ns.run(cluster.node('lb1'), 'ip', 'addr', 'add', `${floating}/32`, 'dev', 'front0');
  cluster.ns.run(cluster.node('lb2'), 'ip', 'addr', 'add', `${floating}/32`, 'dev', 'front0');
  await cluster.startWitness();
  lb1 = await cluster.startNode('lb1', { groups });
  await until('the first node serves alone', async () => (await owns(lb1, 'g1')) && (await owns(lb1, 'g2')));
  lb2 = await cluster.startNode('lb2', { groups });
});

test.after.always(() => cluster?.dispose());

test.serial(
  'active/active: each node owns the group that prefers it; addresses that were there are taken over',
  async (t) => {
    await until('lb1 owns g1', () => owns(lb1, 'g1'));
    await until('lb2 owns g2', () => owns(lb2, 'g2'));
    await until('addresses', () => shows('lb1', floating) && shows('lb1', behind) && shows('lb2', second));
    await until('the standby has lost what it was given', () => !shows('lb2', floating));
    t.false(shows('lb1', second));
    t.true(ping(floating));
    t.true(ping(second));
  },
);

test.serial(
  'maintenance, ordered on the other node: everything moves without loss, and nothing comes back',
  async (t) => {
    lb2.order({ order: 'maintenance', node: 'lb1', on: true });
    await until('lb2 owns both', async () => (await owns(lb2, 'g1')) && (await owns(lb2, 'g2')));
    await until(
      'all addresses of the group have moved',
      () => shows('lb2', floating) && shows('lb2', behind),
    );
    t.true(ping(floating));
    const { peers } = await lb2.state();
    t.true(peers[0]!.groups.g1!.maintenance);
    const seen = lb2.said.length;
    lb2.order({ order: 'handover', group: 'g1' });
    const { handover } = await lb2.hears((said) => said.handover !== undefined, 'refused', seen);
    t.false(handover?.ok);
    t.regex(handover?.reason ?? '', /lb1: this node is in maintenance/);
    lb1.order({ order: 'maintenance', node: 'lb1', on: false });
    await until(
      'lb1 may own again',
      async () => (await lb2.state()).peers[0]!.groups.g1!.eligible === 'ready',
    );
  },
);

test.serial('a handover is ordered on the node that does not own the group', async (t) => {
  const seen = lb1.said.length;
  lb1.order({ order: 'handover', group: 'g1' });
  const { handover } = await lb1.hears((said) => said.handover !== undefined, 'handover', seen);
  t.true(handover?.ok, handover?.reason);
  await until('lb1 owns g1', () => owns(lb1, 'g1'));
  t.true(await owns(lb2, 'g2'));
});

test.serial('a node that is not well hands over by itself, and the reason is in sight', async (t) => {
  lb1.order({ order: 'faults', faults: ['no backend answers'], weight: 40 });
  await until(
    'the reason is shown',
    async () => (await lb1.state()).health[0]?.text === 'no backend answers',
  );
  await until('lb2 owns g1', () => owns(lb2, 'g1'));
  t.true(ping(floating));
  lb1.order({ order: 'faults', faults: [] });
});

test.serial(
  'a node with another node.yaml stays standby and is named; the owner is not disturbed',
  async (t) => {
    lb1.order({ order: 'stop' });
    await lb1.hears((said) => said.stopped !== undefined, 'stop');
    const before = (await lb2.state()).groups.map(({ epoch }) => epoch);
    const timing = { ...cluster.config('lb1').timing, announceMs: 20_000 };
    lb1 = await cluster.startNode('lb1', { groups, timing });
    await until('both name it', async () => {
      const states = await Promise.all([lb1.state(), lb2.state()]);
      return states.every(({ problems }) =>
        problems.some((text) => /has other timing in its node.yaml/.test(text)),
      );
    });
    t.deepEqual(
      (await lb2.state()).groups.map(({ epoch, role }) => [epoch, role]),
      before.map((epoch) => [epoch, 'active']),
    );
  },
);
