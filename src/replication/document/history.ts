/** The last versions, newest last, each with the way back to the one before: bounded in versions and in objects. */

import { type DocumentVersion, type Seen, seenCovers } from './version.js';

/** What objects are afterwards, by key; undefined: gone. */
export type Objects<T> = ReadonlyMap<string, T | undefined>;

export interface HistoryEntry<T> {
  readonly version: DocumentVersion;
  /** To the content before; undefined where that is not known here (the oldest one that is kept). */
  readonly undo: Objects<T> | undefined;
  /** It stands for nothing but changes through nftlb's interface, which others may be merged with. */
  readonly mergeable: boolean;
}

export interface Since {
  /** The newest version here that the other side has. */
  readonly base: DocumentVersion;
  /** What was touched since then; it may name more, never less. */
  readonly keys: ReadonlySet<string>;
  /** Nothing since then but changes through nftlb's interface. */
  readonly mergeable: boolean;
}

export interface HistoryLimits {
  readonly versions: number;
  readonly objects: number;
}

/** The change that does one and then the other. */
export const composed = <T>(first: Objects<T>, then: Objects<T>): Objects<T> => new Map([...first, ...then]);

const isMergeable = ({ kind }: DocumentVersion): boolean => kind === 'change' || kind === 'merge';

export class DocumentHistory<T> {
  #entries: HistoryEntry<T>[];
  #objects: number;
  readonly #limits: HistoryLimits;
  readonly #compose: (first: Objects<T>, then: Objects<T>) => Objects<T>;

  constructor(
    limits: HistoryLimits,
    entries: readonly HistoryEntry<T>[] = [],
    compose: (first: Objects<T>, then: Objects<T>) => Objects<T> = composed,
  ) {
    this.#limits = limits;
    this.#compose = compose;
    this.#entries = [...entries];
    this.#objects = entries.reduce((sum, { undo }) => sum + (undo?.size ?? 0), 0);
  }

  get entries(): readonly HistoryEntry<T>[] {
    return this.#entries;
  }

  get head(): DocumentVersion | undefined {
    return this.#entries.at(-1)?.version;
  }

  /** `mergeable`: of what was caught up with, which may be several versions in one. */
  push(version: DocumentVersion, undo: Objects<T>, mergeable = isMergeable(version)): void {
    const last = this.#entries.at(-1);
    // One line for a run of them: whoever changes a backend every second must not push out what an operator did.
    if (
      last?.undo &&
      last.mergeable &&
      mergeable &&
      version.kind === 'change' &&
      last.version.kind === 'change' &&
      last.version.author === version.author
    ) {
      const undoBoth = this.#compose(undo, last.undo);
      this.#objects += undoBoth.size - last.undo.size;
      this.#entries[this.#entries.length - 1] = { version, undo: undoBoth, mergeable };
    } else {
      this.#entries.push({ version, undo, mergeable });
      this.#objects += undo.size;
    }
    const { versions, objects } = this.#limits;
    while (this.#entries.length > 2 && (this.#entries.length > versions || this.#objects > objects)) {
      const [oldest, next] = this.#entries.splice(0, 2) as [HistoryEntry<T>, HistoryEntry<T>];
      this.#objects -= (oldest.undo?.size ?? 0) + (next.undo?.size ?? 0);
      this.#entries.unshift({ ...next, undo: undefined });
    }
  }

  /** The head is called otherwise, its content is the same. */
  replaceHead(version: DocumentVersion): void {
    const last = this.#entries.pop();
    this.#entries.push({ version, undo: last?.undo, mergeable: last?.mergeable ?? false });
  }

  /** From the content now to that of the newest version with this number; undefined: not kept here. */
  wayBack(number: number): { readonly version: DocumentVersion; readonly change: Objects<T> } | undefined {
    let change: Objects<T> = new Map();
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const { version, undo } = this.#entries[at]!;
      if (version.number === number) return { version, change };
      if (!undo) return undefined;
      change = this.#compose(change, undo);
    }
    return undefined;
  }

  /** Undefined: the other side has nothing of what is kept here. */
  since(seen: Seen): Since | undefined {
    const keys = new Set<string>();
    let mergeable = true;
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const { version, undo, mergeable: one } = this.#entries[at]!;
      if (seenCovers(seen, version.id)) return { base: version, keys, mergeable };
      if (!undo) return undefined;
      for (const key of undo.keys()) keys.add(key);
      mergeable &&= one;
    }
    return undefined;
  }
}
