/**
 * What a feature is: a pure function from one service (or policy) to what it needs in the kernel. Structure is shared by name between
 * all that need it; elements belong to whoever names them. The engine counts users, compares with what is there, and writes the
 * difference in one transaction (`composition.ts`).
 *
 * Rules for a feature: the same input gives the same output; names say what is inside (a chain whose content varies carries a
 * fingerprint of it in its name); a service without the feature costs nothing: return undefined.
 */

import type { Ip, IpPrefix } from '../model/address.js';
import type { Helper, Policy, Service, SharedAddress } from '../model/service.js';
import type {
  BaseHook,
  ElementBytes,
  FlowtableSpec,
  ObjectSpec,
  RuleSpec,
  SetSpec,
  TableName,
} from '../netlink/nft/ast.js';
import type { Chain } from './chains.js';
import type { EngineContext } from './context.js';
import type { Shares } from './slots.js';
import type { Transit } from './transit.js';

/** Translation, limits, marks, logs of IPv4 services. */
export const ipTable: TableName = { family: 'ip', name: 'relevo' };
/** The same for IPv6. */
export const ip6Table: TableName = { family: 'ip6', name: 'relevo' };
/** Lists, and services without connection tracking. (`netdev relevo` is the guard's, and owned by its thread.) */
export const ingressTable: TableName = { family: 'netdev', name: 'relevo_ingress' };

export const featureTables: readonly TableName[] = [ipTable, ip6Table, ingressTable];

export type Structure =
  | {
      readonly kind: 'set';
      readonly table: TableName;
      readonly set: SetSpec;
      /** `packets`: what rules put into it stays as it is; only elements that a feature names are looked at. */
      readonly filledBy: 'us' | 'packets';
    }
  | { readonly kind: 'chain'; readonly table: TableName; readonly chain: Chain }
  | { readonly kind: 'object'; readonly table: TableName; readonly object: ObjectSpec }
  | { readonly kind: 'flowtable'; readonly table: TableName; readonly flowtable: FlowtableSpec }
  /**
   * One rule of a chain that several features share, a base chain mostly: the chain holds the rules that somebody needs, by `order`, then by
   * comment. `stations` has the chains and orders there are.
   */
  | {
      readonly kind: 'station';
      readonly table: TableName;
      readonly chain: { readonly name: string; readonly hook?: BaseHook };
      readonly order: number;
      readonly rule: RuleSpec;
    };

export interface Placed {
  readonly table: TableName;
  readonly set: SetSpec;
  readonly element: ElementBytes;
  /** Leads packets to the rest, which must all be there by then. */
  readonly activates?: boolean;
}

export interface Contribution {
  /** In an order in which it can be made: what is referred to comes first. */
  readonly structure: readonly Structure[];
  readonly elements: readonly Placed[];
}

/** Numbers that stand for services in keys and in a packet's priority: 1 and up, kept while the service has its name. */
export interface ServiceIds {
  of(service: string): number;
}

/** What features may know besides the service itself. */
export interface FeatureContext extends EngineContext {
  readonly ids: ServiceIds;
  /** Interfaces whose incoming packets are looked at, in order. */
  readonly devices: readonly string[];
  readonly policies: ReadonlyMap<string, Policy>;
  /** Addresses with policies of their own, by name. */
  readonly addresses?: ReadonlyMap<string, SharedAddress>;
  /** From the kernel's neighbour table; undefined: not known (yet). */
  neighbour(address: Ip): Neighbour | undefined;
  /** Networks that this node has an address in now: whose clients reach backends there without passing this node. */
  networks?(): readonly IpPrefix[];
  /** What share of the newcomers each backend of a service with leastconn gets now; undefined: not counted (yet). */
  shares?(service: string): Shares | undefined;
  /** What is under way after a change of slots, of a service without connection tracking; undefined: nothing is. */
  transit?(service: string, family: 4 | 6): Transit | undefined;
  /** stlsdnat: answers of the service's backends may be another service's, by their sender's address and port. */
  unclearAnswers?(service: string): boolean;
  /** An interface of this node by name; undefined: there is none. */
  link?(device: string): DeviceLink | undefined;
  /** What this kernel can do, found out at start. */
  supports(feature: KernelFeature): boolean;
}

export interface Neighbour {
  readonly etherAddress: string;
  readonly device: string;
}

export interface DeviceLink {
  readonly index: number;
  readonly etherAddress: string;
}

/** In words that status shows. */
export type KernelFeature =
  | 'queue'
  | 'flowtable'
  | 'synproxy'
  | `${Helper} helper`
  | `${Helper} helper for IPv6`
  /** CONFIG_NFT_REJECT_NETDEV: not in Debian's kernels. */
  | 'reject in ingress'
  /** `owner` together with `persist`: since Linux 6.9. */
  | 'owned tables';

/** Why a service, or one of its backends, is not served as configured: shown in status and to nftlb's clients as `config_error`. */
export interface Shortcoming {
  readonly service: string;
  readonly backend?: string;
  /** Place and remedy. */
  readonly reason: string;
}

export interface ServiceFeature {
  readonly name: string;
  contribute(service: Service, context: FeatureContext): Contribution | undefined;
  /** Empty, or absent: nothing is amiss. */
  shortcomings?(service: Service, context: FeatureContext): readonly Shortcoming[];
}

export interface PolicyFeature {
  readonly name: string;
  contribute(policy: Policy, context: FeatureContext): Contribution | undefined;
}
