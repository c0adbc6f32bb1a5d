/** The commands that run for as long as the machine does: agent and witness. The agent's code is loaded only when asked for. */

import type { Command } from 'commander';
import { readSecret, readWitnessConfig } from '../shell/config-files.js';
import { createLog } from '../shell/log.js';
import { makePrompt } from '../shell/realtime.js';
import { surviveRenewals } from '../shell/renewal.js';
import { abortOnSignals } from '../shell/signals.js';
import { runWitness } from '../witness.js';

export const addNodeCommands = (program: Command): void => {
  program
    .command('agent')
    .requiredOption('-c, --config <file>', 'node.yaml')
    .description('run a node: rules, floating addresses, replication, conntrackd')
    .action(async ({ config }: { config: string }) => {
      const signal = abortOnSignals();
      surviveRenewals();
      makePrompt();
      const { runAgent } = await import('../daemon.js');
      await runAgent(config, signal);
    });
  program
    .command('witness')
    .requiredOption('-c, --config <file>', 'witness.yaml')
    .description('run the arbiter of a pair, on a third machine')
    .action(async ({ config }: { config: string }) => {
      const signal = abortOnSignals();
      // There is nothing to renew, and grants must not end because somebody reloads every unit of ours.
      surviveRenewals();
      const { cluster, listen, leaseMs, secretFile, logLevel } = await readWitnessConfig(config);
      const secret = await readSecret(secretFile);
      const log = createLog(logLevel, { node: 'witness' });
      await runWitness({ cluster, listen, leaseMs, secret, log }, signal);
    });
};
