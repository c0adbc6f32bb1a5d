/**
 * Which layouts of election datagrams this program reads and writes. A sender says in every datagram up to which version it speaks, and
 * uses the highest that both ends speak; whom it has not heard yet it addresses in its lowest. Fields are only added, at the
 * end of a body, and who does not know them passes over them. So nodes of two neighbouring versions elect together, in any order of upgrade.
 */
export const wireVersions: { readonly min: number; readonly max: number } = { min: 1, max: 1 };

/** What follows the fields of every body: nothing in this version. Tests of upgrades build a program that adds some. */
export const bodyTrailer: Uint8Array = new Uint8Array(0);

/** The version in which to address somebody who speaks up to `theirs`; 0: not heard yet. */
export const commonVersion = (theirs: number): number =>
  Math.min(wireVersions.max, Math.max(wireVersions.min, theirs));
