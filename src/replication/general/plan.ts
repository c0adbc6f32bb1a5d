/** What the kernel must be told about rows of general entries: as `planRows` for map `persist`, over several sets. */

import type { KeyColumns } from '../../model/columns.js';
import { shapeOf } from '../../model/general-shape.js';
import type { ElementBytes, Operation, SetSpec, TableName } from '../../netlink/nft/ast.js';
import type { KernelPlan } from '../kernel-plan.js';
import { mark } from '../marks.js';
import type { Replica } from '../replica.js';
import type { GeneralBook } from './book.js';
import type { Directory } from './directory.js';
import { elementKey, elementOf, setsOf } from './places.js';

interface Changes {
  readonly table: TableName;
  readonly set: SetSpec;
  readonly destroy: ElementBytes[];
  readonly add: ElementBytes[];
}

export interface GeneralPlanner {
  plan(
    rows: readonly number[],
    writable: (row: number) => boolean,
    nowMs: number,
    thorough: boolean,
  ): KernelPlan;
  /** Elements that no row stands for. */
  destroy(keys: KeyColumns): Operation[];
}

const createChanges = (directory: Directory) => {
  const bySet = new Map<string, Changes>();
  return {
    /** Undefined where the kernel has no such set: there is nothing to destroy, and no room to add. */
    of(table: TableName, set: SetSpec): Changes | undefined {
      const id = `${table.family} ${set.name}`;
      const known = bySet.get(id);
      if (known) return known;
      if (!directory.hasSet(table, set.name)) return undefined;
      const changes: Changes = { table, set, destroy: [], add: [] };
      bySet.set(id, changes);
      return changes;
    },
    operations: (): Operation[] =>
      [...bySet.values()].flatMap(({ table, set, destroy, add }): Operation[] => [
        ...(destroy.length > 0 ? [{ op: 'destroy-elements', table, set, elements: destroy } as const] : []),
        ...(add.length > 0 ? [{ op: 'add-elements', table, set, elements: add } as const] : []),
      ]),
  };
};

export const createGeneralPlanner = (
  replica: Replica,
  book: GeneralBook,
  directory: Directory,
): GeneralPlanner => ({
  plan(rows, writable, nowMs, thorough) {
    const { table } = replica;
    const changes = createChanges(directory);
    const kept: boolean[] = [];
    let [added, destroyed] = [0, 0];
    for (const row of rows) {
      const { service, key, shape } = book.identityOf(table.client[row]!, table.address[row]!);
      const listed = directory.named(service);
      const target = { address: book.backendAt(table.backend[row]!), port: table.backendPort[row]! };
      const made =
        listed && replica.isLive(row, nowMs) && writable(row) ? elementOf(key, target, listed) : undefined;
      if (!listed) {
        kept.push(false);
        continue;
      }
      const sets = setsOf(shape).map(({ table: where, set }) => changes.of(where, set));
      if (!made || thorough || table.marks[row]! & mark.inKernel) {
        const gone = { key: elementKey(key, listed) };
        for (const one of sets) one?.destroy.push(gone);
        destroyed++;
      }
      const into = made && sets[made.at];
      kept.push(into !== undefined);
      if (!made || !into) continue;
      const ttlMs = table.ttlMs[row]!;
      const leftMs = Math.max(1, Math.min(ttlMs, Math.round(table.expiresAtMs[row]! - nowMs)));
      into.add.push({ ...made.element, timeoutMs: ttlMs, expiresMs: leftMs });
      added++;
    }
    return { operations: changes.operations(), added, destroyed, kept };
  },
  destroy(keys) {
    const changes = createChanges(directory);
    for (let at = 0; at < keys.client.length; at++) {
      const { service, key } = book.identityOf(keys.client[at]!, keys.address[at]!);
      const listed = directory.named(service);
      if (!listed) continue;
      for (const { table, set } of setsOf(shapeOf(key)!)) {
        changes.of(table, set)?.destroy.push({ key: elementKey(key, listed) });
      }
    }
    return changes.operations();
  },
});
