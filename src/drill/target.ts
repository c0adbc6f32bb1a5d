/** What is drilled: a lab, or a live cluster. The run of a drill knows nothing else of either. */

import { RelevoError } from '../errors.js';
import { labStatus, ownerOf } from '../lab/lab.js';
import type { ClusterDriver, LabOwnerDriver, LabPorts } from '../lab/owner.js';
import { readLab } from '../lab/state.js';
import { type NodeName, namespaceOf } from '../lab/topology.js';
import type { FaultName } from './budgets.js';
import { createFault, type Fault } from './faults.js';
import { checkLabFor } from './lab-needs.js';
import { type DrillPlace, labPlace } from './lock.js';
import { labTargets, type ProbeTargets } from './probe-targets.js';
import type { Places } from './probes.js';

export interface FaultParts {
  readonly node: string;
  readonly to?: string | undefined;
  readonly idleMs: number;
  readonly load: number;
  readonly seed: number;
}

export interface DrillTarget {
  readonly place: DrillPlace;
  readonly cluster: ClusterDriver;
  /** Only this group of addresses moves; undefined: all there are. */
  readonly group?: string | undefined;
  /** False: nothing is replicated there, on purpose. */
  readonly replication: boolean;
  /** How many times slower than it should be: budgets in time, and waits for what is under way, are as many times longer. */
  readonly slowness: number;
  /** How long it may take until it is whole again after a fault was undone. */
  readonly settleMs: number;
  /** Between two attempts of a probe. */
  readonly paceMs: number;
  /** Rejects with what is missing to break it in this way. */
  check(fault: FaultName): Promise<void>;
  fault(name: FaultName, parts: FaultParts): Fault;
  readonly where: Places;
  aim(clients: number): ProbeTargets;
}

/** Throws `not-found` when there is no such lab, `not-ready` when it is half up, with what to do. */
export const labTarget = async (ports: LabPorts, name: string): Promise<DrillTarget> => {
  const status = await labStatus(ports, name);
  if (status.health === 'none') {
    throw new RelevoError('not-found', `no lab '${name}': start it with 'relevo lab up --name ${name}'`);
  }
  if (status.health === 'broken') {
    throw new RelevoError(
      'not-ready',
      `lab '${name}' is broken (${status.problems.join('; ')}): 'relevo lab up --name ${name}' rebuilds it`,
    );
  }
  const state = (await readLab(ports.files, name))!;
  const owner: LabOwnerDriver = ownerOf(ports, state);
  return {
    place: labPlace(name),
    cluster: owner,
    replication: state.replication,
    slowness: 1,
    settleMs: 30_000,
    paceMs: 2,
    check: (fault) => checkLabFor(ports, state, fault),
    fault: (fault, { node, to, idleMs, load, seed }) =>
      createFault(fault, {
        ports,
        lab: name,
        owner,
        node: node as NodeName,
        to: to as NodeName | undefined,
        idleMs,
        load,
        seed,
      }),
    where: (who) => ({ words: ['/usr/sbin/ip', 'netns', 'exec', namespaceOf(name, who)] }),
    // The peer's ruleset bans nobody.
    aim: (clients) => labTargets(clients, { limits: state.owner === 'relevo', family: state.family }),
  };
};
