/** Files that only one process can make: locks that outlive a crash and are still told from those of the living. */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { RelevoError } from '../errors.js';

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;

/** Makes the file with its whole content, or returns false when there is one: link(2) does both at once. */
export const createExclusive = (path: string, content: string): boolean => {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, content, { mode: 0o600 });
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new RelevoError('internal', `making ${path} failed: ${why}`, { path }, thrown);
  } finally {
    rmSync(draft, { force: true });
  }
};

/** Takes the file away if its content is still `expected`; false when somebody else was faster. */
export const removeIfStill = (path: string, expected: string): boolean => {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch {
    return false;
  }
  const same = readFileSync(aside, 'utf8') === expected;
  if (!same) createExclusive(path, readFileSync(aside, 'utf8'));
  rmSync(aside, { force: true });
  return same;
};
