/** What the election shows to be wrong with the cluster, each with what to do about it. */

import { differingParts } from './cluster-file.js';
import { coordinationOf } from './drivers.js';
import type { Turn } from './turn.js';
import { witnessName } from './types.js';

/** Clocks further apart than this are named: certificates and failback windows go by them, the election does not. */
const clockApartS = 30;
/** A witness that has not been heard for so long after the start is more than late. */
const witnessMs = 3_000;

export const electionProblems = (turn: Turn): string[] => {
  const { state, config, nowMs } = turn;
  const problems: string[] = [];
  for (const name in state.peers) {
    const peer = state.peers[name]!;
    const parts = differingParts(turn, peer);
    if (parts.length > 0) {
      problems.push(
        `${name} has other ${parts.join(', ')} in its node.yaml: make them equal, and restart the agent that was wrong`,
      );
    }
    const ahead = peer.alive ? (peer.clockAheadS ?? 0) : 0;
    if (Math.abs(ahead) >= clockApartS) {
      const way = ahead > 0 ? 'ahead of' : 'behind';
      problems.push(
        `the clock of ${name} is ${Math.abs(ahead)} s ${way} this node's: set both by NTP; certificates and failback windows go by them`,
      );
    }
  }
  if (config.witness === 'arbiter' && nowMs - Math.max(state.witnessHeardMs, state.startedMs) > witnessMs) {
    problems.push(
      `${witnessName} is not heard: is it running at the addresses in node.yaml, for this cluster and with this secret? Its log names what it refuses`,
    );
  }
  return [...problems, ...coordinationOf(config).problems(turn)];
};
