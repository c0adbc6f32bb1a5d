/** What a service is, after parsing: native types, no text to interpret. The terms are nftlb's (a farm is a service). */

import type { Ip, Ipv4 } from './address.js';
import type { HealthCheck } from './health-check.js';

export type Protocol = 'tcp' | 'udp' | 'sctp';
export const protocolNumber: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

export type BackendState = 'up' | 'down' | 'off' | 'drain';
export type HashField = 'srcip' | 'dstip' | 'srcport' | 'dstport' | 'srcmac' | 'dstmac';

/** Of one client, or of log lines. `burst`: what may come at once beyond the rate. */
export interface RateLimit {
  readonly count: number;
  readonly unit: 'second' | 'minute' | 'hour' | 'day' | 'week';
  readonly burst: number;
}

export interface Backend {
  readonly name: string;
  readonly address: Ip;
  /** Undefined keeps the port the client asked for. */
  readonly port?: number;
  /** Relative share, 1 or more. */
  readonly weight: number;
  /** 1 serves first; the next rank takes over when no backend of a better one is usable. */
  readonly priority: number;
  /**
   * `down`: failed, its clients are sent elsewhere at once. `off`: maintenance, no new clients, known ones stay. `drain`: as `off`, and
   * what is left is counted.
   */
  readonly state: BackendState;
  /** snat only: source address towards this backend; wins over the service's. */
  readonly sourceAddress?: Ip;
  /** Connection mark of what goes to this backend, together with the service's; 0 or undefined: none. */
  readonly mark?: number;
  /** Most established connections at a time; another backend takes what comes above it. */
  readonly connectionLimit?: number;
  readonly connectionLimitLogPrefix?: string;
  /** `52:54:00:12:34:56`, where it is given and not learned. */
  readonly etherAddress?: string;
}

