/** What the parts of the document's state machine share: versions, peers, the edit under way, and what is to be done outside. */

import type { DocumentHistory, Objects } from './history.js';
import { describe, type PeerView, type Transaction } from './transaction.js';
import type { Answer, Content, DocumentEffect, DocumentFrame, DocumentTiming, RefusalCode } from './types.js';
import { type DocumentVersion, nextVersion, type Relation, relationOf } from './version.js';

export interface DocumentMachineOptions<T> {
  readonly node: string;
  readonly peers: readonly string[];
  /** Random, of this start of the agent. */
  readonly session: string;
  readonly content: Content<T>;
  readonly history: DocumentHistory<T>;
  readonly timing: DocumentTiming;
}

export interface Installing<T> {
  readonly version: DocumentVersion;
  readonly change: Objects<T>;
  readonly undo: Objects<T>;
  readonly why: 'commit' | 'decided' | 'caught-up' | 'merged' | 'reverted';
  readonly from?: string;
  /** Of the wait for confirmation. */
  readonly remainingMs?: number;
  readonly mergeable?: boolean;
}

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

const newPeer = (name: string): PeerView => ({
  name,
  connected: false,
  capable: false,
  known: false,
  head: undefined,
  trouble: '',
  askedAtMs: undefined,
  askedWhole: false,
  noted: '',
});

export class DocumentCore<T> {
  readonly options: DocumentMachineOptions<T>;
  readonly history: DocumentHistory<T>;
  readonly peers: ReadonlyMap<string, PeerView>;
  transaction: Transaction<T> | undefined;
  installing: Installing<T> | undefined;
  /** Why the last version that came from elsewhere, or a revert, could not be brought into force. */
  trouble = '';
  retryAtMs = 0;
  /** When what waits for confirmation goes back. */
  deadlineMs: number | undefined;
  leader = false;
  nowMs: number;
  effects: DocumentEffect<T>[] = [];
  #counter = 0;

  constructor(options: DocumentMachineOptions<T>, nowMs: number) {
    this.options = options;
    this.history = options.history;
    this.nowMs = nowMs;
    this.peers = new Map(options.peers.map((name) => [name, newPeer(name)]));
    const { head } = options.history;
    if (head && head.confirmMs > 0) this.deadlineMs = nowMs + head.confirmMs;
  }

  get head(): DocumentVersion | undefined {
    return this.history.head;
  }

  relationWith(peer: PeerView): Relation {
    return relationOf(this.head, peer.head);
  }

  /** Peers whose document was edited apart from ours. */
  conflicts(): PeerView[] {
    return [...this.peers.values()].filter((peer) => peer.head && this.relationWith(peer) === 'apart');
  }

  capable(): PeerView[] {
    return [...this.peers.values()].filter(({ connected, capable }) => connected && capable);
  }

  /** Why nothing may be edited on this node now, or undefined. `ending`: an edit that ends the wait for confirmation. */
  whyNotEditable(ending = false): Refusal | undefined {
    const { transaction, head, options } = this;
    const [apart] = this.conflicts();
    if (apart) return { code: 'conflict', message: describe.conflict(options.node, head, apart) };
    if (transaction && transaction.phase !== 'settling')
      return { code: 'conflict', message: describe.busy(transaction.version) };
    if (this.deadlineMs !== undefined && !ending)
      return { code: 'conflict', message: describe.unconfirmed(head!) };
    for (const peer of this.capable()) {
      if (!peer.known) return { code: 'not-ready', message: describe.unknown(peer) };
      if (this.relationWith(peer) === 'behind')
        return { code: 'not-ready', message: describe.catchingUp(peer, this.trouble) };
    }
    const away = [...this.peers.values()].filter(({ connected }) => !connected);
    if (away.length === 0 || this.leader || !head) return undefined;
    return { code: 'not-ready', message: describe.away(away) };
  }

  next(
    parents: readonly (DocumentVersion | undefined)[],
    facts: Pick<DocumentVersion, 'kind' | 'reason' | 'time' | 'content' | 'confirmMs'>,
  ): DocumentVersion {
    const { session, node } = this.options;
    this.#counter++;
    const known = parents.filter((parent) => parent !== undefined);
    return nextVersion(session, this.#counter, known, { ...facts, author: node });
  }

  install(wish: Omit<Installing<T>, 'undo'>): void {
    const { content } = this.options;
    const undo = new Map([...wish.change.keys()].map((key) => [key, content.get(key)]));
    this.installing = { ...wish, undo };
    this.effects.push({ kind: 'install', version: wish.version, change: wish.change });
  }

  rename(version: DocumentVersion): void {
    this.history.replaceHead(version);
    this.effects.push({ kind: 'persist' });
  }

  sendHead(peer: PeerView): void {
    this.send(peer, { kind: 'head', version: this.head, trouble: this.trouble });
  }

  send(peer: PeerView, frame: DocumentFrame<T>): void {
    this.effects.push({ kind: 'send', peer: peer.name, frame });
  }

  answer(answer: Answer): void {
    this.effects.push({ kind: 'answer', answer });
  }

  note(level: 'info' | 'warn', message: string): void {
    this.effects.push({ kind: 'note', level, message });
  }
}
