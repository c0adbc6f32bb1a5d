/** Worker threads from TypeScript source: Node 20 does not hand the loader of `--import=tsx` down to them. */

import { Worker } from 'node:worker_threads';

export const startWorker = (script: URL, workerData: unknown): Worker => {
  const load = `import('tsx/esm/api').then((tsx) => tsx.tsImport(${JSON.stringify(script.href)}, ${JSON.stringify(import.meta.url)}))`;
  return new Worker(load, { eval: true, workerData });
};
