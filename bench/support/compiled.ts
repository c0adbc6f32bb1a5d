/**
 * What is measured runs as it is shipped: compiled by tsc. From source by tsx every closure is given its name by Object.defineProperty
 * (esbuild's keepNames): 3 % of the standby's processor time at 5,000 entries a second.
 */

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;
const folder = join(root, '.cache', 'bench');
let built = false;

/** The compiled form of a file of this repository, named from its root: `bench/support/x.ts`. Everything is compiled anew once. */
export const compiled = (file: string): string => {
  if (!built) {
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const settings = [
      '--noEmit',
      'false',
      '--outDir',
      folder,
      '--sourceMap',
      'false',
      '--inlineSources',
      'false',
    ];
    execFileSync(tsc, ['-p', 'tsconfig.test.json', ...settings], { cwd: root, stdio: 'inherit' });
    cpSync(join(root, 'src', 'wire', 'gen'), join(folder, 'src', 'wire', 'gen'), { recursive: true });
    cpSync(join(root, 'bench', 'support', 'farms.mjs'), join(folder, 'bench', 'support', 'farms.mjs'));
    built = true;
  }
  return join(folder, file.replace(/\.ts$/, '.js'));
};
