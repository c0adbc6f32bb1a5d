/** The guard's word in the terms of `NodeStatus`. */

import type { NodeConfig } from '../model/node.js';
import type { NodeStatus } from '../model/status.js';
import type { Guard } from './guard.js';

export type GuardStatus = Pick<NodeStatus, 'safety' | 'groups' | 'peers' | 'witness'>;

/** `takeovers`: how often this node became active, per group, since it started. */
export const guardStatus = (
  guard: Guard,
  config: NodeConfig,
  takeovers: ReadonlyMap<string, number>,
): GuardStatus => {
  const state = guard.state();
  if (!state) {
    return {
      safety: { mode: 'starting', meaning: 'the guard has not started yet' },
      groups: [],
      peers: [],
      witness: undefined,
    };
  }
  const addressesOf = (name: string): string[] =>
    config.groups
      .find((group) => group.name === name)
      ?.addresses.map((each) => `${each.address}/${each.prefixLength}`) ?? [];
  const groups = state.groups.map((group) => ({
    name: group.name,
    state: group.role,
    owner: group.owner,
    epoch: group.epoch,
    reason: group.waiting === '' ? group.reason : `${group.reason}; ${group.waiting}`,
    sinceMs: group.sinceMs,
    takeovers: takeovers.get(group.name) ?? 0,
    addresses: addressesOf(group.name),
  }));
  const peers = state.peers.map((peer) => ({
    name: peer.name,
    alive: peer.alive,
    paths: peer.paths.map(({ alive, heardMs }) => ({ alive, lastHeardMs: heardMs })),
    ready: peer.ready,
    reasons: peer.ready ? [] : [peer.reason],
  }));
  const { witness } = state;
  return {
    safety: { mode: state.safety, meaning: state.safetyText },
    groups,
    peers,
    witness: witness && {
      reachable: witness.alive,
      detail: witness.heardMs === undefined ? 'never heard' : `heard ${Math.round(witness.heardMs)} ms ago`,
    },
  };
};
