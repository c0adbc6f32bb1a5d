/** `npm run bench -- <name> [options]`: runs bench/<name>.ts. Each prints a table and stores its figures under bench/results/. */

import { existsSync, readdirSync } from 'node:fs';
import { RelevoError } from '../src/errors.js';

const [name = '', ...args] = process.argv.slice(2);
const file = new URL(`./${name}.ts`, import.meta.url);

if (!/^[\w-]+$/.test(name) || name === 'run' || !existsSync(file)) {
  const names = readdirSync(new URL('.', import.meta.url))
    .filter((entry) => entry.endsWith('.ts') && entry !== 'run.ts')
    .map((entry) => entry.slice(0, -3));
  process.stderr.write(`usage: npm run bench -- ${names.join('|')}\n`);
  process.exitCode = 2;
} else {
  const bench = (await import(file.href)) as { run(args: readonly string[]): Promise<void> };
  await bench.run(args).catch((thrown) => {
    if (!(thrown instanceof RelevoError) || thrown.code !== 'bad-request') throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 2;
  });
}
