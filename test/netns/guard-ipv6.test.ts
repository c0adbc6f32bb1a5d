/** Floating addresses of both families in one group: who answers solicitations, and what neighbours and traffic see of a takeover. */

import test from 'ava';
import { type Ipv6, parseIpv6 } from '../../src/model/address.js';
import { ETH_P_IPV6, parseAdvertisement, solicitation } from '../../src/netlink/nd.js';
import { createFrameSocket } from '../../src/shell/frames.js';
import { insideNamespace } from '../support/inside.js';
import {
  after,
  becomes,
  createGuardCluster,
  floating,
  type GuardCluster,
  type Runner,
} from './guard-cluster.js';

const floating6 = parseIpv6('fd09::100') as Ipv6;
const clientOwn = parseIpv6('fd09::1') as Ipv6;
const nodes = ['lb1', 'lb2'] as const;
const patienceMs = 20_000;

let cluster: GuardCluster;
const runners: Record<string, Runner> = {};

const groups = [
  {
    name: 'front',
    addresses: [
      { address: floating, prefixLength: 24, interface: 'front0' },
      { address: floating6, prefixLength: 64, interface: 'front0' },
    ],
    preempt: false,
    trackLinks: ['front0'],
  },
];

const run = (namespace: string, ...command: string[]): string =>
  cluster.ns.run(namespace, command[0]!, ...command.slice(1));

const until = async (what: string, holds: () => boolean): Promise<void> => {
  const end = performance.now() + patienceMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await after(20);
  }
};

const addressesOf = (name: string): string =>
  run(cluster.node(name), 'ip', '-o', 'addr', 'show', 'dev', 'front0');
const hasBoth = (name: string): boolean => {
  const shown = addressesOf(name);
  return shown.includes(` ${floating}/24`) && shown.includes(` ${floating6}/64`);
};
const hasNone = (name: string): boolean => {
  const shown = addressesOf(name);
  return !shown.includes(` ${floating}/`) && !shown.includes(` ${floating6}/`);
};

/** What the client's kernel believes, by IPv4 and by IPv6. */
const neighbours = (): (string | undefined)[] =>
  [floating, floating6].map(
    (address) =>
      / lladdr (\S+)/.exec(
        run(cluster.names.client, 'ip', 'neigh', 'show', 'to', address, 'dev', 'front0'),
      )?.[1],
  );

/** Asks by raw solicitations for a while; the MAC addresses that answered. */
const whoAnswers = async (ms: number): Promise<Set<string>> => {
  const mac = run(cluster.names.client, 'cat', '/sys/class/net/front0/address').trim();
  const socket = insideNamespace(cluster.names.client, () => createFrameSocket('front0', ETH_P_IPV6));
  const answered = new Set<string>();
  socket.onFrame((frame) => {
    const answer = parseAdvertisement(frame);
    if (answer?.target === floating6 && answer.solicited) answered.add(answer.frameSource);
  });
  const timer = setInterval(() => socket.send(solicitation(mac, clientOwn, floating6)), 5);
  await after(ms);
  clearInterval(timer);
  socket.close();
  return answered;
};

const ping = (address: string): boolean => {
  try {
    run(cluster.names.client, 'ping', '-n', '-c', '1', '-W', '2', address);
    return true;
  } catch {
    return false;
  }
};

test.before(async () => {
  cluster = createGuardCluster();
  const { client } = cluster.names;
  run(client, 'ip', 'addr', 'add', `${clientOwn}/64`, 'dev', 'front0', 'nodad');
  for (const [index, name] of nodes.entries()) {
    run(cluster.node(name), 'ip', 'addr', 'add', `fd09::1${index + 1}/64`, 'dev', 'front0', 'nodad');
  }
  await cluster.startWitness();
  runners.lb1 = await cluster.startNode('lb1', { groups });
  runners.lb2 = await cluster.startNode('lb2', { groups });
  await runners.lb1.hears(becomes('active'), 'lb1 active');
});

test.after.always(() => cluster?.dispose());

test.serial('the owner has both addresses and answers for both; the other node has neither', async (t) => {
  await until('lb1 has both', () => hasBoth('lb1'));
  t.true(hasNone('lb2'));
  t.regex(addressesOf('lb1'), new RegExp(`${floating6}/64 [^\\n]*deprecated`), 'never a source by itself');
  t.true(ping(floating));
  t.true(ping(floating6));
  t.deepEqual(neighbours(), [cluster.mac('lb1'), cluster.mac('lb1')]);
  t.deepEqual([...(await whoAnswers(300))], [cluster.mac('lb1')]);
  t.regex(
    run(cluster.node('lb1'), '/usr/sbin/nft', 'list', 'ruleset'),
    /nd-neighbor-solicit @th,64,128 @floating6/,
  );
});

test.serial('a standby that was given the address by mistake is silent, and loses it again', async (t) => {
  const standby = cluster.node('lb2');
  const seen = runners.lb2!.said.length;
  // The kernel's own announcement of a new address.
  run(standby, 'sysctl', '-qw', 'net.ipv6.conf.front0.ndisc_notify=1');
  const asking = whoAnswers(1_200);
  run(standby, 'ip', 'addr', 'add', `${floating6}/64`, 'dev', 'front0', 'nodad');
  t.deepEqual([...(await asking)], [cluster.mac('lb1')]);
  t.deepEqual(neighbours()[1], cluster.mac('lb1'));
  await runners.lb2!.hears(({ event }) => event?.kind === 'address-corrected', 'corrected', seen);
  await until('it is taken away again', () => hasNone('lb2'));
});

test.serial(
  'takeover: both addresses move, neighbours of both families are told, traffic goes on',
  async (t) => {
    t.true(ping(floating) && ping(floating6));
    const said = runners.lb2!.said.length;
    runners.lb1!.child.kill('SIGKILL');
    await runners.lb2!.hears(becomes('active'), 'lb2 active', said);
    // Nobody asks meanwhile: what changes is what was announced.
    await until('both entries name the new owner', () =>
      neighbours().every((mac) => mac === cluster.mac('lb2')),
    );
    t.true(hasBoth('lb2'));
    t.true(ping(floating) && ping(floating6));
    // The dead node still has the address, and is silent.
    t.true(hasBoth('lb1'));
    t.deepEqual([...(await whoAnswers(300))], [cluster.mac('lb2')]);
  },
);

test.serial('a node that returns takes away what it finds; a handover moves both back', async (t) => {
  runners.lb1 = await cluster.startNode('lb1', { groups });
  t.true(hasNone('lb1'));
  await runners.lb1.hears(becomes('standby'), 'lb1 standby');
  await until('lb1 is eligible', () => {
    runners.lb2!.order({ order: 'state' });
    const last = runners.lb2!.said.findLast(({ state }) => state)?.state;
    return last?.peers[0]?.groups.front?.eligible === 'ready';
  });
  const said = runners.lb2!.said.length;
  runners.lb2!.order({ order: 'handover', group: 'front' });
  const { handover } = await runners.lb2!.hears((one) => one.handover !== undefined, 'handover', said);
  t.true(handover?.ok, handover?.reason);
  await until('both entries name the new owner', () =>
    neighbours().every((mac) => mac === cluster.mac('lb1')),
  );
  await until('lb2 has none', () => hasNone('lb2'));
  t.true(ping(floating) && ping(floating6));
});
