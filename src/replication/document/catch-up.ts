/** What a node does about the versions that its peers have: nothing, ask, merge, or say that there is a conflict. */

import type { DocumentCore } from './core.js';
import { describe, type PeerView, versionText } from './transaction.js';
import type { TwoPhase } from './two-phase.js';
import type { Content, DocumentFrame, Payload } from './types.js';
import { joinSeen, relationOf, revertOf, type Seen, seenCovers, unified } from './version.js';

type ChangeFrame<T> = Extract<DocumentFrame<T>, { kind: 'change' }>;

/** The two name the same object, or a whole and a part of it. */
const meet = (content: Content<unknown>, some: Iterable<string>, others: ReadonlySet<string>): boolean => {
  const wholes = new Set([...others].map((key) => content.wider?.(key)));
  for (const key of some) {
    if (others.has(key) || wholes.has(key) || others.has(content.wider?.(key) ?? '')) return true;
  }
  return false;
};

export class CatchUp<T> {
  readonly #core: DocumentCore<T>;
  readonly #twoPhase: TwoPhase<T>;

  constructor(core: DocumentCore<T>, twoPhase: TwoPhase<T>) {
    this.#core = core;
    this.#twoPhase = twoPhase;
  }

  settle(peer: PeerView): void {
    const core = this.#core;
    const { head } = core;
    if (!peer.known || !peer.connected || !peer.head || core.installing) return;
    switch (core.relationWith(peer)) {
      case 'same': {
        const seen = joinSeen(head!.seen, peer.head.seen);
        if (Object.entries(seen).some(([session, count]) => head!.seen[session] !== count))
          core.rename({ ...head!, seen });
        return;
      }
      case 'equal':
        core.rename(unified(head!, peer.head));
        for (const each of core.capable()) core.sendHead(each);
        return;
      case 'behind':
        this.#behind(peer, false);
        return;
      case 'yields':
        this.#behind(peer, true);
        return;
      case 'ahead':
        return;
      case 'apart': {
        const text = describe.conflict(core.options.node, head, peer);
        if (peer.noted !== text) core.note('warn', text);
        peer.noted = text;
      }
    }
  }

