/** What a node knows of the kernel's copy of a row: bits of `EntryTable.marks`. */

export const mark = {
  /** The kernel's map has it, as far as we know. */
  inKernel: 1,
  /** Waits to be written. */
  queued: 2,
  /** Is in the batch under way. */
  writing: 4,
  /** How often it has been looked up since it was last announced: two bits. */
  checks: 0x30,
  checksShift: 4,
} as const;

/** A row with one of these must not be freed: somebody holds its number. */
export const heldMarks = mark.queued | mark.writing;
