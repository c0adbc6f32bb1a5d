/** From a node's configuration to what the election wants to know of it. */

import { isWireName } from '../election/bytes.js';
import { fileNumber } from '../election/cluster-file.js';
import type { ElectionConfig } from '../election/types.js';
import { lockMsFor } from '../election/voter.js';
import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { AddressGroup, Failback, NodeConfig } from '../model/node.js';

const refuse = (message: string): never => {
  throw new RelevoError('bad-config', message);
};

/** The links whose loss makes this node give a group away. */
const trackedLinks = (group: NodeConfig['groups'][number]): readonly string[] => [
  ...new Set([...group.trackLinks, ...group.addresses.map((address) => address.interface)]),
];

export const watchedLinks = (config: NodeConfig): readonly string[] => [
  ...new Set(config.groups.flatMap(trackedLinks)),
];

export const preferredNodes = ({ preferred = [] }: AddressGroup): readonly string[] =>
  typeof preferred === 'string' ? [preferred] : preferred;

const failbackOf = ({ failback, preempt }: AddressGroup): Failback =>
  failback ?? { kind: preempt ? 'now' : 'never' };

/** In the order of `fileParts`. Names of interfaces are each machine's own. */
const fileNumbers = (config: NodeConfig): readonly number[] => {
  const groups = config.groups.map((group) => [
    group.name,
    group.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    preferredNodes(group),
    failbackOf(group),
  ]);
  // Which etcd, not by which certificates.
  const driver =
    config.coordination?.driver === 'etcd' ? config.coordination.endpoints : config.coordination?.driver;
  const deciding = driver === undefined ? config.witness : [config.witness, driver];
  return [config.nodes, groups, deciding, config.timing].map((part) => fileNumber(JSON.stringify(part)));
};

/** An owner has several chances to renew; each is as long as a call may take. */
const coordinationPart = (
  { coordination }: NodeConfig,
  etcd: { readonly identity: string; readonly knownCluster: string },
): Pick<ElectionConfig, 'coordination'> => {
  if (!coordination) return {};
  if (coordination.driver === 'keepalived') return { coordination: { driver: 'keepalived' } };
  const { ttlMs, timeoutMs } = coordination;
  const keepMs = Math.min(1_000, ttlMs / 6);
  return { coordination: { driver: 'etcd', ttlMs, keepMs, callMs: timeoutMs, ...etcd } };
};

/** Throws `bad-config` for what the election cannot work with; says place and remedy. */
export const electionConfig = (
  config: NodeConfig,
  session: number,
  etcd: { readonly identity: string; readonly knownCluster: string } = { identity: '', knownCluster: '' },
): ElectionConfig => {
  const { timing } = config;
  const names = config.nodes.map(({ name }) => name);
  for (const name of [config.cluster, ...names, ...config.groups.map((group) => group.name)]) {
    if (!isWireName(name)) refuse(`name '${name}': 1 to 32 letters, digits or . _ - are needed`);
  }
  for (const name of names) if (name.startsWith('@')) refuse(`nodes: '${name}' must not begin with @`);
  if (new Set(names).size !== names.length) refuse('nodes: two nodes have the same name');
  if (!names.includes(config.node)) refuse(`node: '${config.node}' is not among nodes (${names.join(', ')})`);
  if (config.nodes.some((node) => node.heartbeat.length === 0)) {
    refuse('nodes: every node needs at least one heartbeat address, better two on different networks');
  }
  if (config.groups.length > limits.groups) {
    refuse(
      `groups: ${config.groups.length}, at most ${limits.groups}: put addresses that move together into one`,
    );
  }
  if (timing.renewMs * 3 > timing.leaseMs) {
    refuse(`timing.renewMs: ${timing.renewMs} must be at most a third of leaseMs (${timing.leaseMs})`);
  }
  if (timing.heartbeatMs * 2 > timing.deadMs) {
    refuse(`timing.heartbeatMs: ${timing.heartbeatMs} must be at most half of deadMs (${timing.deadMs})`);
  }
  return {
    node: config.node,
    session,
    nodes: names,
    witness: config.witness.kind,
    paths: Math.min(...config.nodes.map((node) => node.heartbeat.length)),
    groups: config.groups.map((group) => ({
      name: group.name,
      preferred: preferredNodes(group),
      failback: failbackOf(group),
      trackLinks: trackedLinks(group),
    })),
    timing,
    ...coordinationPart(config, etcd),
    file: fileNumbers(config),
    lockMs: lockMsFor,
  };
};
