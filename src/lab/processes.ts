/** The processes of a lab: started inside its namespaces, known by pid and start time, ended by nothing else. */

import { RelevoError } from '../errors.js';
import type { Daemons } from '../ports.js';
import { sleep } from '../shell/clock.js';
import { isRunning, processIdentity, signalProcess } from '../shell/process-identity.js';
import { hostFolder, type LabProcess } from './state.js';
import { namespaceOf } from './topology.js';

export interface ProcessSpec {
  readonly host: string;
  /** Names the process within its host, and its log file. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

export const logPath = (lab: string, host: string, name: string): string =>
  `${hostFolder(lab, host)}/${name}.log`;

/** `ip netns exec` becomes the program it is given, so the pid is the program's. */
export const startProcess = async (daemons: Daemons, lab: string, spec: ProcessSpec): Promise<LabProcess> => {
  const daemon = await daemons.start(
    '/usr/sbin/ip',
    ['netns', 'exec', namespaceOf(lab, spec.host), spec.file, ...spec.args],
    logPath(lab, spec.host, spec.name),
  );
  const identity = processIdentity(daemon.pid);
  const label = `${spec.host}/${spec.name}`;
  if (!identity) {
    throw new RelevoError(
      'command-failed',
      `${label} ended at once: see ${logPath(lab, spec.host, spec.name)}`,
    );
  }
  return { ...identity, label, host: spec.host };
};

/** SIGTERM to all, SIGKILL to those still there after `graceMs`; returns when all are gone. */
export const stopProcesses = async (processes: readonly LabProcess[], graceMs = 3_000): Promise<void> => {
  for (const each of processes) {
    // A frozen process cannot end: SIGTERM waits until it is continued.
    signalProcess(each, 'SIGCONT');
    signalProcess(each, 'SIGTERM');
  }
  const until = performance.now() + graceMs;
  while (processes.some(isRunning) && performance.now() < until) await sleep(20);
  for (const each of processes) signalProcess(each, 'SIGKILL');
  while (processes.some(isRunning)) await sleep(10);
};

/** At once and without farewell, as a power cut does. */
export const killProcesses = (processes: readonly LabProcess[]): void => {
  for (const each of processes) signalProcess(each, 'SIGKILL');
};
