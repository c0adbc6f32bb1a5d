/** An agent of the replication bench, seen from the bench: a process that is asked; and what a figure is. */

import { engineFlags } from '../../src/shell/engine-flags.js';
import { AgentProcess } from '../../test/support/agent-process.js';
import type { SyncBed } from '../../test/support/sync-bed.js';
import { compiled } from './compiled.js';

export { pause } from '../../test/support/agent-process.js';

const profile = process.env.RELEVO_PROFILE;

export class Agent extends AgentProcess {
  /** `farms`: how many services of four backends it has beside the one with sessions; or the services that it has instead. */
  constructor(
    bed: Pick<SyncBed, 'lb1' | 'lb2' | 'files'>,
    name: 'lb1' | 'lb2',
    farms: number | readonly object[] = 0,
  ) {
    super([
      process.execPath,
      ...engineFlags,
      // RELEVO_PROFILE=folder: where each agent leaves a CPU profile.
      ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []),
      compiled('test/support/replication-agent.ts'),
      name,
      name === 'lb1' ? bed.lb1 : bed.lb2,
      JSON.stringify(bed.files),
      JSON.stringify(farms),
    ]);
  }
}

export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly budget?: number;
  /** Whether more is better. */
  readonly more?: boolean;
}

export const round = (value: number): number => Number(value.toPrecision(4));
