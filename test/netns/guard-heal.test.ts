/** After a takeover neighbours must have the new owner: a router that hears no announcement, a switch with a wrong port, a stranger. */

import test from 'ava';
import type { Ipv4 } from '../../src/model/address.js';
import { ETH_P_ARP, gratuitousRequest } from '../../src/netlink/arp.js';
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

let cluster: GuardCluster;
let lb1: Runner;
let lb2: Runner;

const run = (namespace: string, ...command: string[]): string =>
  cluster.ns.run(namespace, command[0]!, ...command.slice(1));
const neighbour = (): string | undefined =>
  / lladdr (\S+)/.exec(
    run(cluster.names.client, 'ip', 'neigh', 'show', 'to', floating, 'dev', 'front0'),
  )?.[1];
const until = async (what: string, ms: number, holds: () => boolean | Promise<boolean>): Promise<number> => {
  const begin = performance.now();
  while (!(await holds())) {
    if (performance.now() > begin + ms) throw new Error(`never: ${what}`);
    await after(20);
  }
  return performance.now() - begin;
};

test.before(async () => {
  cluster = createGuardCluster();
  await cluster.startWitness();
  lb1 = await cluster.startNode('lb1');
  await lb1.hears(becomes('active'), 'lb1 active');
  lb2 = await cluster.startNode('lb2');
  await lb2.hears(becomes('standby'), 'lb2 standby');
});

test.after.always(() => cluster?.dispose());

test.serial(
  'a router that hears none of the announcements has the new owner soon all the same',
  async (t) => {
    const { client } = cluster.names;
    run(client, 'ping', '-n', '-c', '1', '-W', '2', floating);
    // The router is known on the segment.
    run(client, 'ping', '-n', '-c', '1', '-W', '2', '10.9.0.12');
    t.is(neighbour(), cluster.mac('lb1'));
    run(client, 'nft', 'add table netdev deaf');
    run(client, 'nft', 'add chain netdev deaf in { type filter hook ingress device front0 priority 0; }');
    run(client, 'nft', `add rule netdev deaf in arp saddr ip ${floating} drop`);
    const said = lb2.said.length;
    lb1.child.kill('SIGKILL');
    await lb2.hears(becomes('active'), 'lb2 active', said);
    // Announcements go out at once and after 50, 200 and 1000 ms; the next ones, here, after 30 s.
    await after(1_500);
    t.is(neighbour(), cluster.mac('lb1'), 'it has heard nothing');
    run(client, 'nft', 'delete table netdev deaf');
    const tookMs = await until(
      'the router has the new owner',
      10_000,
      () => neighbour() === cluster.mac('lb2'),
    );
    t.log(`healed ${tookMs.toFixed(0)} ms after the router could hear again`);
    const healed = await lb2.hears(({ event }) => event?.kind === 'healed', 'told', said);
    t.regex(String(healed.event?.detail), /every known neighbour on front0 has the new owner/);
  },
);

test.serial('a switch that has the owner on a wrong port is put right', async (t) => {
  const { sw, client } = cluster.names;
  run(sw, 'bridge', 'fdb', 'flush', 'dev', 'br0');
  run(sw, 'bridge', 'fdb', 'replace', cluster.mac('lb2'), 'dev', 'f-wi', 'master', 'dynamic');
  await until('the address answers', 5_000, () => {
    try {
      run(client, 'ping', '-n', '-c', '1', '-W', '1', floating);
      return true;
    } catch {
      return false;
    }
  });
  t.pass();
});

test.serial('a stranger that answers for the address is named, and contradicted at once', async (t) => {
  const { witness } = cluster.names;
  const mac = run(witness, 'cat', '/sys/class/net/front0/address').trim();
  const socket = insideNamespace(witness, () => createFrameSocket('front0', ETH_P_ARP));
  socket.send(gratuitousRequest(mac, floating as Ipv4));
  await until('reason', 5_000, async () => {
    const { health } = await lb2.state();
    return health.some(
      ({ text, weight }) => text.startsWith(`${mac} answers for ${floating}`) && weight === 5,
    );
  });
  socket.close();
  t.is(neighbour(), cluster.mac('lb2'), 'the owner has announced again');
  t.is((await lb2.state()).groups[0]?.role, 'active');
});
