/** What a fault is, and what it is told of the lab that it breaks. */

import type { LabOwnerDriver, LabPorts } from '../lab/owner.js';
import type { NodeName } from '../lab/topology.js';

export interface Fault {
  /** Resolves when the fault is complete; `atMs` is the time just before it began. */
  inject(signal: AbortSignal): Promise<{ atMs: number }>;
  /** Idempotent: whatever inject has done so far is undone, and what it ended runs again. */
  heal(): Promise<void>;
}

export interface Site {
  readonly ports: LabPorts;
  readonly lab: string;
  readonly owner: LabOwnerDriver;
  /** The node to break: the active one. */
  readonly node: NodeName;
  /** `handover`: where to; undefined: the program chooses. */
  readonly to?: NodeName | undefined;
  /** `idle`: for how long nothing fails, and beside how many busy programs. */
  readonly idleMs: number;
  readonly load: number;
  /** Of what is random. */
  readonly seed: number;
}
