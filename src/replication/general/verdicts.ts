/** What the services document says about a general entry, remembered per service, shape and backend. */

import { sameFields } from '../../model/general-shape.js';
import type { Judge, Verdict } from '../verdicts.js';
import type { GeneralBook } from './book.js';
import { backendsAt, type Directory } from './directory.js';
import { bansAt, type EntrySet, setsOf } from './places.js';

const stranger: Verdict = { belongs: false, writable: false, ttlMs: 0 };
const removed: Verdict = { ...stranger, gone: true };
const remembered = 100_000;

export class GeneralVerdicts implements Judge {
  readonly #book: GeneralBook;
  readonly #directory: Directory;
  readonly #known = new Map<string, Verdict>();
  shortestTtlMs = Number.POSITIVE_INFINITY;

  constructor(book: GeneralBook, directory: Directory) {
    this.#book = book;
    this.#directory = directory;
  }

  /** After any change of services or backends. */
  forget(): void {
    this.#known.clear();
    this.shortestTtlMs = Number.POSITIVE_INFINITY;
  }

  of(address: number, protocolPort: number, backend: number, backendPort: number): Verdict {
    const key = `${address} ${protocolPort} ${backend} ${backendPort}`;
    let verdict = this.#known.get(key);
    if (!verdict) {
      if (this.#known.size >= remembered) this.forget();
      verdict = this.#judge(address, protocolPort, backend, backendPort);
      this.#known.set(key, verdict);
      if (verdict.belongs) this.shortestTtlMs = Math.min(this.shortestTtlMs, verdict.ttlMs);
    }
    return verdict;
  }

  #judge(address: number, shapeNumber: number, backend: number, port: number): Verdict {
    const listed = this.#directory.named(this.#book.nameOf(address));
    const shape = this.#book.shapeAt(shapeNumber);
    if (!listed || listed.group !== this.#book.groupOf(address)) return stranger;
    const { service, shapes } = listed;
    const fits = shapes.some(
      ({ kind, family, fields }) =>
        kind === shape.kind && family === shape.family && sameFields(fields, shape.fields),
    );
    if (!fits) return stranger;
    const has = ({ table, set }: EntrySet): boolean => this.#directory.hasSet(table, set.name);
    const sets = setsOf(shape);
    if (shape.kind === 'ban') {
      return { belongs: true, writable: has(sets[bansAt(service)]!), ttlMs: service.limits?.banMs ?? 0 };
    }
    const owners = backendsAt(service, { address: this.#book.backendAt(backend), port });
    if (owners.length === 0) return removed;
    const writable = sets.every(has) && owners.some(({ state }) => state !== 'down');
    return { belongs: true, writable, ttlMs: service.persistTtlMs };
  }
}
