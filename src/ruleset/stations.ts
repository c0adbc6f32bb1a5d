/**
 * The chains that features share, and the order in which their rules stand there. A packet of a service goes: ingress (lists, then
 * services without connection tracking) → raw → prerouting_guard (limits) → nat → prerouting_mark → forward → postrouting.
 */

import type { BaseHook } from '../netlink/nft/ast.js';

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

/** In table `netdev relevo_ingress`, one per device; behind the guard of floating addresses (−500). */
export const ingressChain = (device: string): StationChain => ({
  name: `ingress_${device.replaceAll(/[^A-Za-z0-9_]/g, '_')}`,
  hook: { ...filter('ingress', -450), devices: [device] },
});

/** Orders in ingress chains. */
export const ingressOrder = {
  globalLists: 10,
  lists: 20,
  limits: 30,
  logs: 40,
  count: 45,
  stateless: 50,
} as const;

/** Before connection tracking: what must not be tracked (synproxy, stateless services). */
export const rawChain: StationChain = { name: 'raw', hook: filter('prerouting', -300) };
/** Behind connection tracking and before marks and NAT: limits. The chain `prerouting_filter` of the plain services is at −150. */
export const guardChain: StationChain = { name: 'prerouting_guard', hook: filter('prerouting', -145) };
export const guardOrder = {
  log: 10,
  strict: 20,
  newLimit: 30,
  resetLimit: 40,
  connectionLimit: 50,
  synproxy: 60,
  queue: 70,
  helper: 80,
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
export const localOrder = { count: 90 } as const;
export const forwardChain: StationChain = { name: 'forward', hook: filter('forward', -10) };
export const forwardOrder = { offload: 10, count: 20, log: 30 } as const;
/** After dnat, before snat; the plain services' recorder is at 0. */
export const recordChain: StationChain = { name: 'general_record', hook: filter('postrouting', 1) };
export const recordOrder = {
  identify: 0,
  persistence: 10,
  limits: 20,
  marks: 30,
  log: 40,
  done: 90,
} as const;
export const sourceChain: StationChain = { name: 'general_source', hook: nat('postrouting', 99) };
/** Ahead of the general services' own. */
export const intraOrder = { identify: -20, source: -15, masquerade: -10 } as const;
export const outputChain: StationChain = { name: 'local_output', hook: filter('output', -10) };
export const outputOrder = { count: 90 } as const;
