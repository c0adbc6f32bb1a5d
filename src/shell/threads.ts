/** Starts threads, from compiled code or, in tests, from source. */

import { Worker } from 'node:worker_threads';

/** The loader adds a query to the names of what a thread loads. */
const isSource = new URL(import.meta.url).pathname.endsWith('.ts');

/**
 * `script`: URL of the compiled file, `.js`.
 *
 * Node 20 does not hand the loader of `--import=tsx` down to threads, so a thread from source loads it by itself.
 */
export const openThread = (script: URL, workerData?: unknown): Worker => {
  if (!isSource) return new Worker(script, { workerData });
  const source = JSON.stringify(script.href.replace(/\.js$/, '.ts'));
  const load = `import('tsx/esm/api').then((tsx) => tsx.tsImport(${source}, ${JSON.stringify(import.meta.url)}))`;
  return new Worker(load, { eval: true, workerData });
};
