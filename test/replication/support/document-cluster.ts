/** Nodes that share a document of texts, in one process without a clock: links that lose, disks that lag, kernels that refuse. */

import {
  DocumentHistory,
  type HistoryEntry,
  type Objects,
} from '../../../src/replication/document/history.js';
import { DocumentMachine } from '../../../src/replication/document/machine.js';
import type {
  Answer,
  DocumentEffect,
  DocumentEvent,
  DocumentFrame,
  Proposal,
} from '../../../src/replication/document/types.js';
import { type DocumentVersion, seenCovers } from '../../../src/replication/document/version.js';

export const digest = (content: ReadonlyMap<string, string>): string =>
  JSON.stringify([...content].sort(([a], [b]) => (a < b ? -1 : 1)));

interface Saved {
  readonly content: ReadonlyMap<string, string>;
  readonly entries: readonly HistoryEntry<string>[];
}

export interface DocumentNode {
  readonly name: string;
  machine: DocumentMachine<string>;
  content: Map<string, string>;
  saved: Saved;
  previous: Saved;
  /** The next install or check is refused. */
  refuse: boolean;
  answers: Answer[];
}

interface Wire {
  up: boolean;
  readonly queues: Map<string, DocumentFrame<string>[]>;
}

const limits = { versions: 6, objects: 40 };
const timing = { voteMs: 10_000, preparedMs: 30_000, settleMs: 10_000, retryMs: 5_000 };
const nothing: Saved = { content: new Map(), entries: [] };

const changed = (content: Map<string, string>, change: Objects<string>): Map<string, string> => {
  const after = new Map(content);
  for (const [key, value] of change) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  return after;
};

export const difference = (
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): Map<string, string | undefined> => {
  const change = new Map<string, string | undefined>();
  for (const [key, value] of to) if (from.get(key) !== value) change.set(key, value);
  for (const key of from.keys()) if (!to.has(key)) change.set(key, undefined);
  return change;
};

export class DocumentCluster {
  nowMs = 1_000;
  readonly nodes: ReadonlyMap<string, DocumentNode>;
  /** What was answered with yes and must not be lost in silence. */
  acknowledged: DocumentVersion[] = [];
  readonly writers = new Map<string, DocumentVersion>();
  notes: string[] = [];
  #sessions = 0;
  readonly #wires = new Map<string, Wire>();

