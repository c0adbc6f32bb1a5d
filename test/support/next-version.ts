/** A built program of the next version: it speaks one layout of election datagrams more, and adds bytes behind every body. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const replaced = (text: string, from: RegExp, to: string): string => {
  if (!from.test(text)) throw new Error(`wire-version.js does not match ${from}`);
  return text.replace(from, to);
};

/** Copies dist/; `relevo` is the program, `remove` takes the copy away. */
export const buildNextVersion = (): { readonly relevo: string; remove(): void } => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'next-'));
  // Beside dist/, where imports of packages and of package.json lead to the same files.
  for (const part of ['dist', 'proto', 'cluster', 'package.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  const file = join(folder, 'dist', 'election', 'wire-version.js');
  const text = readFileSync(file, 'utf8');
  const later = replaced(text, /max: 1/, 'max: 2');
  writeFileSync(file, replaced(later, /new Uint8Array\(0\)/, 'new Uint8Array(24).fill(0xa5)'));
  return {
    relevo: join(folder, 'dist', 'bin', 'relevo.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
