/** What is compared: one service of four backends in each mode, as nftlb's JSON, and the fewest rules of one's own that would do. */

import { backendAddress, backendNumbers, backendPort, type Rig, servicePort, vip } from './rig.js';

export interface Case {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly farm: object;
  /** Packets go through the balancer on their way back, too. */
  readonly answers: 'both' | 'ours' | 'none';
  /** Where clients send to without a balancer. */
  readonly plain: 'backends' | 'vip';
  /** Each connection from a client address of its own. */
  readonly manyClients?: boolean;
  /** A ruleset of one's own, for one service, without a care for change. */
  readonly least?: (rig: Rig) => string;
}

const farm = (mode: string, attributes: object = {}, withPort = true): object => ({
  name: 'web',
  family: 'ipv4',
  'virtual-addr': vip,
  'virtual-ports': String(servicePort),
  mode,
  protocol: 'tcp',
  scheduler: 'weight',
  state: 'up',
  backends: backendNumbers.map((number) => ({
    name: `b${number}`,
    'ip-addr': backendAddress(number),
    ...(withPort && { port: String(backendPort) }),
    weight: '1',
    priority: '1',
    state: 'up',
  })),
  ...attributes,
});

const targets = backendNumbers
  .map((number, at) => `${at} : ${backendAddress(number)} . ${backendPort}`)
  .join(', ');
const translating = (more = ''): string => `table ip least {
  chain in {
    type nat hook prerouting priority dstnat;
    ip daddr ${vip} tcp dport ${servicePort} dnat ip to numgen random mod 4 map { ${targets} }
  }
  ${more}
}`;
const forwarding = ({ frontDevice, backDevices, backends, backendDevices, macOf }: Rig): string => {
  const macs = backendDevices.map((device) => macOf(backends, device));
  const choice = macs.map((mac, at) => `${at} : ${mac}`).join(', ');
  const way = macs.map((mac, at) => `${mac} : "${backDevices[at]}"`).join(', ');
  return `table netdev least {
  chain in {
    type filter hook ingress device ${frontDevice} priority 0;
    ip daddr ${vip} tcp dport ${servicePort} ether daddr set jhash ip saddr . tcp sport mod 4 map { ${choice} } fwd to ether daddr map { ${way} }
  }
}`;
};

/** nftlb's dsr and stlsdnat keep no flow: only a hash over the connection sends all of its packets to one backend. */
const byConnection = { scheduler: 'hash', 'sched-param': 'srcip srcport' };

export const cases: readonly Case[] = [
  {
    name: 'dnat',
    protocol: 'tcp',
    farm: farm('dnat'),
    answers: 'both',
    plain: 'backends',
    least: () => translating(),
  },
  {
    name: 'dnat, persistence',
    protocol: 'tcp',
    farm: farm('dnat', { persistence: 'srcip', 'persist-ttl': '300' }),
    answers: 'none',
    plain: 'backends',
    manyClients: true,
  },
  {
    name: 'snat',
    protocol: 'tcp',
    farm: farm('snat'),
    answers: 'both',
    plain: 'backends',
    least: () =>
      translating('chain out { type nat hook postrouting priority srcnat; ct status dnat masquerade\n }'),
  },
  {
    name: 'dsr',
    protocol: 'tcp',
    farm: farm('dsr', byConnection, false),
    answers: 'none',
    plain: 'backends',
    least: forwarding,
  },
  {
    name: 'stlsdnat',
    protocol: 'tcp',
    farm: farm('stlsdnat', byConnection),
    answers: 'ours',
    plain: 'backends',
  },
  {
    name: 'local',
    protocol: 'udp',
    farm: farm('local', { protocol: 'udp', backends: [] }),
    answers: 'none',
    plain: 'vip',
  },
];

/** Many services beside the one, and where clients find all of them. */
export const scaleFarms = (
  count: number,
): { readonly farms: readonly object[]; readonly targets: readonly { address: string; port: number }[] } => {
  const addresses = Array.from(
    { length: count - 1 },
    (_, at) => `198.${18 + (at >> 14)}.${(at >> 6) & 255}.${at & 63}`,
  );
  return {
    farms: addresses.map((address, at) => farm('dnat', { name: `other${at}`, 'virtual-addr': address })),
    targets: [vip, ...addresses].map((address) => ({ address, port: servicePort })),
  };
};
