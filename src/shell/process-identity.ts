/** Which process a pid means: pids are reused, so a recorded one counts only together with its start time (proc(5), stat field 22). */

import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot, as text: compared, never computed with. */
  readonly startTime: string;
}

/** Undefined when there is no such process, or only its zombie, which runs nothing any more. */
export const processIdentity = (pid: number): ProcessIdentity | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses and may hold blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    const startTime = fields[19];
    if (state === 'Z' || state === 'X' || startTime === undefined) return undefined;
    return { pid, startTime };
  } catch {
    return undefined;
  }
};

export const isRunning = (identity: ProcessIdentity): boolean =>
  processIdentity(identity.pid)?.startTime === identity.startTime;

/** Sends the signal only to the very process that was recorded; false if that is gone. */
export const signalProcess = (identity: ProcessIdentity, signal: NodeJS.Signals): boolean => {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** Processes whose argument vector is exactly this one; the program itself is compared by its last path part. */
export const processesByArguments = (file: string, args: readonly string[]): ProcessIdentity[] => {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const found: ProcessIdentity[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let commandLine: string;
    try {
      commandLine = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
    } catch {
      continue;
    }
    const [program = '', ...rest] = commandLine.split('\0').slice(0, -1);
    if (program.slice(program.lastIndexOf('/') + 1) !== name || rest.length !== args.length) continue;
    if (!rest.every((argument, index) => argument === args[index])) continue;
    const identity = processIdentity(Number(entry));
    if (identity) found.push(identity);
  }
  return found;
};
