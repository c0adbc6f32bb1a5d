/** What a peer's hello must say for the two nodes to exchange anything. */

import type { HelloFrame } from '../wire/frames.js';

export const protocolVersion = { min: 1, max: 1 } as const;

export interface HelloTerms {
  readonly node: string;
  readonly peer: string;
  readonly cluster: string;
  readonly maps: readonly string[];
  /** Of the peer, over before this one. */
  readonly endedSessions?: readonly string[];
}

/** Why the connection is closed; undefined: it goes on. */
export const helloProblem = (
  frame: HelloFrame,
  { cluster, node, peer, maps, endedSessions }: HelloTerms,
): { readonly code: string; readonly detail: string } | undefined => {
  if (frame.cluster !== cluster) {
    return {
      code: 'cluster',
      detail: `node ${frame.node} belongs to cluster '${frame.cluster}', this node to '${cluster}': correct 'cluster' in one node.yaml`,
    };
  }
  if (frame.node === node) {
    return {
      code: 'node',
      detail: `another node calls itself '${node}': give each node its own name and certificate`,
    };
  }
  if (frame.node !== peer) {
    return {
      code: 'node',
      detail: `a node calls itself '${frame.node}' but its certificate says '${peer}': correct 'node' in its node.yaml`,
    };
  }
  if (frame.versionMin > protocolVersion.max || frame.versionMax < protocolVersion.min) {
    return {
      code: 'version',
      detail: `it speaks versions ${frame.versionMin}–${frame.versionMax} of the protocol, this node ${protocolVersion.min}–${protocolVersion.max}: upgrade the older one (${frame.software})`,
    };
  }
  if (endedSessions?.includes(frame.session)) {
    return {
      code: 'replayed',
      detail:
        'it speaks as a process of it that has ended did: a restored copy of the machine, or recorded frames. Restart its agent',
    };
  }
  const lacking = maps.find((map) => !frame.maps.includes(map));
  return lacking === undefined
    ? undefined
    : {
        code: 'maps',
        detail: `it has no map of the shape '${lacking}' (${frame.software}): upgrade the older node`,
      };
};
