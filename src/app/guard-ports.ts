/** What the guard thread's loop needs of the outside. */

import type { EtcdAnswer, EtcdCaller } from '../election/etcd-state.js';
import type { Mac } from '../election/messages.js';
import type { FromGuard } from '../election/thread.js';
import type { EtcdCoordination, SocketAddress } from '../model/node.js';
import type { Clock, Datagrams, FrameSocket, Links, Log, PreparingNft, Timers } from '../ports.js';

export interface GuardLoopPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The wall clock: seconds since 1970, and the minute of the local day. */
  wall(): { readonly seconds: number; readonly minute: number };
  readonly log: Log;
  readonly mac: Mac;
  readonly nft: PreparingNft;
  readonly links: Links;
  /** Frames of one EtherType on one interface. */
  frames(interfaceName: string, etherType: number): FrameSocket;
  /** Rejects with `bad-config` when the address cannot be bound. */
  datagrams(local: SocketAddress | undefined): Promise<Datagrams>;
  post(message: FromGuard): void;
  /** Throws `bad-config` when it cannot begin. Every call is answered once. */
  etcd?(
    config: EtcdCoordination,
    cluster: string,
    knownCluster: string,
    onAnswer: (id: number, answer: EtcdAnswer) => void,
  ): EtcdCaller;
  /** Reads keepalived's FIFO until the function returned is called. */
  fifo?(path: string, ears: { onText(text: string): void; onState(text: string): void }): () => void;
}
