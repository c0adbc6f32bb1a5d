/** Starts the guard thread, from compiled code or, in tests, from source. */

import { Worker } from 'node:worker_threads';
import type { FromGuard, StartGuardThread } from '../election/thread.js';

/** Native sockets close behind the scenes; ending the thread under them can abort the process. */
const patienceMs = 1_000;
const isSource = import.meta.url.endsWith('.ts');

/** Node 20 does not hand the loader of `--import=tsx` down to threads, so a thread from source loads it by itself. */
const openWorker = (workerData: unknown): Worker => {
  if (!isSource) return new Worker(new URL('../guard-worker.js', import.meta.url), { workerData });
  const script = new URL('../guard-worker.ts', import.meta.url).href;
  const load = `import('tsx/esm/api').then((tsx) => tsx.tsImport(${JSON.stringify(script)}, ${JSON.stringify(import.meta.url)}))`;
  return new Worker(load, { eval: true, workerData });
};

export const startGuardThread: StartGuardThread = (data, onMessage, onExit) => {
  const worker = openWorker(data);
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
