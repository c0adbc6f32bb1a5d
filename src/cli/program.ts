/** The command line: what there is to say, and which module answers it. */

import { Command } from 'commander';
import { version } from '../model/version.js';
import { addClientCommands, type Output } from './client-commands.js';
import { addDrillCommands } from './drill-commands.js';
import { addLabCommands } from './lab-commands.js';
import { addNftlbCommands } from './nftlb-commands.js';
import { addNodeCommands } from './node-commands.js';
import { addOfflineCommands } from './offline-commands.js';

/** Commands print through `output` and throw RelevoErrors; the process entry turns both into text and an exit code. */
export const createProgram = (
  environment: Readonly<Record<string, string | undefined>>,
  output: Output,
): Command => {
  const program = new Command('relevo')
    .description(
      'load balancing with nftables, replicated state, and addresses that move before clients notice',
    )
    .version(version)
    .showHelpAfterError('(relevo --help lists the commands)')
    .exitOverride()
    .enablePositionalOptions();
  addNodeCommands(program);
  addOfflineCommands(program, output);
  addClientCommands(program, environment, output);
  addNftlbCommands(program, environment, output);
  addLabCommands(program, output);
  addDrillCommands(program, output);
  return program;
};
