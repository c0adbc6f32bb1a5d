/** The changes of one group on their way into a delta frame. */

import {
  createEntryColumns,
  createKeyColumns,
  type EntryColumns,
  type KeyColumns,
} from '../model/columns.js';

export interface DeltaPart {
  readonly group: number;
  readonly upserts: EntryColumns;
  readonly deletions: KeyColumns;
}

/** The part of this group; a new one if there is none yet. */
export const partOf = (parts: DeltaPart[], group: number): DeltaPart => {
  for (const part of parts) if (part.group === group) return part;
  const part = { group, upserts: createEntryColumns(), deletions: createKeyColumns() };
  parts.push(part);
  return part;
};
