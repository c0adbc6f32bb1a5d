/** What a node knows of the kernel's copy of a row: bits of `EntryTable.marks`. */

export const mark = {
  /** The kernel's map has it, as far as we know. */
  inKernel: 1,
  /** Waits to be written; the row must not be freed meanwhile. */
  queued: 2,
  /** Is in the batch under way. */
  writing: 8,
  /** Was not in the last dump; a second absence means that it was deleted. */
  missing: 4,
} as const;

/** A row with one of these must not be freed: somebody holds its number. */
export const heldMarks = mark.queued | mark.writing;
