/** What the kernel tells on its own: the state of interfaces, and packets that a rule reports. */

import type { Ipv4 } from './address.js';

export interface LinkState {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  /** Administratively up and with carrier (IFF_UP and IFF_LOWER_UP, IFF_RUNNING). */
  readonly usable: boolean;
}

export interface LoggedPacket {
  readonly payload: Uint8Array;
  readonly prefix: string;
  readonly sequence: number;
  /** Original destination of the connection, when the group asks for it (NFULNL_CFG_F_CONNTRACK). */
  readonly original?: {
    readonly source: Ipv4;
    readonly destination: Ipv4;
    readonly protocol: number;
    readonly destinationPort: number;
  };
}
