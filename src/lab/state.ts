/** What a lab is, on disk: /run/relevo-lab/<name>/lab.json says what was made and started, and nothing else is ever removed. */

import { RelevoError } from '../errors.js';
import type { Files } from '../ports.js';
import { makeFolder, removeFolder } from '../shell/folders.js';
import type { ProcessIdentity } from '../shell/process-identity.js';
import type { LabMode } from './services.js';
import {
  allNodeNames,
  fewestNodes,
  type LabCoordination,
  type LabFamily,
  labNamePattern,
} from './topology.js';

export interface LabProcess extends ProcessIdentity {
  /** Unique within the lab: `lb1/agent`, `backend1/server`. */
  readonly label: string;
  readonly host: string;
}

export type LabOwner = 'relevo' | 'keepalived';

/** relevo: its own times, or the `fast` ones. keepalived: an advert each so many seconds, 0.1 by default. */
export type LabPace = 'default' | 'fast' | '1' | '0.01';

export interface LabState {
  readonly version: 1;
  readonly name: string;
  /** `starting` and `stopping` are what an interrupted run leaves behind: such a lab is removed before it is built again. */
  readonly phase: 'starting' | 'up' | 'stopping';
  readonly owner: LabOwner;
  readonly replication: boolean;
  /** How many. */
  readonly nodes: number;
  readonly coordination: LabCoordination;
  /** Absent: `default`. */
  readonly pace?: LabPace;
  readonly mode: LabMode;
  readonly family: LabFamily;
  /** The process that last changed the phase: while it runs, it is at work on this lab. */
  readonly worker: ProcessIdentity;
  /** Wall-clock time, for people. */
  readonly createdAt: string;
  readonly processes: readonly LabProcess[];
}

export const labsFolder = '/run/relevo-lab';
export const labFolder = (name: string): string => `${labsFolder}/${name}`;
export const hostFolder = (name: string, host: string): string => `${labFolder(name)}/${host}`;
const statePath = (name: string): string => `${labFolder(name)}/lab.json`;

export const checkLabName = (name: string): void => {
  if (!labNamePattern.test(name)) {
    throw new RelevoError(
      'bad-request',
      `lab name '${name}': use up to 20 lower-case letters, digits and dashes, a letter first`,
    );
  }
};

/** etcd is for three nodes and more; the lab's keepalived knows one peer. */
export const checkNodes = (nodes: number, owner: LabOwner, coordination: LabCoordination = 'votes'): void => {
  const least = coordination === 'etcd' ? 3 : fewestNodes;
  const most = owner === 'relevo' && coordination !== 'keepalived' ? allNodeNames.length : fewestNodes;
  if (Number.isInteger(nodes) && nodes >= least && nodes <= most) return;
  const what = coordination === 'votes' ? 'a lab' : `a lab with ${coordination}`;
  throw new RelevoError(
    'bad-request',
    `${nodes} nodes: ${what} has ${least === most ? least : `${least} to ${most}`}`,
  );
};

export const readLab = async (files: Files, name: string): Promise<LabState | undefined> => {
  checkLabName(name);
  const text = await files.read(statePath(name));
  if (text === undefined) return undefined;
  try {
    return {
      nodes: fewestNodes,
      coordination: 'votes',
      mode: 'dnat',
      family: 'ipv4',
      ...(JSON.parse(text) as Partial<LabState>),
    } as LabState;
  } catch (cause) {
    throw new RelevoError('internal', `${statePath(name)} is not JSON`, {}, cause);
  }
};

export const writeLab = async (files: Files, state: LabState): Promise<void> => {
  makeFolder(labFolder(state.name));
  await files.writeAtomic(statePath(state.name), `${JSON.stringify(state, null, 2)}\n`);
};

export const removeLabFolder = (name: string): void => removeFolder(labFolder(name));
