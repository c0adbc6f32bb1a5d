/** What a cluster and a node are, after parsing node.yaml. */

import type { Ip, Ipv4 } from './address.js';

export interface SocketAddress {
  readonly address: Ipv4;
  readonly port: number;
}

export interface ClusterNode {
  readonly name: string;
  /** Own addresses for heartbeats, one per path; every node lists the same number of paths in the same order. */
  readonly heartbeat: readonly SocketAddress[];
  /** Where its replication websocket listens. */
  readonly sync: SocketAddress;
}

export interface FloatingAddress {
  readonly address: Ip;
  readonly prefixLength: number;
  readonly interface: string;
}

/** A window is given in minutes of the local day; one that ends before it begins passes midnight. */
export type Failback =
  | { readonly kind: 'never' }
  | { readonly kind: 'now' }
  | { readonly kind: 'window'; readonly fromMinute: number; readonly untilMinute: number };

export interface AddressGroup {
  readonly name: string;
  readonly addresses: readonly FloatingAddress[];
  /** Node that becomes active first when several could; several: in this order. */
  readonly preferred?: string | readonly string[];
  /** The same as `failback` now. */
  readonly preempt: boolean;
  /** Whether the group goes back to a node that is preferred to its owner; absent: as `preempt` says. */
  readonly failback?: Failback;
  /** Interfaces whose loss of carrier makes the node step down. */
  readonly trackLinks: readonly string[];
}

/** `arbiter`: a `relevo witness`; safe under every partition. `ping`, `none`: weaker, and named as such in status. */
export type Witness =
  | { readonly kind: 'arbiter'; readonly at: readonly SocketAddress[] }
  | { readonly kind: 'ping'; readonly address: Ipv4 }
  | { readonly kind: 'none' };

/** etcd, three members as a rule: a lease per node, a key per group, swapped with every claim. */
export interface EtcdCoordination {
  readonly driver: 'etcd';
  readonly endpoints: readonly SocketAddress[];
  /** Absent: without TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Life of a node's lease in etcd: how long an owner serves on without it. Whole seconds. */
  readonly ttlMs: number;
  /** By then a call has been answered or has failed. */
  readonly timeoutMs: number;
}

/** A foreign keepalived decides; `fifo` is its `vrrp_notify_fifo`. Its instances are called as the groups are. */
export interface KeepalivedCoordination {
  readonly driver: 'keepalived';
  readonly fifo: string;
}

export type CoordinationConfig = EtcdCoordination | KeepalivedCoordination;

export interface Timing {
  /** Life of a kernel lease (L in the design). */
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly heartbeatMs: number;
  /** Silence on every path after which a peer counts as dead. */
  readonly deadMs: number;
  /** Longest wait for a complete replica before a node becomes eligible all the same. */
  readonly syncWaitMs: number;
  /** Interval of repeated gratuitous ARP while active. */
  readonly announceMs: number;
}

/** Interfaces by name, whether they are there or not; `all`: every Ethernet interface there is. */
export type IngressInterfaces = 'all' | readonly string[];

/** What a node does with entries: sends its own and takes those of others, or only one of the two. */
export type Direction = 'both' | 'send' | 'receive';

export interface NodeConfig {
  readonly cluster: string;
  readonly node: string;
  readonly nodes: readonly ClusterNode[];
  readonly groups: readonly AddressGroup[];
  readonly witness: Witness;
  /** Absent: votes alone. */
  readonly coordination?: CoordinationConfig;
  readonly timing: Timing;
  /** Shared secret of heartbeats and grants, read from `secretFile`. */
  readonly secretFile: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly replication: {
    readonly enabled: boolean;
    readonly logGroup: number;
    /** Absent: both. */
    readonly direction?: Direction;
  };
  readonly conntrackd: {
    readonly manage: boolean;
    readonly enabled: boolean;
    readonly interface: string;
    readonly local: Ipv4;
    readonly peers: readonly Ipv4[];
    readonly port: number;
    /** Only with `manage: false`: the file the foreign conntrackd was started with, so that roles and counters reach it. */
    readonly configFile?: string;
  };
  readonly stateDir: string;
  readonly controlSocket: string;
  /** nftlb's HTTP interface; absent: off. Without `keyFile` the key is in the environment; with `tls` it is HTTPS. */
  readonly api?: {
    readonly listen: SocketAddress;
    readonly keyFile?: string;
    readonly tls?: { readonly cert: string; readonly key: string };
  };
  /** Called at each change of role or health. */
  readonly notify?: { readonly script: string; readonly timeoutMs: number };
  /** Whether it is tried now and then that a backend can be reached from here; absent: yes. */
  readonly selfProbe?: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly engine: {
    /** Where clients' packets arrive: lists and services without connection tracking look at these. */
    readonly interfaces: IngressInterfaces;
    /** Count the traffic of services that do not say otherwise. */
    readonly counters: boolean;
    /** Most clients that each map of persistence remembers, all services together; absent: 1,048,576. */
    readonly persistCapacity?: number;
    /** Bits of marks that are relevo's; absent: those that services use. */
    readonly markMask?: number;
    /** Group of nfnetlink_log for log lines of services, which the agent writes to its own log; absent: the kernel's log. */
    readonly logGroup?: number;
  };
  /** Ask the kernel to own the service table, so that foreign hands cannot change it (Linux ≥ 6.9). */
  readonly protect: boolean;
}
