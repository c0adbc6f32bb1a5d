/** Runs a program on the caller's own terminal: for `lab exec`, and shells in a namespace. */

import { spawn } from 'node:child_process';

/** Exit status of the program; 128 and the signal's number when it was ended by one, as shells say it. */
export const runInteractive = (file: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { stdio: 'inherit' });
    // Ctrl-C reaches the whole foreground group: the program decides what it means.
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    child.once('error', (error) => {
      process.off('SIGINT', ignore);
      reject(error);
    });
    child.once('exit', (status, signal) => {
      process.off('SIGINT', ignore);
      resolve(status ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
