#!/usr/bin/env node
/** Process entry: arguments, what is printed, exit code (0 done, 1 refused or failed, 2 wrong usage). */

import { ensureEngineFlags } from '../shell/engine-flags.js';

// What runs for as long as the machine does starts anew with them, before all else is loaded, which would be loaded twice.
if (process.argv[2] === 'agent' || process.argv[2] === 'witness') ensureEngineFlags();

const { CommanderError } = await import('commander');
const { createProgram } = await import('../cli/program.js');
const { errorFrom } = await import('../errors.js');

const program = createProgram(process.env, {
  print: (text) => process.stdout.write(`${text}\n`),
  fail: () => {
    process.exitCode = 1;
  },
});
try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : 2;
  } else {
    const error = errorFrom(thrown);
    process.stderr.write(`relevo: ${error.message}\n`);
    if (error.code === 'internal' && error.stack) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
