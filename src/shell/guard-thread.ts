/** Starts the guard thread. */

import type { FromGuard, StartGuardThread } from '../election/thread.js';
import { openThread } from './threads.js';

/** Native sockets close behind the scenes; ending the thread under them can abort the process. */
const patienceMs = 1_000;
export const startGuardThread: StartGuardThread = (data, onMessage, onExit) => {
  const worker = openThread(new URL('../guard-worker.js', import.meta.url), data);
  let detail = '';
  worker.on('message', (message: FromGuard) => onMessage(message));
  worker.on('error', (error) => {
    detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      onExit(detail || `exit code ${code}`);
      resolve();
    });
  });
  return {
    post: (message) => worker.postMessage(message),
    end() {
      const timer = setTimeout(() => void worker.terminate(), patienceMs);
      return exited.finally(() => clearTimeout(timer));
    },
  };
};
