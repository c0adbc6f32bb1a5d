/** A program that goes on in the background, and what it needs of its process. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { RelevoError } from '../errors.js';

export const makeKey = (): string => randomBytes(16).toString('hex');

export const untilSignal = (): AbortSignal => {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
  return abort.signal;
};

/** Starts this program again without the arguments that are named, in a session of its own; resolves when it says that it is ready. */
export const detach = async (
  without: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> => {
  const args = process.argv.slice(1).filter((arg) => !without.includes(arg));
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...environment },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new RelevoError('command-failed', `it ended before it was ready, with status ${code}`)),
    );
  });
  child.removeAllListeners();
  child.disconnect();
  child.unref();
};

/** Tells whoever detached this process that it is ready. */
export const tellParent = (): void => {
  if (process.send) process.send('ready');
};
