/** `relevo drill heal`: puts right what a drill left broken that was killed. */

import { RelevoError } from '../errors.js';
import { ownerOf, untilSettled } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { readLab } from '../lab/state.js';
import type { NodeName } from '../lab/topology.js';
import { healLeft } from './faults.js';
import { drillLockState, labPlace, lockDrill } from './lock.js';

/** What an earlier drill broke that has gone; also when its note says that nothing is. Returns what was put right. */
export const healDrill = async (ports: LabPorts, lab: string): Promise<string> => {
  const found = await drillLockState(ports.files, labPlace(lab));
  if (found.state === 'none') return `no drill has left anything broken in lab '${lab}'`;
  const lock = await lockDrill(ports.files, labPlace(lab), 'healing', true);
  const broken = found.note.broken;
  if (broken) {
    const state = await readLab(ports.files, lab);
    if (!state) throw new RelevoError('not-found', `lab '${lab}' has gone`);
    const owner = ownerOf(ports, state);
    await healLeft(broken.fault, {
      ports,
      lab,
      owner,
      node: broken.node as NodeName,
      idleMs: 0,
      load: 0,
      seed: 1,
    });
    await untilSettled(ports, owner);
  }
  await lock.release();
  return broken
    ? `lab '${lab}' is whole again: ${broken.fault} of ${broken.node} is undone`
    : `the drill that has gone had left nothing broken in lab '${lab}'`;
};
