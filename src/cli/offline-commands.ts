/** The commands that need no agent: check, render, cert. */

import type { Command } from 'commander';
import { type Checked, checkText, renderText } from '../app/documents.js';
import { engineContext } from '../app/engine-context.js';
import { formatProblems } from '../config/problems.js';
import { plainContext } from '../ruleset/context.js';
import { initAuthority, issueCertificate } from '../shell/certificates.js';
import { readNodeConfig } from '../shell/config-files.js';
import { readInput } from '../shell/input.js';
import type { Output } from './client-commands.js';

const read = <T extends object>(checked: Checked<T>, output: Output): T | undefined => {
  if (!('problems' in checked)) return checked;
  output.print(formatProblems(checked.problems));
  output.fail();
  return undefined;
};

export const addOfflineCommands = (program: Command, output: Output): void => {
  program
    .command('check')
    .argument('<file>', 'services document, JSON or YAML; - reads standard input')
    .description('every problem of a services document at once, each with its path and remedy')
    .action(async (file: string) => {
      const checked = read(checkText(await readInput(file)), output);
      if (!checked) return;
      const { services } = checked.document;
      const backends = services.reduce((sum, service) => sum + service.backends.length, 0);
      output.print(`${file}: good, ${services.length} services, ${backends} backends`);
    });

  program
    .command('render')
    .argument('<file>', 'services document, JSON or YAML; - reads standard input')
    .option('-c, --config <file>', 'node.yaml: render for this node of its cluster')
    .description('the whole ruleset of a services document as nft text')
    .action(async (file: string, { config }: { config?: string }) => {
      const context = config === undefined ? plainContext : engineContext(await readNodeConfig(config));
      const rendered = read(renderText(await readInput(file), context), output);
      if (rendered) output.print(rendered.text.trimEnd());
    });

  const cert = program.command('cert').description('certificates of a cluster');
  cert
    .command('init')
    .option('--dir <folder>', 'where the files go', '.')
    .option('--cluster <name>', 'name of the cluster, for people who read the certificate', 'relevo')
    .description(
      'make the authority of a cluster (ca.crt, ca.key) and its heartbeat secret (heartbeat.secret)',
    )
    .action(async ({ dir, cluster }: { dir: string; cluster: string }) => {
      const files = await initAuthority(dir, cluster);
      output.print(Object.values(files).join('\n'));
    });
  cert
    .command('issue')
    .argument('<node>', 'name of the node, as in node.yaml')
    .option('--dir <folder>', 'where ca.crt and ca.key are, and the files go', '.')
    .description('make a certificate and key for one node')
    .action(async (node: string, { dir }: { dir: string }) => {
      const files = await issueCertificate(dir, node);
      output.print(Object.values(files).join('\n'));
    });
};
