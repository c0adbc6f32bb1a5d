/** Gathers changes into transactions of bounded size, with what activates a service at the very end. */

import { limits } from '../limits.js';
import type { ElementBytes, ElementList, Operation, SetSpec } from '../netlink/nft/ast.js';
import { servicesMap, serviceTable } from './layout.js';
import { PackedElements, type Tally } from './packed.js';

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

type Lists = Map<SetSpec, PackedElements>;
type LooseLists = Map<SetSpec, ElementBytes[]>;

interface Batch {
  readonly tally: Tally;
  readonly before: Operation[];
  readonly removed: Lists;
  readonly destroyed: LooseLists;
  readonly added: Lists;
  readonly addedLoose: LooseLists;
  readonly more: Record<'remove' | 'add', Operation[]>;
}

export interface Batches {
  /** Tables, sets, chains and rules: go before every element. */
  structure(...operations: Operation[]): void;
  /** The list to put elements into that are to be deleted: all must be there. */
  removing(set: SetSpec): PackedElements;
  adding(set: SetSpec): PackedElements;
  /** Elements of `services` for endpoints that nobody served so far: wait until everything else is there. */
  activating(): PackedElements;
  /** An element with a verdict, or with a lifetime. */
  add(set: SetSpec, element: ElementBytes): void;
  /** For what may be gone already. */
  destroy(set: SetSpec, element: ElementBytes): void;
  /**
   * An operation on elements of features: removed before, added with what else is added, activated behind everything. With lifetimes and
   * statements of their own such elements are not packed.
   */
  operation(phase: 'remove' | 'add' | 'activate', operation: ElementsOperation): void;
  /** A place where a transaction may end: what lies between two marks is changed at once. */
  mark(): void;
  /** Removals of structure, which need everything else done: go behind it. */
  cleanup(...operations: Operation[]): void;
  /** Elements changed, and operations on structure. */
  readonly size: number;
  /** One list of operations per transaction, in order. */
  finish(): Operation[][];
}

/** Key, lifetimes or the name of a chain, of an element that is not packed. */
const looseBytes = 96;

const emptyBatch = (): Batch => ({
  tally: { elements: 0, bytes: 0 },
  before: [],
  removed: new Map(),
  destroyed: new Map(),
  added: new Map(),
  addedLoose: new Map(),
  more: { remove: [], add: [] },
});

const listIn = (lists: Lists, set: SetSpec, tally: Tally): PackedElements => {
  let list = lists.get(set);
  if (!list) {
    list = new PackedElements(set, tally);
    lists.set(set, list);
  }
  return list;
};

const pushLoose = (lists: LooseLists, set: SetSpec, element: ElementBytes, tally: Tally): void => {
  tally.elements++;
  tally.bytes += looseBytes;
  const list = lists.get(set);
  if (list) list.push(element);
  else lists.set(set, [element]);
};

export type ElementsOperation = Extract<
  Operation,
  { op: 'add-elements' | 'delete-elements' | 'destroy-elements' }
>;

type ElementOperation = 'add-elements' | 'delete-elements' | 'destroy-elements';

const elementOperations = (
  op: ElementOperation,
  lists: Iterable<[SetSpec, ElementList & Iterable<ElementBytes>]>,
): Operation[] =>
  [...lists]
    .filter(([, elements]) => elements.length > 0)
    .map(([set, elements]): Operation => ({ op, table: serviceTable, set, elements }));

/** Services first out and last in: no packet meets one that is half there. */
const servicesFirst = (lists: Lists): [SetSpec, PackedElements][] =>
  [...lists].sort(([a], [b]) => Number(b === servicesMap) - Number(a === servicesMap));

const operationsOf = (batch: Batch): Operation[] => [
  ...batch.before,
  ...elementOperations('delete-elements', servicesFirst(batch.removed)),
  ...batch.more.remove,
  ...elementOperations('destroy-elements', batch.destroyed),
  ...elementOperations('add-elements', batch.addedLoose),
  ...batch.more.add,
  ...elementOperations('add-elements', servicesFirst(batch.added).reverse()),
];

export const createBatches = (bounds: Bounds = kernelBounds): Batches => {
  const all: Batch[] = [emptyBatch()];
  const activations: { readonly tally: Tally; readonly list: PackedElements }[] = [];
  const cleanups: Operation[] = [];
  const activateMore: ElementsOperation[] = [];
  let current = all[0]!;
  const isFull = ({ elements, bytes }: Tally): boolean =>
    elements >= bounds.elements || bytes >= bounds.bytes;
  const activating = (): PackedElements => {
    let last = activations.at(-1);
    if (!last || isFull(last.tally)) {
      const tally: Tally = { elements: 0, bytes: 0 };
      last = { tally, list: new PackedElements(servicesMap, tally) };
      activations.push(last);
    }
    return last.list;
  };
  return {
    structure(...operations) {
      all[0]!.before.push(...operations);
    },
    removing: (set) => listIn(current.removed, set, current.tally),
    adding: (set) => listIn(current.added, set, current.tally),
    activating,
    add: (set, element) => pushLoose(current.addedLoose, set, element, current.tally),
    destroy: (set, element) => pushLoose(current.destroyed, set, element, current.tally),
    operation(phase, operation) {
      if (phase === 'activate') {
        activateMore.push(operation);
        return;
      }
      current.more[phase].push(operation);
      current.tally.elements += operation.elements.length;
      current.tally.bytes += operation.elements.length * looseBytes;
    },
    mark() {
      if (!isFull(current.tally)) return;
      current = emptyBatch();
      all.push(current);
    },
    cleanup(...operations) {
      cleanups.push(...operations);
    },
    get size() {
      let size = cleanups.length;
      for (const { before, tally } of all) size += before.length + tally.elements;
      for (const { tally } of activations) size += tally.elements;
      for (const { elements } of activateMore) size += elements.length;
      return size;
    },
    finish() {
      if (all.length > 1 && current.tally.elements === 0) all.pop();
      const last = all.at(-1)!.tally;
      const [first, ...more] = activations;
      const fits =
        first !== undefined &&
        !isFull({ elements: last.elements + first.tally.elements, bytes: last.bytes + first.tally.bytes });
      const later = fits ? more : activations;
      const lists = [
        ...all.map((batch, index) => [
          ...operationsOf(batch),
          ...(fits && index === all.length - 1
            ? elementOperations('add-elements', [[servicesMap, first.list]])
            : []),
        ]),
        ...later.map(({ list }) => elementOperations('add-elements', [[servicesMap, list]])),
      ].filter((operations) => operations.length > 0);
      if (activateMore.length > 0) {
        const [only] = lists;
        const count = activateMore.reduce((sum, { elements }) => sum + elements.length, 0);
        if (lists.length === 1 && only && !isFull({ elements: last.elements + count, bytes: last.bytes })) {
          only.push(...activateMore);
        } else lists.push(...activateMore.map((operation) => [operation]));
      }
      if (cleanups.length > 0) {
        // With a change of one transaction, in it; else in a last one, when nothing leads to what goes.
        const [only] = lists;
        if (lists.length === 1 && only) only.push(...cleanups);
        else lists.push([...cleanups]);
      }
      return lists;
    },
  };
};
