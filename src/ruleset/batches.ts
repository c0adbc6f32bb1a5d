/** Gathers element changes into transactions of bounded size, with what activates a service at the very end. */

import { limits } from '../limits.js';
import type { ElementBytes, Operation, SetSpec } from '../netlink/nft/ast.js';
import { servicesMap, serviceTable } from './layout.js';

/** Where a transaction is closed at the next mark. */
export interface Bounds {
  readonly elements: number;
  readonly bytes: number;
}

/** What one service may add beyond a bound before the next mark: 1024 slots, recorders and sources. */
const reserve: Bounds = { elements: 4_096, bytes: 512 * 1024 };

export const kernelBounds: Bounds = {
  elements: limits.batchElements - reserve.elements,
  bytes: limits.batchBytes - reserve.bytes,
};

interface Batch {
  readonly before: Operation[];
  readonly removed: Map<SetSpec, ElementBytes[]>;
  readonly destroyed: Map<SetSpec, ElementBytes[]>;
  readonly added: Map<SetSpec, ElementBytes[]>;
  elements: number;
  bytes: number;
}

export interface Batches {
  /** Tables, sets, chains and rules: go before every element. */
  structure(...operations: Operation[]): void;
  remove(set: SetSpec, element: ElementBytes): void;
  /** For what may be gone already. */
  destroy(set: SetSpec, element: ElementBytes): void;
  add(set: SetSpec, element: ElementBytes): void;
  /** An element of `services` for an endpoint that nobody served so far: waits until everything else is there. */
  activate(element: ElementBytes): void;
  /** A place where a transaction may end: what lies between two marks is changed at once. */
  mark(): void;
  /** Removals of structure, which need everything else done: go behind it. */
  cleanup(...operations: Operation[]): void;
  readonly isEmpty: boolean;
  /** Elements changed, and operations on structure. */
  readonly size: number;
  /** One list of operations per transaction, in order. */
  finish(): Operation[][];
}

/** Netlink overhead of one element: its list item, key and data attributes. */
const elementBytes = (element: ElementBytes): number =>
  28 + element.key.length + (element.data instanceof Uint8Array ? element.data.length : 48);

const push = (map: Map<SetSpec, ElementBytes[]>, set: SetSpec, element: ElementBytes): void => {
  const list = map.get(set);
  if (list) list.push(element);
  else map.set(set, [element]);
};

const emptyBatch = (): Batch => ({
  before: [],
  removed: new Map(),
  destroyed: new Map(),
  added: new Map(),
  elements: 0,
  bytes: 0,
});

/** Services first out and last in: no packet meets one that is half there. */
const servicesFirst = (sets: Iterable<[SetSpec, ElementBytes[]]>): [SetSpec, ElementBytes[]][] =>
  [...sets].sort(([a], [b]) => Number(b === servicesMap) - Number(a === servicesMap));

const operationsOf = (batch: Batch): Operation[] => [
  ...batch.before,
  ...servicesFirst(batch.removed).map(
    ([set, elements]): Operation => ({ op: 'delete-elements', table: serviceTable, set, elements }),
  ),
  ...[...batch.destroyed].map(
    ([set, elements]): Operation => ({ op: 'destroy-elements', table: serviceTable, set, elements }),
  ),
  ...servicesFirst(batch.added)
    .reverse()
    .map(([set, elements]): Operation => ({ op: 'add-elements', table: serviceTable, set, elements })),
];

export const createBatches = (bounds: Bounds = kernelBounds): Batches => {
  const done: Batch[] = [];
  const activations: ElementBytes[] = [];
  const cleanups: Operation[] = [];
  let batch = emptyBatch();
  let size = 0;
  const count = (element: ElementBytes): void => {
    batch.elements++;
    batch.bytes += elementBytes(element);
    size++;
  };
  const mark = (): void => {
    if (batch.elements < bounds.elements && batch.bytes < bounds.bytes) return;
    done.push(batch);
    batch = emptyBatch();
  };
  return {
    structure(...operations) {
      const first = done[0] ?? batch;
      first.before.push(...operations);
      size += operations.length;
    },
    remove(set, element) {
      push(batch.removed, set, element);
      count(element);
    },
    destroy(set, element) {
      push(batch.destroyed, set, element);
      count(element);
    },
    add(set, element) {
      push(batch.added, set, element);
      count(element);
    },
    activate(element) {
      activations.push(element);
    },
    mark,
    cleanup(...operations) {
      cleanups.push(...operations);
    },
    get isEmpty() {
      return size === 0 && activations.length === 0 && cleanups.length === 0;
    },
    get size() {
      return size + activations.length + cleanups.length;
    },
    finish() {
      for (const element of activations) {
        push(batch.added, servicesMap, element);
        batch.elements++;
        batch.bytes += elementBytes(element);
        mark();
      }
      const lists = [...done, batch].map(operationsOf).filter((operations) => operations.length > 0);
      if (cleanups.length > 0) {
        const last = lists.at(-1);
        if (lists.length === 1 && last) last.push(...cleanups);
        else lists.push([...cleanups]);
      }
      return lists;
    },
  };
};
