/** What this machine is, in a line: figures mean nothing without it. */

import { cpus, release, totalmem } from 'node:os';

export const describeMachine = (): string => {
  const processors = cpus();
  const memoryGiB = Math.round(totalmem() / 1024 ** 3);
  return `${processors.length} × ${processors[0]?.model.trim() ?? 'processor'}, ${memoryGiB} GiB, Linux ${release()}, Node ${process.versions.node}`;
};
