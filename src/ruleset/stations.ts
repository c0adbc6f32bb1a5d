/**
 * The chains that features share, and the order in which their rules stand there. A packet of a service goes: ingress (lists, then
 * services without connection tracking) → raw → prerouting_guard (limits) → nat → prerouting_mark → forward → postrouting.
 */

import type { BaseHook } from '../netlink/nft/ast.js';
import { fingerprint } from './rules.js';

export interface StationChain {
  readonly name: string;
  readonly hook: BaseHook;
}

const filter = (hook: BaseHook['hook'], priority: number): BaseHook => ({
  type: 'filter',
  hook,
  priority,
  policy: 'accept',
});
const nat = (hook: BaseHook['hook'], priority: number): BaseHook => ({
  type: 'nat',
  hook,
  priority,
  policy: 'accept',
});

/** A name that nft can read, and that no other interface has: `eth0.1` and `eth0_1` are two. */
const plainName = (device: string): string => {
  const plain = device.replaceAll(/[^A-Za-z0-9_]/g, '_');
  return plain === device ? plain : `${plain}_${fingerprint(device)}`;
};

/** In table `netdev relevo_ingress`, one per device; behind the guard of floating addresses (−500). */
export const ingressChain = (device: string): StationChain => ({
  name: `ingress_${plainName(device)}`,
  hook: { ...filter('ingress', -450), devices: [device] },
});

/** Orders in ingress chains. */
export const ingressOrder = {
  globalLists: 10,
  lists: 20,
  limits: 30,
  logs: 40,
  count: 45,
  /** Frames that a switch floods are none of ours: ingress sees them, too. */
  others: 46,
  /** Ahead of the chains that remember: who is found here does not come back. */
  spared: 48,
  answers: 49,
  stateless: 50,
} as const;

/** Before connection tracking: what must not be tracked (synproxy, stateless services). */
export const rawChain: StationChain = { name: 'raw', hook: filter('prerouting', -300) };
export const rawOrder = { refused: 5, synproxy: 10 } as const;
/**
 * Behind connection tracking and before marks and NAT: limits. Ahead of the plain services' `prerouting_filter` (−150), which drops
 * invalid packets without saying whose they were.
 */
export const guardChain: StationChain = { name: 'prerouting_guard', hook: filter('prerouting', -155) };
export const guardOrder = {
  log: 10,
  /** Ahead of all that drops packets of no connection: one may carry a cookie. */
  synproxy: 12,
  /** What services with `tcpStrict` drop is counted and logged before `strict` drops it for all. */
  tcpStrict: 15,
  strict: 20,
  newLimit: 30,
  resetLimit: 40,
  helper: 80,
  /** The last one: a packet that comes back from a queue goes on behind this chain. */
  queue: 90,
} as const;
/** Behind the plain services' chain at −100: whoever that has translated does not come here. */
export const generalNatChain: StationChain = { name: 'general_nat', hook: nat('prerouting', -99) };
/** Behind NAT, when the backend is known, and before the routing decision that marks are for. */
export const markChain: StationChain = { name: 'prerouting_mark', hook: filter('prerouting', -90) };
/** Of what the node itself sends: a changed mark is routed anew. */
export const markOutputChain: StationChain = {
  name: 'output_mark',
  hook: { type: 'route', hook: 'output', priority: -150, policy: 'accept' },
};
export const markOrder = { newConnection: 10, restore: 20 } as const;
export const localChain: StationChain = { name: 'local_input', hook: filter('input', -10) };
export const localOrder = { synproxy: 10, count: 90 } as const;
export const forwardChain: StationChain = { name: 'forward', hook: filter('forward', -10) };
export const forwardOrder = { synproxy: 5, offload: 10, count: 20, log: 30 } as const;
/** After dnat, before snat; the plain services' recorder is at 0. */
export const recordChain: StationChain = { name: 'general_record', hook: filter('postrouting', 1) };
export const recordOrder = {
  identify: 0,
  /** Ahead of persistence: what is one too many is not remembered. */
  limits: 5,
  persistence: 10,
  marks: 30,
  log: 40,
  done: 90,
  closing: 95,
} as const;
export const sourceChain: StationChain = { name: 'general_source', hook: nat('postrouting', 99) };
/** What synproxy sends in a client's name: the guard and the translation that it has not met in prerouting. */
export const synproxyGuardChain: StationChain = { name: 'synproxy_guard', hook: filter('output', -155) };
export const synproxyNatChain: StationChain = { name: 'synproxy_nat', hook: nat('output', -99) };
/** What the node itself asks of a service; behind synproxy's. */
export const intraOutputChain: StationChain = { name: 'intra_output', hook: nat('output', -98) };
export const intraOutputOrder = { identify: 10, plain: 20, general: 30 } as const;
/** Ahead of the general services' own. */
export const intraOrder = { identify: -20, source: -15, masquerade: -10 } as const;
export const outputChain: StationChain = { name: 'local_output', hook: filter('output', -10) };
export const outputOrder = { count: 90 } as const;
