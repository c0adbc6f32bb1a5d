/**
 * The port behind which the drivers stand: what a node needs besides being fit, to take a group and to keep it. Voting, the kernel's lease
 * and heartbeats are the same for all of them.
 *
 * A driver must uphold: `mayClaim` says yes, and `mayRenew` says true, only with asks that are fresh (`asking.ts`), and only if nothing that
 * this node does with an ask made at t, which has ended by t + 2 L, can overlap with what another node does on the word of its own driver.
 */

import type { Turn } from './turn.js';
import type { GroupState } from './types.js';

export interface Coordination {
  /** Why a standby must not begin a claim; `offered`: the owner itself has offered the group. */
  blocker(turn: Turn, group: GroupState, offered: boolean): string | undefined;
  /** A claim is being armed. */
  begin(turn: Turn, group: GroupState): void;
  /** May the armed claim be written now? `wait`: the driver has asked for something itself. */
  mayClaim(turn: Turn, group: GroupState): 'yes' | 'no' | 'wait';
  mayRenew(turn: Turn, group: GroupState): boolean;
  /** Why an owner must step down, in the driver's view. */
  fault(turn: Turn, group: GroupState): string | undefined;
  /** Why no handover can be ordered here. */
  fixed: string | undefined;
  /** Once per turn, after the groups. */
  tick(turn: Turn): void;
  dueMs(turn: Turn): number;
  /** Something of this node is still on its way to be given back. */
  isBusy(turn: Turn): boolean;
  problems(turn: Turn): string[];
}
