/** What the applications need of the outside: interfaces only. `shell/` implements them, `test/fakes/` imitates them. */

import type { Ip, Ipv4 } from './model/address.js';
import type { EntryColumns, KeyColumns } from './model/columns.js';
import type { LinkState, LoggedPacket, NeighbourState } from './model/kernel-events.js';
import type { SocketAddress } from './model/node.js';

import type { Endpoint } from './model/service.js';
import type { FlowPattern } from './netlink/conntrack.js';
import type { Flow } from './netlink/conntrack-flows.js';
import type { ElementBytes, NamedCounter, NftTable, TableName, Transaction } from './netlink/nft/ast.js';

export type { LinkState, LoggedPacket, NeighbourState } from './model/kernel-events.js';

/** Monotonic time in milliseconds (fractions allowed) since an arbitrary start. Never wall-clock time. */
export interface Clock {
  nowMs(): number;
}

/** Seedable randomness; `next` is uniform in [0, 1). */
export interface Random {
  next(): number;
}

export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(bindings: object): Log;
}

/** A change that somebody else made to a table of ours, or the loss of notifications (`overrun`). */
export interface ForeignChange {
  readonly table: TableName | undefined;
  readonly kind: 'table-deleted' | 'changed' | 'overrun';
  /** What was seen, for the log: message type, object name, port id of the writer. */
  readonly detail: string;
}

/** nf_tables. Every failure is a RelevoError with a `kernel-*` code; a failed commit changed nothing. */
export interface Nft {
  /** Sends one transaction as one atomic batch and waits for the kernel's verdict. */
  commit(transaction: Transaction): Promise<void>;
  /** All elements of a set or map, with remaining lifetimes. Rejects with `kernel-missing` if it is not there. */
  dumpElements(table: TableName, set: string): Promise<ElementBytes[]>;
  /** Chains, sets and rule comments of one table; undefined if the table does not exist. */
  readTable(table: TableName): Promise<NftTable | undefined>;
  /** The named counters of one table. Rejects with `kernel-missing` if there is no such table. */
  readCounters(table: TableName): Promise<NamedCounter[]>;
  /** Tells of changes to tables of ours which this Nft did not make. Returns the unsubscriber. */
  onForeignChange(listener: (change: ForeignChange) => void): () => void;
  close(): void;
}

/** For transactions that are made again and again, unchanged. */
export interface PreparingNft extends Nft {
  /** Encodes once; each call of what it returns commits it and has the kernel's verdict when it returns, or throws it. */
  prepare(transaction: Transaction): () => void;
}

/** The result of an external program; a non-zero exit is a result, failing to start or a timeout is an error. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** External programs: argv arrays, a timeout, a limit on output, a fixed PATH of system folders. */
export interface Runner {
  run(
    file: string,
    args: readonly string[],
    options?: { input?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> },
  ): Promise<CommandResult>;
}

/** A long-running program: a child of this process, or one that an earlier process started and that is still there. */
export interface Daemon {
  readonly pid: number;
  readonly adopted: boolean;
  /** Settles when it has ended, with what is known of how (`status 1`, `SIGKILL`, `gone`). Never rejects. */
  readonly ended: Promise<string>;
  /** Before ordinary programs, and no real-time one any more; for a program of one thread. */
  makePrompt(): void;
  /** SIGTERM, and SIGKILL after `graceMs`; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

export interface Daemons {
  /** Starts it in a session of its own, so that it outlives this process; `output` takes what it prints (truncated first). */
  start(file: string, args: readonly string[], output: string): Promise<Daemon>;
  /** The running program with exactly these arguments, if there is one. */
  adopt(file: string, args: readonly string[]): Promise<Daemon | undefined>;
}

export interface Files {
  read(path: string): Promise<string | undefined>;
  /** Writes beside, syncs, renames: readers see the old or the new content, never a mixture. */
  writeAtomic(path: string, content: string, mode?: number): Promise<void>;
  /** No error if it is not there. */
  remove(path: string): Promise<void>;
  /** Replaces what is there, durably; false: there is no `from`. */
  rename(from: string, to: string): Promise<boolean>;
}

