/** External programs through execa: the only place that starts one, and the only place that reads how it failed. */

import { execa } from 'execa';
import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { CommandResult, Runner } from '../ports.js';

/** System folders only: a PATH that starts in node_modules/.bin finds programs that merely share a name with ours. */
export const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** What execa tells of a run with `reject: false`, as far as it is read here. */
interface Outcome {
  readonly exitCode?: number | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly shortMessage?: string | undefined;
}

const text = (output: unknown): string => (typeof output === 'string' ? output : '');

/** A program that ran to its end is a result whatever its status; everything else is an error with a code. */
const classify = (
  file: string,
  args: readonly string[],
  outcome: Outcome,
  timeoutMs: number,
): CommandResult => {
  const facts = { file, args: args.join(' ').slice(0, 500) };
  if (outcome.timedOut) {
    throw new RelevoError('timeout', `${file} did not end within ${timeoutMs} ms and was killed`, facts);
  }
  if (outcome.isMaxBuffer) {
    throw new RelevoError(
      'command-failed',
      `${file} wrote more than ${limits.commandOutputBytes} bytes and was killed`,
      facts,
    );
  }
  if (outcome.exitCode !== undefined) {
    return { exitCode: outcome.exitCode, stdout: text(outcome.stdout), stderr: text(outcome.stderr) };
  }
  if (outcome.code === 'ENOENT') {
    throw new RelevoError('not-found', `${file} is not installed (looked in ${systemPath})`, facts);
  }
  if (outcome.code === 'EACCES') {
    throw new RelevoError('not-permitted', `${file} may not be executed by this user`, facts);
  }
  if (outcome.signal !== undefined) {
    throw new RelevoError('command-failed', `${file} was ended by ${outcome.signal}`, {
      ...facts,
      signal: outcome.signal,
      stderr: text(outcome.stderr).slice(0, 500),
    });
  }
  throw new RelevoError('command-failed', outcome.shortMessage ?? `${file} could not be started`, facts);
};

export const createRunner = (): Runner => ({
  async run(file, args, options = {}) {
    const timeoutMs = options.timeoutMs ?? limits.commandMs;
    const outcome: Outcome = await execa(file, args, {
      env: { ...options.env, PATH: systemPath, LC_ALL: 'C' },
      extendEnv: false,
      reject: false,
      timeout: timeoutMs,
      forceKillAfterDelay: 500,
      maxBuffer: limits.commandOutputBytes,
      stripFinalNewline: false,
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    });
    return classify(file, args, outcome, timeoutMs);
  },
});

/** Runs and insists on exit status 0: for commands whose failure is nothing the caller can use. */
export const runOrThrow = async (
  runner: Runner,
  file: string,
  args: readonly string[],
  options?: { input?: string; timeoutMs?: number },
): Promise<string> => {
  const result = await runner.run(file, args, options);
  if (result.exitCode === 0) return result.stdout;
  const said = (result.stderr || result.stdout).trim().slice(0, 500);
  throw new RelevoError(
    'command-failed',
    `${file} ${args.join(' ')}: ${said || `status ${result.exitCode}`}`,
    {
      exitCode: result.exitCode,
    },
  );
};