/** Where clients come in: one protocol, address and port. What maps with one element per port can say. */
export interface Endpoint {
  readonly protocol: Protocol;
  readonly address: Ipv4;
  readonly port: number;
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** An address of a service, with a protocol and ports of its own. */
export interface ServiceAddress {
  /** Undefined: the service's own, `<service>-addr` to nftlb's clients. */
  readonly name?: string;
  readonly address: Ip;
  /** `all`: tcp, udp and sctp. */
  readonly protocol: Protocol | 'all';
  /** In order, without overlaps; empty: every port. */
  readonly ports: readonly PortRange[];
}

/** A client that always goes to one backend. */
export interface StaticSession {
  /** One part per field of the service's persistence: `10.0.0.1`, `80`, `52:54:00:12:34:56`. */
  readonly client: readonly string[];
  readonly backend: string;
}

export type Helper = 'ftp' | 'pptp' | 'sip' | 'snmp' | 'tftp';
export type LogPoint = 'input' | 'forward' | 'output';

export interface ServiceLog {
  readonly points: readonly LogPoint[];
  /** With tokens KNAME TYPE FNAME ANAME BNAME PNAME; undefined: `TYPE-FNAME`. */
  readonly prefix?: string;
  readonly rate?: RateLimit;
}

/** What is checked before a service is reached. Undefined: not limited. */
export interface ServiceLimits {
  /** A client that a limit has met stays refused this long. */
  readonly banMs?: number;
  /** New connections of one client. */
  readonly newConnections?: RateLimit;
  readonly newConnectionsLogPrefix?: string;
  /** Resets that one client may send. */
  readonly resets?: RateLimit;
  readonly resetsLogPrefix?: string;
  /** Established connections of one client. */
  readonly connectionsPerClient?: number;
  readonly connectionsLogPrefix?: string;
  /** Established connections of the whole service. */
  readonly connections?: number;
  /** Packets that belong to no known connection are dropped. */
  readonly tcpStrict?: boolean;
  readonly tcpStrictLogPrefix?: string;
  /** SYNs are answered by cookies until the client has shown that it is there. */
  readonly synproxy?: boolean;
  /** nfqueue number for first packets. */
  readonly queue?: number;
}

export interface Service {
  readonly name: string;
  readonly family: 'ipv4' | 'ipv6' | 'dual';
  readonly mode: 'dnat' | 'snat' | 'dsr' | 'stlsdnat' | 'local';
  /** Every address, in the order of the document. */
  readonly addresses: readonly ServiceAddress[];
  /** What `addresses` comes to when it is IPv4, tcp or udp, single ports only; else empty. */
  readonly endpoints: readonly Endpoint[];
  readonly scheduler: 'weight' | 'rr' | 'hash' | 'symhash' | 'maglev' | 'leastconn';
  /** What `hash` and `maglev` hash; in order, without repeats. */
  readonly hashFields: readonly HashField[];
  /** What tells one client from another: it keeps its backend. Empty: no persistence. */
  readonly persistence: readonly HashField[];
  readonly persistTtlMs: number;
  /** When there is no room for one more client: `skip`, it is scheduled without persistence; `evict`, the one that expires first gives way. */
  readonly persistFull?: 'skip' | 'evict';
  readonly staticSessions?: readonly StaticSession[];
  readonly replicate: 'all' | 'persistence' | 'none';
  /** snat only. Undefined: the group's floating address on the backend's side, or masquerade outside a cluster. */
  readonly sourceAddress?: Ip;
  readonly state: 'up' | 'down' | 'off';
  readonly helper?: Helper;
  readonly log?: ServiceLog;
  readonly mark?: number;
  readonly limits?: ServiceLimits;
  /** nftlb's `verdict`: what happens to packets that a policy or limit has met; undefined: `log drop accept`. */
  readonly verdict?: readonly ('log' | 'drop' | 'accept')[];
  readonly flowOffload?: boolean;
  /** Packets and bytes are counted, per backend and direction; undefined: as the node does with services that do not say. */
  readonly counters?: boolean;
  /** What it has carried follows to the node that takes over. */
  readonly countersSurvive?: boolean;
  /** Clients in the backends' own network are served, too. */
  readonly intraConnect?: boolean;
  /** stlsdnat: seconds as nftlb's clients know them. */
  readonly responseTtl?: number;
  /** Names of policies, in the order of the document, which has no meaning: white lists come first. */
  readonly policies?: readonly string[];
  /** How this node finds out whether the backends serve; undefined: somebody else says so. */
  readonly health?: HealthCheck;
  readonly inputInterface?: string;
  readonly outputInterface?: string;
  readonly etherAddress?: string;
  readonly backends: readonly Backend[];
}

export interface PolicyElement {
  readonly address: Ip;
  readonly prefixLength: number;
  /** Lifetime of this element; undefined: it stays. */
  readonly timeoutMs?: number;
  /** What is left of its lifetime, of one that comes from another node; undefined: all of it. */
  readonly leftMs?: number;
}

/** A list of client networks, shared by the services that name it. */
export interface Policy {
  readonly name: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly type: 'blacklist' | 'whitelist';
  /** For every service, whether it names the policy or not. */
  readonly global?: boolean;
  /** Of nftlb's clients, kept for them: `in`, `out`. */
  readonly route?: string;
  /** Lifetime of elements that do not have one of their own; undefined: they stay. */
  readonly timeoutMs?: number;
  readonly logPrefix?: string;
  readonly elements: readonly PolicyElement[];
}

/** An address that farms share by its name, with policies of its own. */
export interface SharedAddress extends ServiceAddress {
  readonly name: string;
  readonly verdict?: readonly ('log' | 'drop' | 'accept')[];
  readonly logPrefix?: string;
  readonly logRate?: RateLimit;
  readonly policies: readonly string[];
}

/** A services document. Order is kept for output and has no meaning. */
export interface ServicesDocument {
  readonly services: readonly Service[];
  readonly addresses?: readonly SharedAddress[];
  readonly policies?: readonly Policy[];
}

/** One thing wrong with a document or configuration: where, what, and what to do about it. */
export interface Problem {
  /** `farms[3].backends[0].ip-addr`. */
  readonly path: string;
  readonly message: string;
  /**
   * What nftlb answers otherwise than a bad value: an attribute that it does not know, an object that is not there, and what is not
   * the shape of a request.
   */
  readonly kind?: 'unknown-attribute' | 'unknown' | 'invalid';
}