/** Lines that are only appended, in files of bounded size and number: the last one open, older ones compressed. */
export interface LineFiles {
  /** Queued and written in order, soon. False: what waits is too much already, or the disk refuses; nothing was taken. */
  append(text: string): boolean;
  /** Of the open file, with what waits for it. */
  readonly bytes: number;
  /** Behind what is queued now a new file begins. */
  rotate(): void;
  /** Lines that were taken, and that the disk then refused. */
  onLoss(listener: (lines: number) => void): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** SHA-256 as 64 hexadecimal digits. */
export type Hash = (text: string) => string;

/** Interfaces and addresses, over rtnetlink. Failures are RelevoErrors with `kernel-*` codes. */
export interface Links {
  list(): Promise<LinkState[]>;
  /** Told once per change of usability, MAC, arrival or departure (`undefined` state). */
  onChange(listener: (name: string, state: LinkState | undefined) => void): () => void;
  /** Looks now whether a link has lost its carrier, beside what the kernel tells by itself; `onChange` hears of it. */
  look(): void;
  /** Told when another program, or the kernel by itself, has added or removed addresses, or may have. */
  onAddressChange(listener: () => void): () => void;
  /**
   * No error if the address is already there; without a route of its own inside a network the node is in. IPv6: good at once, and no source
   * unless asked for.
   */
  addAddress(linkName: string, address: Ip, prefixLength: number): Promise<void>;
  /** No error if it is not there. */
  removeAddress(linkName: string, address: Ip, prefixLength: number): Promise<void>;
  addresses(): Promise<{ link: string; address: Ip; prefixLength: number }[]>;
  close(): void;
}

/** The kernel's neighbour table, over rtnetlink. Failures are RelevoErrors with `kernel-*` codes. */
export interface Neighbours {
  list(): Promise<NeighbourState[]>;
  /** `gone`: the entry has left the table. Returns the unsubscriber. */
  onChange(listener: (entry: NeighbourState, gone: boolean) => void): () => void;
  /** Changes went by unheard: list again. */
  onLoss(listener: () => void): () => void;
  close(): void;
}

/** Makes the kernel look for an address, so that its neighbour table has an entry afterwards, found or failed. */
export interface NeighbourProber {
  /** Rejects when the programs for it are missing; an address that does not answer is no error. */
  provoke(address: Ip): Promise<void>;
}

/** Raw Ethernet frames on one interface (AF_PACKET). */
export interface FrameSocket {
  /** Complete frame, Ethernet header included. Throws RelevoError when the kernel refuses it. */
  send(frame: Uint8Array): void;
  /** Frames of the socket's EtherType, without those this socket sent. */
  onFrame(listener: (frame: Uint8Array) => void): () => void;
  close(): void;
}

/** Packets reported by `log group N` rules (nfnetlink_log). */
export interface PacketLog {
  /**
   * `payload` starts with the network header, as the packet was at the hook of the rule; `sequence` is the group's own counter.
   * All packets of one netlink message arrive in one call.
   */
  onPackets(listener: (packets: readonly LoggedPacket[]) => void): () => void;
  /** The kernel dropped reports (ENOBUFS, or a hole in the sequence): dump and compare. */
  onLoss(listener: (detail: string) => void): () => void;
  /** Reports to gather before a message is sent (1 = at once); adjustable at run time. */
  setThreshold(packets: number): Promise<void>;
  close(): void;
}

/**
 * Who holds persistence entries of a backend, without asking the kernel. The replica keeps one; without it the rule engine
 * dumps the map. It may lag behind the kernel by what is still in flight: whoever purges by it looks again afterwards.
 */
export interface PersistenceIndex {
  /** Keys of map `persist`, in the form of `persistElement`. */
  keysOfBackend(endpoint: Endpoint, backendAddress: Ipv4, backendPort: number): Iterable<Uint8Array>;
}

/** Map `persist` of the kernel, read without holding up this thread. Failures are RelevoErrors; `kernel-missing`: no map yet. */
export interface PersistenceMap {
  /** What is there of these keys. */
  read(keys: KeyColumns): Promise<EntryColumns>;
  /** Everything, piece by piece; where many are expected, read by another thread. */
  scan(visit: (piece: EntryColumns) => void, expectedEntries?: number): Promise<void>;
  close(): void;
}

/** An element that is asked for by its key. */
export interface ElementQuestion {
  readonly table: TableName;
  readonly set: string;
  readonly key: Uint8Array;
}

/** Elements of sets and maps by key, many at a time, beside what `Nft` is doing. Failures are RelevoErrors. */
export interface ElementReader {
  /** The i-th answer is to the i-th question; undefined: no such element, or no such set. */
  read(questions: readonly ElementQuestion[]): Promise<(ElementBytes | undefined)[]>;
  close(): void;
}

/** One connection to a peer that has shown a certificate of the cluster with its name. */
export interface PeerLink {
  readonly peer: string;
  /** Where it comes from or goes to, for the log. */
  readonly remote: string;
  /** Bytes handed over and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  send(frame: Uint8Array): void;
  /** No more frames arrive after this; `onClose` follows. `deaf`: nor is anything read, as of a peer that sends without end. */
  close(reason: string, deaf?: boolean): void;
}

export interface PeerLinkListener {
  onOpen(link: PeerLink): void;
  /** The bytes are the listener's for the duration of the call. */
  onFrame(link: PeerLink, frame: Uint8Array): void;
  /** `bufferedBytes` fell to nothing. */
  onDrain(link: PeerLink): void;
  onClose(link: PeerLink, reason: string): void;
  /**
   * A connection that did not become a link. `peer` is undefined for a stranger. The message names the remedy. `refused`: not for want of an
   * answer, but for what was shown.
   */
  onFailure(peer: string | undefined, message: string, refused: boolean): void;
}

/** Authenticated connections between the nodes of the cluster: at most one per peer, kept up by the node with the lower name. */
export interface PeerLinks {
  start(listener: PeerLinkListener): Promise<void>;
  /** What is wrong with this node's own certificates, or soon will be, with the remedy. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/** UDP on one local address, or on any. Sending never throws: a lost datagram is everyday business. */
export interface Datagrams {
  send(bytes: Uint8Array, to: SocketAddress): void;
  onDatagram(listener: (bytes: Uint8Array, from: SocketAddress) => void): void;
  close(): void;
}

export interface Timers {
  /** Calls once, not before `ms` have passed; the returned function cancels. */
  after(ms: number, action: () => void): () => void;
}

/** Connection tracking (ctnetlink). */
export interface Connections {
  /** Deletes every flow that fits: its next packet is a new connection. No flow at all is no error. */
  forget(pattern: FlowPattern): Promise<void>;
  close(): void;
}

/** Flows that connection tracking knows, read without holding up this thread for long at a time. */
export interface Flows {
  /**
   * Visits each flow to one of these addresses that was translated to a backend, ended ones too as long as the kernel remembers them; the
   * object is good for the duration of the call. Others may be visited as well. Rejects with a `kernel-*` code.
   */
  read(addresses: readonly Ip[], visit: (flow: Flow) => void): Promise<void>;
  close(): void;
}

/** Looks at sets of nf_tables without holding up who changes them. Rejects with a `kernel-*` code; `kernel-missing`: there is no such set. */
export interface SetReader {
  /** Most elements, and those there are (undefined: the kernel does not tell, before Linux 6.16). */
  use(table: TableName, set: string): Promise<{ readonly capacity?: number; readonly entries?: number }>;
  /** Some `most` elements, all if there are fewer: a dump of a large set takes the kernel seconds. */
  sample(table: TableName, set: string, most: number): Promise<readonly ElementBytes[]>;
  close(): void;
}
