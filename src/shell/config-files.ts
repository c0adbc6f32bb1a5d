/** Configuration files from disk: read, parsed, every problem in one error. */

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseNodeConfig } from '../config/node.js';
import { formatProblems } from '../config/problems.js';
import { parseWitnessConfig, type WitnessConfig } from '../config/witness.js';
import { RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import type { Problem } from '../model/service.js';

type Parsed<T> =
  | { readonly ok: true; readonly config: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Rejects with `bad-config` that says why it cannot be read. */
export const readConfigText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RelevoError(
      'bad-config',
      `${path}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}`,
      {},
      error,
    );
  }
};

const readConfig = async <T>(
  path: string,
  parse: (text: string, folder: string) => Parsed<T>,
): Promise<T> => {
  const parsed = parse(await readConfigText(path), dirname(resolve(path)));
  if (parsed.ok) return parsed.config;
  throw new RelevoError('bad-config', `${path} was refused:\n${formatProblems(parsed.problems)}`, {
    problems: parsed.problems.length,
  });
};

/** Rejects with `bad-config` that lists every problem. */
export const readNodeConfig = (path: string): Promise<NodeConfig> => readConfig(path, parseNodeConfig);
export const readWitnessConfig = (path: string): Promise<WitnessConfig> =>
  readConfig(path, parseWitnessConfig);

/** The shared secret of heartbeats and grants: at least 16 bytes of text after trimming. */
export const readSecret = async (path: string): Promise<Uint8Array> => {
  const secret = (await readConfigText(path)).trim();
  if (secret.length >= 32) return Buffer.from(secret, 'utf8');
  throw new RelevoError(
    'bad-config',
    `${path}: a secret of at least 32 characters is needed: make one with \`relevo cert init\``,
  );
};
