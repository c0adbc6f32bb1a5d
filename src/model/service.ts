/** What a service is, after parsing: native types, no text to interpret. The terms are nftlb's (a farm is a service). */

import type { Ipv4 } from './address.js';

export type Protocol = 'tcp' | 'udp';
export const protocolNumber: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17 };

export type BackendState = 'up' | 'down' | 'off';
export type HashField = 'srcip' | 'dstip' | 'srcport' | 'dstport';

export interface Backend {
  readonly name: string;
  readonly address: Ipv4;
  /** Undefined keeps the port the client asked for. */
  readonly port?: number;
  /** Relative share, 1 or more. */
  readonly weight: number;
  /** 1 serves first; the next rank takes over when no backend of a better one is usable. */
  readonly priority: number;
  /** `down`: failed, its clients are sent elsewhere at once. `off`: maintenance, no new clients, known ones stay. */
  readonly state: BackendState;
  /** snat only: source address towards this backend; wins over the service's. */
  readonly sourceAddress?: Ipv4;
}

/** Where clients come in: one protocol, address and port. */
export interface Endpoint {
  readonly protocol: Protocol;
  readonly address: Ipv4;
  readonly port: number;
}

export interface Service {
  readonly name: string;
  readonly mode: 'dnat' | 'snat';
  readonly endpoints: readonly Endpoint[];
  /** Name of the address each endpoint came with, where it is not the default one; for output and for later changes by name. */
  readonly addressNames?: readonly string[];
  readonly scheduler: 'weight' | 'rr' | 'hash';
  /** What `hash` hashes; in order, without repeats. */
  readonly hashFields: readonly HashField[];
  /** `srcip`: a client address keeps its backend. */
  readonly persistence: 'none' | 'srcip';
  readonly persistTtlMs: number;
  readonly replicate: 'all' | 'persistence' | 'none';
  /** snat only. Undefined: the group's floating address on the backend's side, or masquerade outside a cluster. */
  readonly sourceAddress?: Ipv4;
  readonly state: 'up' | 'down' | 'off';
  readonly backends: readonly Backend[];
}

/** A services document. Order is kept for output and has no meaning. */
export interface ServicesDocument {
  readonly services: readonly Service[];
}

/** One thing wrong with a document or configuration: where, what, and what to do about it. */
export interface Problem {
  /** `farms[3].backends[0].ip-addr`. */
  readonly path: string;
  readonly message: string;
  /** nftlb answers an attribute that it does not know with another status than a bad value. */
  readonly kind?: 'unknown-attribute';
}
