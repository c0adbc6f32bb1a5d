/** Kernel settings a failover depends on: which, for which interfaces, and why. */

import type { NodeConfig } from '../model/node.js';

export interface SysctlSetting {
  /** As sysctl(8) names it; the interface is the part behind `conf`. */
  readonly key: string;
  /** Written when the present value is not acceptable. */
  readonly value: string;
  /** Values left alone; without it only `value` is acceptable. */
  readonly acceptable?: readonly string[];
  readonly why: string;
}

/** Settings of the whole (namespace of the) machine. */
export const nodeSysctls: readonly SysctlSetting[] = [
  { key: 'net.ipv4.ip_forward', value: '1', why: 'packets go through this node to the backends' },
  {
    key: 'net.netfilter.nf_conntrack_tcp_loose',
    value: '0',
    why: 'a packet of a connection whose state has not arrived yet must be invalid, not new: picked up as new it meets NAT again and is answered with a reset',
  },
  {
    key: 'net.netfilter.nf_conntrack_tcp_be_liberal',
    value: '1',
    why: 'the replicated TCP window is behind the real one: strict checks call such packets invalid and cost a retransmission timeout',
  },
];

/** Settings of an interface that carries floating addresses; the kernel takes the larger of `all` and the interface's own. */
export const interfaceSysctls = (link: string): readonly SysctlSetting[] => [
  {
    key: `net.ipv4.conf.${link}.arp_ignore`,
    value: '1',
    acceptable: ['1', '2'],
    why: 'an address is answered for on its own segment only',
  },
  {
    key: `net.ipv4.conf.${link}.arp_announce`,
    value: '2',
    why: 'requests name the node, never a floating address it may be losing at this moment',
  },
  {
    key: `net.ipv4.conf.${link}.rp_filter`,
    value: '2',
    acceptable: ['0', '2'],
    why: 'strict reverse path checks drop clients that come in by another interface than they are routed to',
  },
];

/** Everything the node of `config` needs, each key once, in a stable order. */
export const sysctlsFor = (config: Pick<NodeConfig, 'groups'>): readonly SysctlSetting[] => {
  const links = new Set(config.groups.flatMap((group) => group.addresses.map((each) => each.interface)));
  return [...nodeSysctls, ...[...links].sort().flatMap(interfaceSysctls)];
};

/** Whether the kernel's value will do. */
export const sysctlAcceptable = (setting: SysctlSetting, present: string): boolean =>
  (setting.acceptable ?? [setting.value]).includes(present);