  constructor(readonly names: readonly string[]) {
    this.nodes = new Map(
      names.map((name) => {
        const node = {
          name,
          content: new Map(),
          saved: nothing,
          previous: nothing,
          refuse: false,
          answers: [],
        };
        return [name, { ...node, machine: this.#machine(name, () => this.node(name).content, []) }];
      }),
    );
    for (const a of names)
      for (const b of names) if (a < b) this.#wires.set(`${a} ${b}`, { up: false, queues: new Map() });
  }

  node(name: string): DocumentNode {
    return this.nodes.get(name)!;
  }

  pairs(): [string, string][] {
    return [...this.#wires.keys()].map((key) => key.split(' ') as [string, string]);
  }

  #machine(
    name: string,
    content: () => Map<string, string>,
    entries: readonly HistoryEntry<string>[],
  ): DocumentMachine<string> {
    return new DocumentMachine(
      {
        node: name,
        peers: this.names.filter((other) => other !== name),
        session: `s${++this.#sessions}`,
        content: {
          get: (key) => content().get(key),
          digestAfter: (change) => digest(changed(content(), change)),
        },
        history: new DocumentHistory(limits, entries),
        timing,
      },
      this.nowMs,
    );
  }

  #wire(a: string, b: string): Wire {
    return this.#wires.get(a < b ? `${a} ${b}` : `${b} ${a}`)!;
  }

  step(name: string, event: DocumentEvent<string>): void {
    const node = this.node(name);
    const effects = node.machine.step(event, this.nowMs);
    while (effects.length > 0) effects.push(...this.#perform(node, effects.shift()!));
  }

  #perform(node: DocumentNode, effect: DocumentEffect<string>): DocumentEffect<string>[] {
    switch (effect.kind) {
      case 'send': {
        const wire = this.#wire(node.name, effect.peer);
        const { frame } = effect;
        const full =
          'payload' in frame && frame.payload.whole
            ? { ...frame, payload: { ...frame.payload, change: changed(node.content, frame.payload.change) } }
            : frame;
        if (wire.up) wire.queues.get(effect.peer)!.push(full);
        return [];
      }
      case 'check': {
        const reason = node.refuse ? 'no room' : '';
        node.refuse = false;
        return node.machine.step({ kind: 'checked', reason }, this.nowMs);
      }
      case 'install': {
        if (node.refuse) {
          node.refuse = false;
          return node.machine.step({ kind: 'installed', reason: 'no room' }, this.nowMs);
        }
        node.content = changed(node.content, effect.change);
        if (digest(node.content) !== effect.version.content) throw new Error('installed another content');
        const after = node.machine.step({ kind: 'installed', reason: '' }, this.nowMs);
        this.save(node.name);
        return after;
      }
      case 'answer':
        node.answers.push(effect.answer);
        if (effect.answer.ok && effect.answer.version && effect.answer.changed)
          this.acknowledged.push(effect.answer.version);
        return [];
      case 'note':
        this.notes.push(`${node.name}: ${effect.message}`);
        return [];
      case 'persist':
        return [];
    }
  }

  save(name: string): void {
    const node = this.node(name);
    node.previous = node.saved;
    node.saved = { content: new Map(node.content), entries: [...node.machine.history.entries] };
  }

  propose(name: string, proposal: Partial<Proposal<string>>): void {
    const rest = { reason: '', time: `t${this.nowMs}`, change: new Map(), confirmMs: 0, force: false };
    this.step(name, { kind: 'propose', proposal: { kind: 'apply', ...rest, ...proposal } });
  }

  /** As nftlb's interface does; false when it refuses. */
  edit(name: string, key: string, value: string | undefined): boolean {
    const node = this.node(name);
    if (node.machine.whyNotEditable()) return false;
    const change = new Map([[key, value]]);
    const undo = new Map([[key, node.content.get(key)]]);
    node.content = changed(node.content, change);
    const facts = { reason: 'interface', time: `t${this.nowMs}`, content: digest(node.content) };
    this.step(name, { kind: 'edited', change, undo, ...facts });
    if (value !== undefined) this.writers.set(value, node.machine.head!);
    return true;
  }

  connect(a: string, b: string): void {
    const wire = this.#wire(a, b);
    if (wire.up) return;
    wire.up = true;
    wire.queues.set(a, []);
    wire.queues.set(b, []);
    this.step(a, { kind: 'connected', peer: b, capable: true });
    this.step(b, { kind: 'connected', peer: a, capable: true });
  }

  /** What is under way is lost. */
  break(a: string, b: string): void {
    const wire = this.#wire(a, b);
    if (!wire.up) return;
    wire.up = false;
    this.step(a, { kind: 'disconnected', peer: b });
    this.step(b, { kind: 'disconnected', peer: a });
  }

  /** Up to `count` frames towards a node. */
  deliver(from: string, to: string, count: number): number {
    const wire = this.#wire(from, to);
    let delivered = 0;
    while (wire.up && delivered < count) {
      const frame = wire.queues.get(to)!.shift();
      if (!frame) break;
      delivered++;
      const { content } = this.node(to);
      const relative =
        'payload' in frame && frame.payload.whole
          ? {
              ...frame,
              payload: {
                ...frame.payload,
                change: difference(content, frame.payload.change as Map<string, string>),
              },
            }
          : frame;
      this.step(to, { kind: 'frame', peer: from, frame: relative });
    }
    return delivered;
  }

  restart(name: string, torn: boolean): void {
    for (const other of this.names) if (other !== name) this.break(name, other);
    const node = this.node(name);
    if (torn) node.saved = node.previous;
    node.content = new Map(node.saved.content);
    node.machine = this.#machine(name, () => node.content, node.saved.entries);
    // What was only ever in its memory or on the part of its disk that is torn is lost with it.
    this.acknowledged = this.acknowledged.filter((version) =>
      [...this.nodes.values()].some(
        ({ machine }) => machine.head && seenCovers(machine.head.seen, version.id),
      ),
    );
  }

  /** Delivers everything, and the answers to it. */
  flush(): void {
    for (let [moved, rounds] = [true, 0]; moved; rounds++) {
      if (rounds > 500) throw new Error('they talk for ever');
      moved = false;
      for (const [a, b] of this.pairs()) {
        if (this.deliver(a, b, 100) + this.deliver(b, a, 100) > 0) moved = true;
      }
    }
  }

  /** Everybody talks, and time passes, until nothing happens any more. */
  settle(): void {
    for (const node of this.nodes.values()) node.refuse = false;
    for (const [a, b] of this.pairs()) this.connect(a, b);
    for (let round = 0; round < 60; round++) {
      this.flush();
      this.nowMs += 2_000;
      for (const name of this.names) this.step(name, { kind: 'tick' });
    }
  }

  /** What is wrong in the end: nothing, or told. */
  judge(): void {
    const all = [...this.nodes.values()];
    for (const { name, machine, content } of all) {
      if (machine.head && machine.head.content !== digest(content))
        throw new Error(`${name}: content and version differ`);
    }
    for (const a of all) {
      for (const b of all) {
        const told = [a, b].every(({ machine }) => machine.conflictTexts().length > 0);
        if (a.machine.head?.id === b.machine.head?.id || told) continue;
        throw new Error(
          `${a.name} has ${a.machine.head?.id}, ${b.name} ${b.machine.head?.id}: nobody says so`,
        );
      }
    }
    for (const version of this.acknowledged) {
      for (const { name, machine } of all) {
        const kept = machine.head && seenCovers(machine.head.seen, version.id);
        if (!kept && machine.conflictTexts().length === 0)
          throw new Error(`${name} lost ${version.id} in silence`);
      }
    }
  }
}
