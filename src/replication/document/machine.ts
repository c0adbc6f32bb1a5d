/**
 * The services document of a cluster as a state machine, one instance a node: edits, two-phase apply, catching up, conflicts, confirmation.
 *
 * Invariants:
 * - The head only moves to a version that contains it, or away from an automatic revert; hence nothing that was answered is undone in
 *   silence. Two heads of which neither contains the other are a conflict, shown on both nodes until somebody resolves it.
 * - An apply is installed only when every connected node has checked it against the same version.
 * - One transaction at a time; while it lasts, or a version waits for its confirmation, nothing else is edited here.
 * - After `check` and `install` the next event is their result: the caller serialises.
 */

import { CatchUp } from './catch-up.js';
import { DocumentCore, type DocumentMachineOptions, type Installing, type Refusal } from './core.js';
import type { DocumentHistory } from './history.js';
import { describe, type PeerView, versionText } from './transaction.js';
import { TwoPhase } from './two-phase.js';
import type { DocumentEffect, DocumentEvent, DocumentFrame, Payload } from './types.js';
import type { DocumentVersion, Relation } from './version.js';

export type { DocumentMachineOptions } from './core.js';

export class DocumentMachine<T> {
  readonly #core: DocumentCore<T>;
  readonly #twoPhase: TwoPhase<T>;
  readonly #catchUp: CatchUp<T>;

  constructor(options: DocumentMachineOptions<T>, nowMs: number) {
    this.#core = new DocumentCore(options, nowMs);
    this.#twoPhase = new TwoPhase(this.#core);
    this.#catchUp = new CatchUp(this.#core, this.#twoPhase);
  }

  get head(): DocumentVersion | undefined {
    return this.#core.head;
  }
  get history(): DocumentHistory<T> {
    return this.#core.history;
  }
  get peers(): ReadonlyMap<string, PeerView> {
    return this.#core.peers;
  }
  /** Why the last version that came from elsewhere, or a revert, could not be brought into force. */
  get trouble(): string {
    return this.#core.trouble;
  }
  /** When what waits for confirmation goes back. */
  get deadlineMs(): number | undefined {
    return this.#core.deadlineMs;
  }

  relationWith(peer: PeerView): Relation {
    return this.#core.relationWith(peer);
  }

  /** Why the two documents are apart, and the remedy. */
  conflictTexts(): string[] {
    const { options, head } = this.#core;
    return this.#core.conflicts().map((peer) => describe.conflict(options.node, head, peer));
  }

  /** Why nothing may be edited on this node now, or undefined. */
  whyNotEditable(): Refusal | undefined {
    return this.#core.whyNotEditable();
  }

  step(event: DocumentEvent<T>, nowMs: number): DocumentEffect<T>[] {
    this.#core.nowMs = nowMs;
    this.#core.effects = [];
    this.#on(event);
    return this.#core.effects;
  }

  #on(event: DocumentEvent<T>): void {
    switch (event.kind) {
      case 'propose':
        this.#twoPhase.propose(event.proposal);
        return;
      case 'edited':
        this.#edited(event);
        return;
      case 'connected':
        this.#connected(event.peer, event.capable);
        return;
      case 'disconnected':
        this.#disconnected(event.peer);
        return;
      case 'frame': {
        const peer = this.peers.get(event.peer);
        if (peer?.connected) this.#frame(peer, event.frame);
        return;
      }
      case 'checked':
        this.#twoPhase.checked(event.reason);
        return;
      case 'installed':
        this.#installed(event.reason);
        return;
      case 'leader':
        this.#core.leader = event.leader;
        return;
      case 'tick':
        this.#twoPhase.tick();
        this.#catchUp.tick();
    }
  }

  #edited(edit: Extract<DocumentEvent<T>, { kind: 'edited' }>): void {
    const core = this.#core;
    const { change, undo, content, reason, time } = edit;
    const before = core.head;
    const version = core.next([before], { kind: 'change', reason, time, content, confirmMs: 0 });
    core.history.push(version, undo);
    core.effects.push({ kind: 'persist' });
    for (const peer of core.capable()) {
      // Whoever is elsewhere asks for what it lacks when it hears of the version.
      if (peer.known && before && peer.head?.id === before.id) {
        const payload: Payload<T> = { version, whole: false, base: before.id, change };
        core.send(peer, { kind: 'change', payload, mergeable: true, remainingMs: 0 });
      } else core.sendHead(peer);
    }
  }

  #installed(reason: string): void {
    const core = this.#core;
    const done = core.installing;
    core.installing = undefined;
    if (!done) return;
    if (reason) {
      this.#notInstalled(done, reason);
      return;
    }
    const { version, undo, why, remainingMs = version.confirmMs } = done;
    core.history.push(version, undo, done.mergeable);
    core.trouble = '';
    core.deadlineMs =
      version.confirmMs > 0 ? core.nowMs + Math.min(version.confirmMs, remainingMs) : undefined;
    if (core.transaction?.role === 'participant') core.transaction = undefined;
    if (why === 'commit') this.#twoPhase.committed();
    else core.note('info', describe.installed(version, why, done.from));
    for (const peer of core.capable()) core.sendHead(peer);
    this.#twoPhase.settled(false);
    for (const peer of core.capable()) this.#catchUp.settle(peer);
  }

  #notInstalled({ version, why }: Installing<T>, reason: string): void {
    const core = this.#core;
    if (why === 'commit') {
      this.#twoPhase.abort('kernel-refused', reason);
      return;
    }
    if (core.transaction?.role === 'participant') core.transaction = undefined;
    core.trouble = `${versionText(version)} could not be brought into force: ${reason}`;
    core.retryAtMs = core.nowMs + core.options.timing.retryMs;
    core.note('warn', core.trouble);
    for (const peer of core.capable()) core.sendHead(peer);
  }

  #connected(name: string, capable: boolean): void {
    const peer = this.peers.get(name);
    if (!peer) return;
    Object.assign(peer, {
      connected: true,
      capable,
      known: false,
      trouble: '',
      askedAtMs: undefined,
      askedWhole: false,
    });
    if (capable) this.#core.sendHead(peer);
  }

  #disconnected(name: string): void {
    const peer = this.peers.get(name);
    if (!peer) return;
    Object.assign(peer, { connected: false, known: false, askedAtMs: undefined, askedWhole: false });
    this.#twoPhase.lost(name);
  }

  #frame(peer: PeerView, frame: DocumentFrame<T>): void {
    switch (frame.kind) {
      case 'head':
        Object.assign(peer, { known: true, head: frame.version, trouble: frame.trouble });
        this.#catchUp.settle(peer);
        this.#twoPhase.settled(false);
        return;
      case 'fetch':
        this.#catchUp.fetch(peer, frame.seen, frame.whole);
        return;
      case 'change':
        this.#catchUp.change(peer, frame);
        return;
      case 'prepare':
        this.#twoPhase.prepare(peer, frame.payload);
        return;
      case 'vote':
        this.#twoPhase.vote(peer, frame.id, frame.ok, frame.reason);
        return;
      case 'decide':
        this.#twoPhase.decide(peer, frame.id, frame.commit);
    }
  }
}
