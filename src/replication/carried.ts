/**
 * What services have carried on each node, so that the sum survives any of them. A node's figure only grows and has one author, its node;
 * everybody remembers the largest that was heard. So figures may arrive twice, late or over a third node, and nothing is counted twice.
 *
 * A node whose kernel was made anew (a reboot) hears from the others what it had carried, and goes on from there. Its kernel is known to be
 * new when it has counted less than that.
 */

import type { Carried } from '../wire/frames.js';

const fields = ['packetsIn', 'bytesIn', 'packetsOut', 'bytesOut'] as const;
export type Figures = Readonly<Record<(typeof fields)[number], number>>;

const none: Figures = { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0 };

const sum = (one: Figures, other: Figures): Figures => ({
  packetsIn: one.packetsIn + other.packetsIn,
  bytesIn: one.bytesIn + other.bytesIn,
  packetsOut: one.packetsOut + other.packetsOut,
  bytesOut: one.bytesOut + other.bytesOut,
});
const larger = (one: Figures, other: Figures): Figures => ({
  packetsIn: Math.max(one.packetsIn, other.packetsIn),
  bytesIn: Math.max(one.bytesIn, other.bytesIn),
  packetsOut: Math.max(one.packetsOut, other.packetsOut),
  bytesOut: Math.max(one.bytesOut, other.bytesOut),
});
const figuresOf = ({ packetsIn, bytesIn, packetsOut, bytesOut }: Figures): Figures => ({
  ...{ packetsIn, bytesIn, packetsOut, bytesOut },
});
const isLess = (one: Figures, other: Figures): boolean => fields.some((field) => one[field] < other[field]);

/** Of this node. */
interface Own {
  /** From before the kernel was made anew. */
  base: Figures;
  /** What the kernel has counted; undefined: not read yet. */
  local: Figures | undefined;
  /** What others remember of us. */
  remembered: Figures;
}

interface Subject {
  readonly service: string;
  readonly backend: string;
  readonly own: Own;
  readonly others: Map<string, Figures>;
}

const settle = (own: Own): void => {
  if (own.local && isLess(sum(own.base, own.local), own.remembered)) own.base = own.remembered;
};

export class CarriedBook {
  readonly #self: string;
  readonly #nodes: ReadonlySet<string>;
  readonly #subjects = new Map<string, Subject>();

  constructor(self: string, nodes: Iterable<string>) {
    this.#self = self;
    this.#nodes = new Set(nodes);
  }

  /** What the kernel has counted of a service, or of one of its backends. Returns what peers are to hear, if anything is new. */
  read(service: string, backend: string, local: Figures): Carried | undefined {
    const { own } = this.#subject(service, backend);
    const before = own.local && sum(own.base, own.local);
    own.local = figuresOf(local);
    settle(own);
    const now = sum(own.base, own.local);
    if (before ? !isLess(before, now) : !isLess(none, now)) return undefined;
    return { node: this.#self, service, backend, ...now };
  }

  /** A peer's word, on itself or on others. */
  hear({ node, service, backend, ...figures }: Carried): void {
    if (!this.#nodes.has(node)) return;
    const { own, others } = this.#subject(service, backend);
    if (node !== this.#self) {
      others.set(node, larger(others.get(node) ?? none, figures));
      return;
    }
    own.remembered = larger(own.remembered, figures);
    settle(own);
  }

  /** Of all nodes together. `local`: what the kernel has counted by now. */
  total(service: string, backend: string, local: Figures): Figures {
    const { own, others } = this.#subject(service, backend);
    own.local = figuresOf(local);
    settle(own);
    return [...others.values()].reduce(sum, sum(own.base, own.local));
  }

  /** All that is known, of every node. */
  *all(): Iterable<Carried> {
    for (const { service, backend, own, others } of this.#subjects.values()) {
      if (own.local) yield { node: this.#self, service, backend, ...sum(own.base, own.local) };
      for (const [node, figures] of others) yield { node, service, backend, ...figures };
    }
  }

  /** Forgets what is not about these services. */
  keep(isWanted: (service: string) => boolean): void {
    for (const [key, { service }] of this.#subjects) if (!isWanted(service)) this.#subjects.delete(key);
  }

  #subject(service: string, backend: string): Subject {
    const key = `${service} ${backend}`;
    let subject = this.#subjects.get(key);
    if (!subject) {
      subject = {
        ...{ service, backend, others: new Map() },
        own: { base: none, local: undefined, remembered: none },
      };
      this.#subjects.set(key, subject);
    }
    return subject;
  }
}
