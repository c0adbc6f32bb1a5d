/** What a lab needs to be broken in a particular way, and how to get it. Asked before anything is broken. */

import { RelevoError } from '../errors.js';
import { hasDisk } from '../lab/disk.js';
import { probeNetem } from '../lab/netem.js';
import type { LabPorts } from '../lab/owner.js';
import type { LabState } from '../lab/state.js';
import { type FaultName, nodesFor, onlyOnMachines } from './budgets.js';

export const checkLabFor = async (ports: LabPorts, state: LabState, fault: FaultName): Promise<void> => {
  const { name, nodes, family } = state;
  const never = onlyOnMachines[fault];
  if (never !== undefined)
    throw new RelevoError('unsupported', `${fault} is not for labs: ${never}; nothing was broken`);
  const needed = nodesFor(fault);
  if (nodes < needed) {
    const remedy = `relevo lab up --name ${name} --nodes ${needed}`;
    throw new RelevoError('bad-request', `${fault} needs a lab of ${needed} nodes: '${remedy}'`);
  }
  if (fault === 'delay') await probeNetem(ports.runner, name);
  if (fault === 'disk-full' && !(await hasDisk(ports.files, name, 'lb1'))) {
    throw new RelevoError(
      'not-ready',
      `the nodes of lab '${name}' have no disks of their own: 'relevo lab down --name ${name}', and build it anew`,
    );
  }
  if (fault === 'syn-flood' && family !== 'ipv4') {
    const remedy = `relevo lab up --name ${name} --family ipv4`;
    throw new RelevoError('bad-request', `syn-flood needs services of ipv4: '${remedy}'`);
  }
};
