/** A program that goes on in the background, and what it needs of its process. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { RelevoError } from '../errors.js';
import { dup2 } from './libc.js';

export const makeKey = (): string => randomBytes(16).toString('hex');

/** True for what `detach` has started, which has the same arguments. */
export const isDetached = (): boolean => process.send !== undefined;

/** Starts this program again in a session of its own; resolves when it says that it is ready. */
export const detach = async (environment: Readonly<Record<string, string>>): Promise<void> => {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
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

/** Tells whoever detached this process that it is ready; from then on standard error is nobody's, or its reader would wait for ever. */
export const tellParent = (): void => {
  if (!process.send) return;
  process.send('ready');
  const nowhere = openSync('/dev/null', 'w');
  dup2(nowhere, 2);
  closeSync(nowhere);
};
