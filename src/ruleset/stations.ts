/**
 * The chains that features share, and the order in which their rules stand there. A packet of a service goes: ingress (lists, then
 * services without connection tracking) → raw → prerouting_guard (limits) → mangle (marks) → nat → forward → postrouting.
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
export const ingressOrder = { globalLists: 10, lists: 20, limits: 30, logs: 40, stateless: 50 } as const;

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
export const markChain: StationChain = { name: 'prerouting_mark', hook: filter('prerouting', -140) };
/** Behind the plain services' chain at −100: whoever that has translated does not come here. */
export const generalNatChain: StationChain = { name: 'general_nat', hook: nat('prerouting', -99) };
export const localChain: StationChain = { name: 'local_input', hook: filter('input', -10) };
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
export const outputChain: StationChain = { name: 'local_output', hook: filter('output', -10) };
