#!/usr/bin/env node
/** Process entry: arguments, exit code. */
process.stderr.write('relevo: nothing to do yet\n');
process.exitCode = 2;
