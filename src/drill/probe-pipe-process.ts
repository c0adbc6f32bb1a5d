/** The standard streams of a probe process: commands in, messages out, the machine's clock. */

import { createInterface } from 'node:readline';
import { type Command, clockCommand, type Message } from './messages.js';
import type { ProbeTargets } from './probe-targets.js';

/** CLOCK_MONOTONIC: the same for every process of the machine, in whatever network namespace. */
export const nowMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** The first argument of every probe; `targetsArgument` makes it. */
export const targetsGiven = (): ProbeTargets =>
  JSON.parse(Buffer.from(process.argv[2] ?? '', 'base64url').toString()) as ProbeTargets;

export const say = (message: Message): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

/** Says the last message and ends the process once it is written. */
export const sayLast = (message: Message): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`, () => process.exit(0));
};

/** Runs `handle` for each command; `stop` comes once, at the latest when the drill is gone. */
export const onCommands = (handle: (command: Command) => void): void => {
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    handle('stop');
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line === clockCommand) say({ kind: 'clock', nowMs: nowMs() });
    if (line === 'stop') stop();
    if (line === 'ask' || line === 'limits') handle(line);
  });
  lines.on('close', stop);
  // Ctrl-C goes to the whole group, and the drill still needs the probes while it heals.
  process.on('SIGINT', () => undefined);
  process.on('uncaughtException', (error) =>
    sayLast({ kind: 'failed', reason: error.stack ?? error.message }),
  );
};
