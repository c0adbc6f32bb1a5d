/** A program that is talked to by lines: one process, its standard input and output, and its end. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface LineProcess {
  readonly pid: number | undefined;
  send(line: string): void;
  /** Resolves with a sentence on how it ended. */
  readonly ended: Promise<string>;
  kill(): void;
}

/** Standard error goes to this process's own. A session of its own keeps Ctrl-C away from it. */
export const startLines = (
  file: string,
  args: readonly string[],
  onLine: (line: string) => void,
): LineProcess => {
  const child = spawn(file, [...args], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
  // Writing to one that has just ended is no news beyond its end.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(signal ?? `status ${status}`));
  });
  return {
    pid: child.pid,
    send: (line) => {
      if (child.stdin.writable) child.stdin.write(`${line}\n`);
    },
    ended,
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};
