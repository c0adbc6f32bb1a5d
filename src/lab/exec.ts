/** A command, or a shell, inside one host of a lab, on the caller's own terminal. */

import { RelevoError } from '../errors.js';
import { folderOf, makeFolder, makeLink } from '../shell/folders.js';
import { runInteractive } from '../shell/interactive.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import { systemPath } from '../shell/runner.js';
import type { LabPorts } from './owner.js';
import { hostFolder, labFolder, readLab } from './state.js';
import { hostsOf, namespaceOf } from './topology.js';

/** Runs a command on the caller's terminal inside a host of the lab; returns its exit status. */
export const labExec = async (
  ports: LabPorts,
  name: string,
  host: string,
  argv: readonly string[],
): Promise<number> => {
  const state = await readLab(ports.files, name);
  if (!state) {
    throw new RelevoError('not-found', `no lab '${name}': start it with 'relevo lab up --name ${name}'`);
  }
  const hosts = hostsOf(state.nodes, state.coordination).map((each) => each.name);
  if (!hosts.includes(host)) {
    throw new RelevoError('bad-request', `no host '${host}': one of ${hosts.join(', ')}`);
  }
  const command = argv.length > 0 ? argv : ['/bin/bash'];
  // `relevo` there is this very program, asking the agent of that host.
  const programs = `${labFolder(name)}/bin`;
  makeFolder(programs);
  makeLink(`${programs}/relevo`, builtProgram('bin/relevo.js'));
  const environment = [
    `RELEVO_SOCKET=${hostFolder(name, host)}/relevo.sock`,
    `PATH=${programs}:${systemPath}:${folderOf(nodeProgram)}`,
  ];
  return runInteractive('/usr/sbin/ip', [
    'netns',
    'exec',
    namespaceOf(name, host),
    'env',
    ...environment,
    ...command,
  ]);
};
