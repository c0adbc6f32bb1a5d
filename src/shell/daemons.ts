/** Long-running programs that outlive the process that started them, and are found again by the next one. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { RelevoError } from '../errors.js';
import type { Daemon, Daemons } from '../ports.js';
import { sleep } from './clock.js';
import {
  isRunning,
  type ProcessIdentity,
  processesByArguments,
  processIdentity,
  signalProcess,
} from './process-identity.js';
import { makePrompt } from './realtime.js';
import { systemPath } from './runner.js';

/** Only a child's end is told by the kernel; an adopted process has to be looked at. */
const adoptedPollMs = 250;

const stopProcess = async (
  identity: ProcessIdentity,
  ended: Promise<string>,
  graceMs: number,
): Promise<void> => {
  if (!signalProcess(identity, 'SIGTERM')) return;
  const patience = new AbortController();
  const outcome = await Promise.race([
    ended.then(() => 'ended' as const),
    sleep(graceMs, patience.signal).then(() => 'late' as const),
  ]);
  patience.abort();
  if (outcome === 'late') signalProcess(identity, 'SIGKILL');
  await ended;
};

const childEnded = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (status, signal) => resolve(signal ?? `status ${status}`));
  });

const adoptedEnded = (identity: ProcessIdentity): Promise<string> =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(identity)) return;
      clearInterval(timer);
      resolve('gone');
    }, adoptedPollMs);
    timer.unref();
  });

const asDaemon = (identity: ProcessIdentity, adopted: boolean, ended: Promise<string>): Daemon => ({
  pid: identity.pid,
  adopted,
  ended,
  makePrompt: () => makePrompt(identity.pid),
  stop: (graceMs) => stopProcess(identity, ended, graceMs),
});

export const createDaemons = (): Daemons => ({
  async start(file, args, output) {
    mkdirSync(dirname(output), { recursive: true });
    // A pipe to this process would break, and with it the daemon, when this process dies: what it prints goes to a file.
    const sink = openSync(output, 'w', 0o600);
    let child: ChildProcess;
    try {
      child = spawn(file, [...args], {
        detached: true,
        stdio: ['ignore', sink, sink],
        env: { PATH: systemPath, LC_ALL: 'C' },
      });
    } finally {
      closeSync(sink);
    }
    const ended = childEnded(child);
    if (child.pid === undefined) {
      throw new RelevoError('command-failed', `${file} could not be started: ${await ended}`, { file });
    }
    child.unref();
    const identity = processIdentity(child.pid) ?? { pid: child.pid, startTime: 'ended at once' };
    return asDaemon(identity, false, ended);
  },
  async adopt(file, args) {
    const [identity] = processesByArguments(file, args);
    return identity && asDaemon(identity, true, adoptedEnded(identity));
  },
});
