/** What the kernel tells on its own: the state of interfaces, and packets that a rule reports. */

import type { Ip } from './address.js';

export interface LinkState {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  /** Administratively up and with carrier (IFF_UP and IFF_LOWER_UP, IFF_RUNNING). */
  readonly usable: boolean;
  /** Packets come in by it with an Ethernet header: neither loopback nor a tunnel. */
  readonly ethernet?: boolean;
  /** What it is a port of (`bridge`, `bond`, `vrf` …), by the kernel's name for the kind. */
  readonly portOf?: string;
}

/** An entry of the kernel's neighbour table. */
export interface NeighbourState {
  readonly linkIndex: number;
  readonly address: Ip;
  /** `52:54:00:12:34:56`; empty while it is not known. */
  readonly etherAddress: string;
  /** `stale`: known, and not heard of lately. `unresolved`: asked for. `failed`: no answer. */
  readonly state: 'confirmed' | 'stale' | 'unresolved' | 'failed';
}

export interface LoggedPacket {
  readonly payload: Uint8Array;
  readonly prefix: string;
  /** The group's own count. Undefined while the listener is bound and its settings (NFULNL_CFG_F_SEQ) are not in force yet. */
  readonly sequence: number | undefined;
  /** The frame's header, where the packet has come in by an interface and has one: of Ethernet destination, source, type. */
  readonly hardware?: Uint8Array | undefined;
  /** The packet's mark while the rule reported it; undefined without one (0). */
  readonly mark?: number | undefined;
}
