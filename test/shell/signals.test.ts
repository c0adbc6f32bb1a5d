/** A signal while another program runs: told, and survived. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';

const sources = new URL('../../src/shell/', import.meta.url);

/** The process prints `ready` while a program of its own runs, and `aborted` when it has been told to end. */
const program = (first: string): string => `
  import { createRunner } from '${new URL('runner.ts', sources)}';
  import { abortOnSignals } from '${new URL('signals.ts', sources)}';
  const signal = ${first};
  signal.addEventListener('abort', () => console.log('aborted'));
  const running = createRunner().run('sleep', ['30'], { timeoutMs: 40_000 }).catch(() => undefined);
  setTimeout(() => console.log('ready'), 200);
  const waiting = setInterval(() => {}, 1000);
`;

const start = async (first = 'abortOnSignals({ terminal: true })') => {
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', program(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += String(text);
  });
  const ended = once(child, 'close');
  const heard = async (word: string): Promise<void> => {
    while (!said.includes(word) && child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await heard('ready');
  return { child, ended, heard, said: () => said };
};

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${name} while a program runs is told and ends nothing; the second one does`, async (t) => {
    const { child, ended, heard, said } = await start();
    child.kill(name);
    await heard('aborted');
    t.regex(said(), /aborted/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.is(child.signalCode, null, 'it lives on, to put right what it has begun');
    child.kill(name);
    t.deepEqual(await ended, [null, name]);
  });
}
