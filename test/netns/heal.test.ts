/**
 * A real agent, a router and a switch. The router holds a wrong MAC address and ignores what it is told at first; another machine claims the
 * addresses; the switch forgets where the node is. Both families.
 */

import test from 'ava';
import type { Ipv4, Ipv6 } from '../../src/model/address.js';
import type { NodeStatus } from '../../src/model/status.js';
import { ETH_P_ARP, gratuitousReply } from '../../src/netlink/arp.js';
import { ETH_P_IPV6, unsolicitedAdvertisement } from '../../src/netlink/nd.js';
import { createFrameSocket } from '../../src/shell/frames.js';
import { enterNamespace, insideNamespace } from '../support/inside.js';
import { eventually } from '../support/limits-bed.js';
import { createNamespaces } from '../support/netns.js';
import { type AgentFiles, prepareAgent } from '../support/programs.js';

const ns = createNamespaces();
const [sw, router, lb, other] = ['sw', 'ro', 'lb', 'ot'].map((label) => ns.add(label)) as [
  string,
  string,
  string,
  string,
];
const four = '10.9.0.100' as Ipv4;
const six = 'fd09::100' as Ipv6;
ns.run(sw, 'ip', 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
ns.run(sw, 'ip', 'link', 'set', 'br0', 'up');
for (const [namespace, port, last] of [
  [router, 'p-ro', '1'],
  [lb, 'p-lb', '11'],
  [other, 'p-ot', '66'],
] as const) {
  ns.link({ ns: namespace, dev: 'front0', cidr: `10.9.0.${last}/24` }, { ns: sw, dev: port });
  ns.run(namespace, 'ip', '-6', 'addr', 'add', `fd09::${last}/64`, 'dev', 'front0', 'nodad');
  ns.run(sw, 'ip', 'link', 'set', port, 'master', 'br0');
}
ns.run(lb, 'ip', 'route', 'add', 'default', 'via', '10.9.0.1');
ns.run(lb, 'ip', '-6', 'route', 'add', 'default', 'via', 'fd09::1');
enterNamespace(router);

const agents: AgentFiles[] = [];
test.after.always(async () => {
  await ns.dispose();
  for (const agent of agents) agent.dispose();
});

const prepare = async (announceMs: number): Promise<AgentFiles> => {
  const address = { address: `${four}/24`, interface: 'front0' };
  const both = [address, { address: `${six}/64`, interface: 'front0' }];
  const agent = await prepareAgent(ns, lb, '10.9.0.11', address, {
    groups: [{ name: 'g1', addresses: both }],
    timing: { announceMs },
  });
  agents.push(agent);
  return agent;
};
const macOf = (namespace: string): string => ns.run(namespace, 'cat', '/sys/class/net/front0/address').trim();
const knows = (mac: string): boolean =>
  [four, six].every((address) =>
    ns.run(router, 'ip', 'neigh', 'show', address, 'dev', 'front0').includes(mac),
  );
const learn = (mac: string, state = 'reachable'): void => {
  for (const address of [four, six]) {
    ns.run(router, 'ip', 'neigh', 'replace', address, 'lladdr', mac, 'dev', 'front0', 'nud', state);
  }
};
interface Events {
  readonly events: readonly { readonly kind: string; readonly message: string }[];
}

test.serial(
  'the owner announces until the router has it; a claim of somebody else does not last',
  async (t) => {
    // More than the guard's own announcements of the first second; the next ones are a minute away.
    for (const [family, frames, bytes] of [
      ['arp', `arp saddr ip ${four}`, 448],
      ['ip6', `icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 saddr ${six}`, 720],
    ] as const) {
      ns.run(router, 'nft', 'add', 'table', family, 'deaf');
      ns.run(router, 'nft', `add chain ${family} deaf in { type filter hook input priority 0 ; }`);
      ns.run(router, 'nft', `add rule ${family} deaf in ${frames} quota until ${bytes} bytes drop`);
    }
    const mac = macOf(lb);
    learn('02:00:00:00:00:99');
    const agent = await prepare(60_000);
    const program = await agent.start();
    t.teardown(() => program.stop());
    const end = performance.now() + 10_000;
    while (!knows(mac) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
    t.true(knows(mac), ns.run(router, 'ip', 'neigh', 'show'));
    const eventOf = async (kind: string): Promise<string[]> =>
      (await agent.control<Events>('/v1/events')).events
        .filter((event) => event.kind === kind)
        .map(({ message }) => message);
    t.true(await eventually(async () => (await eventOf('announced')).length > 0));
    t.regex((await eventOf('announced'))[0]!, /^g1: \d of \d neighbours know/);
    ns.run(router, 'sh', '-c', 'nft delete table arp deaf; nft delete table ip6 deaf');

    const intruder = macOf(other);
    const arp = insideNamespace(other, () => createFrameSocket('front0', ETH_P_ARP));
    const nd = insideNamespace(other, () => createFrameSocket('front0', ETH_P_IPV6));
    t.teardown(() => {
      arp.close();
      nd.close();
    });
    for (let count = 0; count < 100; count++) {
      arp.send(gratuitousReply(intruder, four));
      nd.send(unsolicitedAdvertisement(intruder, six));
    }
    const claimed = async (): Promise<boolean> => {
      const { health = [] } = await agent.control<NodeStatus>('/v1/status');
      return [four, six].every((address) =>
        health.some(
          ({ reason, weight }) => reason.startsWith(`${address} is claimed by ${intruder}`) && weight === 0,
        ),
      );
    };
    t.true(await eventually(claimed));
    t.true(await eventually(() => knows(mac)), ns.run(router, 'ip', 'neigh', 'show'));
    t.is((await eventOf('address-conflict')).length, 2);
  },
);

test.serial(
  'a switch that forgets hears of the node again within the interval of announcements',
  async (t) => {
    const agent = await prepare(500);
    const program = await agent.start();
    t.teardown(() => program.stop());
    const mac = macOf(lb);
    t.true(await eventually(() => knows(mac)));
    learn(mac, 'permanent');
    // What it does not know it does not hand on.
    ns.run(sw, 'bridge', 'link', 'set', 'dev', 'p-lb', 'flood', 'off');
    ns.run(sw, 'ip', 'link', 'set', 'br0', 'type', 'bridge', 'fdb_flush');
    const answers = (address: string): boolean => {
      try {
        ns.run(router, 'ping', '-c', '1', '-W', '1', address);
        return true;
      } catch {
        return false;
      }
    };
    t.true(await eventually(() => answers(four) && answers(six)));
  },
);
