/** What the kernel holds of general entries, as columns: several sets that look like one map to whoever compares and looks up. */

import { errorFrom } from '../errors.js';
import { createEntryColumns, type EntryColumns } from '../model/columns.js';
import { type EntryShape, shapeOf, shapeText } from '../model/general-shape.js';
import type { ElementBytes } from '../netlink/nft/ast.js';
import type { ElementQuestion, ElementReader, Nft, PersistenceMap } from '../ports.js';
import type { GeneralBook } from '../replication/general/book.js';
import type { Directory } from '../replication/general/directory.js';
import {
  type EntrySet,
  elementKey,
  entryOfElement,
  type ReadEntry,
  setsOf,
} from '../replication/general/places.js';

export interface GeneralMapOptions {
  readonly nft: Pick<Nft, 'dumpElements'>;
  readonly elements: ElementReader;
  readonly book: GeneralBook;
  readonly directory: Directory;
}

/** Entries handed on at a time. */
const pieceEntries = 500;

/** A piece takes a millisecond or two: what arrives meanwhile comes first. */
const otherWork = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes entries in; of a pair of maps that both have one, the first counts, as it does for packets. */
const createGathering = (book: GeneralBook) => {
  const known = new Set<number>();
  return (into: EntryColumns, entry: ReadEntry | undefined, element: ElementBytes): void => {
    const { timeoutMs = 0, expiresMs = timeoutMs } = element;
    if (!entry || timeoutMs === 0) return;
    const { service, group } = entry.owner;
    const number = book.keyNumber(service.name, group, entry.key);
    if (known.has(number)) return;
    known.add(number);
    book.pushKey(into, service.name, group, entry.key);
    into.backend.push(book.backend(entry.address));
    into.backendPort.push(entry.port);
    into.ttlMs.push(timeoutMs);
    into.remainingMs.push(Math.min(expiresMs, timeoutMs));
  };
};

export const createGeneralMap = (options: GeneralMapOptions): PersistenceMap => {
  const { nft, elements, book, directory } = options;
  const scanSet = async (
    shape: EntryShape,
    { table, set, keepsPort }: EntrySet,
    gather: ReturnType<typeof createGathering>,
    visit: (piece: EntryColumns) => void,
  ): Promise<void> => {
    if (!directory.hasSet(table, set.name)) return;
    const dumped = await nft.dumpElements(table, set.name).catch((thrown): ElementBytes[] => {
      if (errorFrom(thrown).code !== 'kernel-missing') throw thrown;
      return [];
    });
    for (let from = 0; from < dumped.length; from += pieceEntries) {
      const piece = createEntryColumns();
      for (const element of dumped.slice(from, from + pieceEntries)) {
        gather(piece, entryOfElement(directory, shape, keepsPort, element), element);
      }
      visit(piece);
      await otherWork();
    }
  };
  return {
    async read(keys) {
      const questions: ElementQuestion[] = [];
      const asked: { readonly key: string; readonly keepsPort: boolean }[] = [];
      for (let at = 0; at < keys.client.length; at++) {
        const { service, key, shape } = book.identityOf(keys.client[at]!, keys.address[at]!);
        const listed = directory.named(service);
        if (!listed) continue;
        for (const { table, set, keepsPort } of setsOf(shape)) {
          if (!directory.hasSet(table, set.name)) continue;
          questions.push({ table, set: set.name, key: elementKey(key, listed) });
          asked.push({ key, keepsPort });
        }
      }
      const answers = await elements.read(questions);
      const found = createEntryColumns();
      const gather = createGathering(book);
      answers.forEach((element, at) => {
        if (!element) return;
        const { key, keepsPort } = asked[at]!;
        gather(found, entryOfElement(directory, shapeOf(key)!, keepsPort, element), element);
      });
      return found;
    },
    async scan(visit) {
      const shapes = new Map<string, EntryShape>();
      for (const listed of directory.all()) {
        for (const shape of listed.shapes) shapes.set(shapeText(shape), shape);
      }
      const gather = createGathering(book);
      for (const shape of shapes.values()) {
        for (const one of setsOf(shape)) await scanSet(shape, one, gather, visit);
      }
    },
    close: () => elements.close(),
  };
};
