/** Where the parts of relevo that run as processes of their own are: always the built ones in dist/. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RelevoError } from '../errors.js';

/** From src/shell/ (tests run the sources) as from dist/shell/, the top of the project is two folders up. */
const built = new URL('../../dist/', import.meta.url);

/** Full path of a built program, `bin/relevo.js` say. */
export const builtProgram = (name: string): string => {
  const path = fileURLToPath(new URL(name, built));
  if (!existsSync(path)) {
    throw new RelevoError('not-found', `${path} is not there: build first (npm run build)`, { path });
  }
  return path;
};

export const nodeProgram = process.execPath;

/** Scenarios of drills that come with relevo. */
export const scenariosFolder = fileURLToPath(new URL('../cluster/scenarios', built));

/** A file of the project that is no code: `cluster/systemd/relevo.service` say. */
export const projectFile = (name: string): string => fileURLToPath(new URL(`../${name}`, built));
