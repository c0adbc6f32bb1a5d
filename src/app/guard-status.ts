/** The guard's word in the terms of `NodeStatus`. */

import { inMaintenance } from '../election/maintenance.js';
import { refusalProblems } from '../election/refusal-problems.js';
import type { NodeConfig } from '../model/node.js';
import type { NodeStatus } from '../model/status.js';
import type { Guard } from './guard.js';

export type GuardStatus = Pick<NodeStatus, 'safety' | 'groups' | 'peers' | 'witness' | 'health' | 'problems'>;

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
      health: [],
      problems: [],
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
    maintenance: inMaintenance(state, group.name),
  }));
  const peers = state.peers.map((peer) => ({
    name: peer.name,
    alive: peer.alive,
    paths: peer.paths.map(({ alive, heardMs }) => ({ alive, lastHeardMs: heardMs })),
    ready: peer.ready,
    reasons: peer.ready && peer.reason === '' ? [] : [peer.reason],
    maintenance: Object.keys(peer.groups).filter((name) => peer.groups[name]!.maintenance),
    penalty: Math.max(0, ...Object.values(peer.groups).map(({ penalty }) => penalty)),
  }));
  const { witness } = state;
  return {
    safety: { mode: state.safety, meaning: state.safetyText },
    health: state.health.map(({ text, weight, group }) => ({
      reason: text,
      weight,
      ...(group !== undefined && { group }),
    })),
    problems: [...state.problems, ...refusalProblems(state.refusals)],
    groups,
    peers,
    witness: witness && {
      reachable: witness.alive,
      detail: witness.heardMs === undefined ? 'never heard' : `heard ${Math.round(witness.heardMs)} ms ago`,
    },
  };
};
