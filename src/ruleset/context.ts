/** What the rules depend on besides the services: facts of the node and its cluster. */

import type { Ipv4Prefix } from '../model/address.js';

export interface EngineContext {
  /** nfnetlink_log group that newcomers are reported to; undefined: nothing is replicated, nothing reported. */
  readonly logGroup?: number;
  /** The group that newcomers of general and stateless services, and bans, are reported to; undefined: not replicated. */
  readonly hintGroup?: number;
  /** Addresses that move with the service, with the networks they are in: what snat services use as their source in a cluster. */
  readonly floating: readonly Ipv4Prefix[];
  /** Ask the kernel to own the table (Linux ≥ 6.9), so that foreign hands cannot change it. */
  readonly protect: boolean;
  /** Most clients that a map of persistence remembers; undefined: 1,048,576. */
  readonly persistCapacity?: number;
  /** Count the traffic of services that do not say otherwise. */
  readonly counters?: boolean;
  /** Bits of marks that are relevo's to write; undefined: those that the services' marks use. */
  readonly markMask?: number;
  /** Where log lines of services go: a group of nfnetlink_log, which the agent reads; undefined: the kernel's log. */
  readonly serviceLogGroup?: number;
}

export const plainContext: EngineContext = { floating: [], protect: false };
