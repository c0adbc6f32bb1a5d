/** A disk of its own for the state of each node of a lab (tmpfs), so that one can be full without the machine's being so. */

import { RelevoError } from '../errors.js';
import type { Files, Runner } from '../ports.js';
import { makeFolder } from '../shell/folders.js';
import { runOrThrow } from '../shell/runner.js';
import { hostFolder, labFolder } from './state.js';

/** More than an agent ever keeps: 24 packed files of decisions, and its document. */
const diskMiB = 128;

export const diskOf = (lab: string, host: string): string => `${hostFolder(lab, host)}/state`;
const ballastOf = (lab: string, host: string): string => `${diskOf(lab, host)}/ballast`;

/** Where something is mounted below a folder (proc_pid_mounts(5)); a lab's names need no unescaping. */
const mountedBelow = async (files: Files, folder: string): Promise<string[]> =>
  ((await files.read('/proc/self/mounts')) ?? '')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));

export const hasDisk = async (files: Files, lab: string, host: string): Promise<boolean> =>
  (await mountedBelow(files, hostFolder(lab, host))).includes(diskOf(lab, host));

/** There already: left as it is, with what is on it. */
export const addDisk = async (
  { files, runner }: { readonly files: Files; readonly runner: Runner },
  lab: string,
  host: string,
): Promise<void> => {
  const folder = diskOf(lab, host);
  makeFolder(folder);
  if (await hasDisk(files, lab, host)) return;
  await runOrThrow(runner, 'mount', [
    ...['-t', 'tmpfs', '-o', `size=${diskMiB}m,mode=0700`],
    ...[`relevo-${lab}-${host}`, folder],
  ]);
};

/** Before the lab's folder is removed. */
export const removeDisks = async (
  { files, runner }: { readonly files: Files; readonly runner: Runner },
  lab: string,
): Promise<void> => {
  for (const path of await mountedBelow(files, labFolder(lab)))
    await runOrThrow(runner, 'umount', ['--lazy', path]);
};

/** Until nothing more can be written. */
export const fillDisk = async (
  { files, runner }: { readonly files: Files; readonly runner: Runner },
  lab: string,
  host: string,
): Promise<void> => {
  // Never the machine's own.
  if (!(await hasDisk(files, lab, host)))
    throw new RelevoError('not-ready', `${host} has no disk of its own`);
  const fill = ['if=/dev/zero', `of=${ballastOf(lab, host)}`, 'bs=64k', 'status=none'];
  const { exitCode, stderr } = await runner.run('dd', fill);
  if (exitCode !== 0 && !/No space left/.test(stderr)) {
    throw new RelevoError('command-failed', `the disk of ${host} could not be filled: ${stderr}`);
  }
};

export const emptyDisk = (files: Files, lab: string, host: string): Promise<void> =>
  files.remove(ballastOf(lab, host));