  #behind(peer: PeerView, whole: boolean): void {
    const core = this.#core;
    const { transaction } = core;
    if (transaction?.role === 'coordinator' && transaction.phase !== 'settling') {
      const text = versionText(peer.head);
      this.#twoPhase.abort(
        'conflict',
        `${peer.name} has ${text} meanwhile: look at it, and apply yours again`,
      );
    }
    if (transaction?.role === 'participant') {
      const { version, change } = transaction;
      // The word to go ahead was lost; that it did says as much.
      if (version.id === peer.head?.id)
        core.install({
          version: core.containing(version, 'behind'),
          change,
          why: 'decided',
          from: peer.name,
        });
      return;
    }
    this.#ask(peer, whole);
  }

  #ask(peer: PeerView, whole: boolean): void {
    const core = this.#core;
    if (core.nowMs < core.retryAtMs) return;
    if (peer.askedAtMs !== undefined && core.nowMs - peer.askedAtMs < core.options.timing.retryMs) return;
    peer.askedAtMs = core.nowMs;
    peer.askedWhole = whole || !core.head;
    core.send(peer, { kind: 'fetch', seen: core.head?.seen ?? {}, whole: peer.askedWhole });
  }

  fetch(peer: PeerView, seen: Seen, whole: boolean): void {
    const core = this.#core;
    if (!core.head) return;
    const [before, last] = core.history.entries.slice(-2);
    const lacks = ['behind', 'yields'].includes(relationOf(peer.head, before?.version));
    if (core.deadlineMs !== undefined && last?.undo && before && lacks) {
      // It may have to go back without us.
      const payload = { version: before.version, whole: true, base: '', change: last.undo };
      core.send(peer, { kind: 'change', payload, mergeable: false, remainingMs: 0 });
      this.#sendSince(peer, joinSeen(seen, before.version.seen), false);
    } else this.#sendSince(peer, seen, whole);
  }

  #sendSince(peer: PeerView, seen: Seen, whole: boolean): void {
    const core = this.#core;
    const { head, deadlineMs } = core;
    const since = whole ? undefined : core.history.since(seen);
    const { content } = core.options;
    const keys = since?.keys ?? new Set<string>();
    // A part goes with the whole where both were touched.
    const named = [...keys].filter((key) => !keys.has(content.wider?.(key) ?? ''));
    const change = new Map(named.map((key) => [key, content.get(key)]));
    const payload = { version: head!, whole: since === undefined, base: since?.base.id ?? '', change };
    const remainingMs = deadlineMs === undefined ? 0 : Math.max(1, deadlineMs - core.nowMs);
    core.send(peer, { kind: 'change', payload, mergeable: since?.mergeable ?? false, remainingMs });
  }

  change(peer: PeerView, frame: ChangeFrame<T>): void {
    const core = this.#core;
    const { payload, mergeable } = frame;
    const { version, change } = payload;
    Object.assign(peer, { known: true, head: version });
    const relation = relationOf(core.head, version);
    if (relation === 'apart' && mergeable && !core.transaction) {
      this.#merge(peer, payload);
      return;
    }
    if ((relation !== 'behind' && relation !== 'yields') || core.transaction) {
      // A transaction ends within moments, and then it is asked for again.
      this.settle(peer);
      return;
    }
    const follows = relation === 'behind' && core.head && seenCovers(core.head.seen, payload.base);
    const isItsOwn = core.options.content.digestAfter(change) === version.content;
    if ((payload.whole || follows) && isItsOwn) {
      const remainingMs = frame.remainingMs > 0 ? frame.remainingMs : version.confirmMs;
      peer.askedAtMs = undefined;
      peer.askedWhole = false;
      core.install({
        version: core.containing(version, relation),
        change,
        why: 'caught-up',
        from: peer.name,
        remainingMs,
        mergeable,
      });
    } else if (!payload.whole && !peer.askedWhole) {
      peer.askedAtMs = undefined;
      this.#ask(peer, true);
    } else if (payload.whole) {
      core.note('warn', `${peer.name} sent ${versionText(version)} with another content: it is not taken`);
      core.retryAtMs = core.nowMs + core.options.timing.retryMs;
    }
  }

  /** Both were changed at the same moment through nftlb's interface: different objects need nobody's decision. */
  #merge(peer: PeerView, { version, base, change }: Payload<T>): void {
    const core = this.#core;
    const { head } = core;
    const ours = core.history.since(version.seen);
    const known = head !== undefined && seenCovers(head.seen, base);
    if (!ours?.mergeable || !known || meet(core.options.content, change.keys(), ours.keys)) {
      this.settle(peer);
      return;
    }
    const merged = core.next([head, version], {
      kind: 'merge',
      reason: `changes of ${version.author} and ${head.author} at the same time, of different objects`,
      time: version.time > head.time ? version.time : head.time,
      content: core.options.content.digestAfter(change),
      confirmMs: 0,
    });
    core.install({ version: merged, change, why: 'merged', from: peer.name });
  }

  tick(): void {
    const core = this.#core;
    const { deadlineMs, nowMs } = core;
    if (deadlineMs !== undefined && nowMs >= deadlineMs && nowMs >= core.retryAtMs) this.#revert();
    for (const peer of core.capable()) this.settle(peer);
  }

  #revert(): void {
    const core = this.#core;
    const last = core.history.entries.at(-1);
    if (last?.version.confirmMs === 0) core.deadlineMs = undefined;
    // Where what was before is not known, the others' revert is waited for.
    const isKnown = (core.history.entries.at(-2)?.version.id ?? '') === last?.version.parent;
    if (
      core.deadlineMs === undefined ||
      !isKnown ||
      !last?.undo ||
      (core.transaction && core.transaction.phase !== 'settling')
    )
      return;
    const change = last.undo;
    const version = revertOf(last.version, core.options.content.digestAfter(change));
    core.install({ version, change, why: 'reverted' });
  }
}
