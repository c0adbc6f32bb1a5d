/** What an operator sees of the election: plain data, times as ages, every reason as it was decided. */

import type { HealthReason } from './health.js';
import type { Eligibility, Role } from './messages.js';
import { activePeer } from './peers.js';
import { electionProblems } from './problems.js';
import type { Turn } from './turn.js';
import { type ElectionConfig, type ElectionState, witnessName } from './types.js';
import { voterHolder } from './voter.js';

/**
 * `majority`: at most one owner under every partition. `gateway`: unsafe when both nodes reach the gateway and not each
 * other. `etcd`: as `majority`, without the need for one while the owner lives. `keepalived`: unsafe when the nodes do not hear each
 * other and keepalived says MASTER to both. `none`: unsafe whenever the nodes do not hear each other.
 */
export type SafetyMode = 'majority' | 'etcd' | 'keepalived' | 'gateway' | 'none';

export interface GroupView {
  readonly name: string;
  readonly role: Role;
  /** Why it has this role, and since how long. */
  readonly reason: string;
  readonly sinceMs: number;
  /** Why a standby does not claim now; empty otherwise. */
  readonly waiting: string;
  /** Epoch of this node's tenure while active, otherwise the highest known. */
  readonly epoch: number;
  /** The owner as far as this node knows. */
  readonly owner: string | undefined;
  /** What is left of the lease in the kernel, at least; 0 when it holds none. */
  readonly heldForMs: number;
  /** To whom this node's vote is bound; may be empty. */
  readonly voteOf: string;
}

export interface PeerView {
  readonly name: string;
  readonly alive: boolean;
  readonly sinceMs: number;
  readonly reason: string;
  readonly ready: boolean;
  readonly position: string;
  readonly paths: readonly {
    readonly alive: boolean;
    readonly heardMs: number | undefined;
    readonly rttMs: number | undefined;
  }[];
  readonly groups: Readonly<
    Record<
      string,
      {
        readonly role: Role;
        readonly eligible: Eligibility;
        readonly epoch: number;
        readonly penalty: number;
        readonly maintenance: boolean;
      }
    >
  >;
}

export interface ElectionView {
  readonly node: string;
  readonly safety: SafetyMode;
  readonly safetyText: string;
  readonly ready: boolean;
  readonly health: readonly HealthReason[];
  /** '' for the whole node, or names of groups. */
  readonly maintenance: readonly string[];
  /** What an operator should put right, with the remedy. */
  readonly problems: readonly string[];
  readonly groups: readonly GroupView[];
  readonly peers: readonly PeerView[];
  readonly witness:
    | { readonly alive: boolean; readonly heardMs: number | undefined; readonly name: string }
    | undefined;
}

const safetyTexts: Readonly<Record<SafetyMode, string>> = {
  majority: 'at most one owner under every partition',
  etcd: 'at most one owner under every partition; while etcd is away owners stay for what is left of their lease there',
  keepalived: 'two owners are possible when keepalived says MASTER to two nodes that do not hear each other',
  gateway: 'two owners are possible when both nodes reach the gateway and not each other',
  none: 'two owners are possible whenever the nodes do not hear each other: add a witness',
};

export const safetyMode = (config: ElectionConfig): SafetyMode => {
  if (config.coordination) return config.coordination.driver;
  if (config.witness === 'arbiter' || config.nodes.length !== 2) return 'majority';
  return config.witness === 'ping' ? 'gateway' : 'none';
};

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

export const viewElection = (config: ElectionConfig, state: ElectionState, nowMs: number): ElectionView => {
  const turn: Turn = { config, state, effects: [], nowMs };
  const { deadMs, heartbeatMs } = config.timing;
  const groups = Object.values(state.groups).map((group): GroupView => {
    const isActive = group.role === 'active';
    return {
      name: group.name,
      role: group.role,
      reason: group.reason,
      sinceMs: nowMs - group.sinceMs,
      waiting: group.role === 'standby' || group.role === 'init' ? group.waiting : '',
      epoch: isActive ? group.tenure : group.epoch,
      owner: isActive ? config.node : activePeer(turn, group.name)?.name,
      heldForMs: isActive ? Math.max(0, group.heldUntilMs - nowMs) : 0,
      voteOf: voterHolder(state.voter, group.name, nowMs),
    };
  });
  const peers = Object.values(state.peers).map(
    (peer): PeerView => ({
      name: peer.name,
      alive: peer.alive,
      sinceMs: nowMs - peer.sinceMs,
      reason: peer.reason,
      ready: peer.ready,
      position: peer.position,
      paths: Array.from({ length: config.paths }, (_, path) => {
        const heardMs = nowMs - (peer.heardMs[path] ?? Number.NEGATIVE_INFINITY);
        return {
          // Paths take turns (heartbeat.ts).
          alive: heardMs < config.paths * deadMs,
          heardMs: finite(heardMs),
          rttMs: finite(peer.rttMs[path] ?? Number.NaN),
        };
      }),
      groups: peer.groups,
    }),
  );
  const witnessHeardMs = nowMs - state.witnessHeardMs;
  return {
    node: config.node,
    safety: safetyMode(config),
    safetyText: safetyTexts[safetyMode(config)],
    ready: state.readiness.ready,
    health: state.health,
    maintenance: state.maintenance,
    problems: electionProblems(turn),
    groups,
    peers,
    witness:
      config.witness === 'arbiter'
        ? { name: witnessName, alive: witnessHeardMs < 20 * heartbeatMs, heardMs: finite(witnessHeardMs) }
        : undefined,
  };
};
