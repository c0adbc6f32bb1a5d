/** What must be equal in the node.yaml of all nodes, as one number for each part, told with every full heartbeat. */

import type { Turn } from './turn.js';
import type { PeerState } from './types.js';

/** In the order of the numbers. */
export const fileParts = ['nodes', 'groups', 'witness', 'timing'] as const;

/** FNV-1a, 32 bits. */
export const fileNumber = (text: string): number => {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return sum;
};

/** Parts that this peer's file has otherwise; none if it does not tell. */
export const differingParts = (turn: Turn, peer: PeerState): readonly string[] => {
  const { file } = turn.config;
  if (!peer.alive || !file || peer.file.length !== file.length) return [];
  return fileParts.filter((_, index) => peer.file[index] !== file[index]);
};

/** The first living peer with another file, in words; undefined: all agree. */
export const differsText = (turn: Turn): string | undefined => {
  if (!turn.config.file) return undefined;
  for (const name in turn.state.peers) {
    const parts = differingParts(turn, turn.state.peers[name]!);
    if (parts.length > 0) return `${name} has other ${parts.join(', ')} in its node.yaml`;
  }
  return undefined;
};
