/** NodeStatus and SyncStatus as an operator reads them. */

import type { ChecksStatus } from '../model/health-check.js';
import type {
  DocumentStatus,
  NodeStatus,
  SyncServiceStatus,
  SyncStatus,
  SyncStreamStatus,
} from '../model/status.js';
import { formatBytes, formatDuration, formatTable } from './table.js';

const yes = (value: boolean): string => (value ? 'yes' : 'NO');
const reasonsOf = (ready: boolean, reasons: readonly string[]): string =>
  ready ? 'ready' : `NOT READY: ${reasons.join('; ') || 'no reason given'}`;

const lagText = ({ lagP50Ms, lagP99Ms }: Pick<SyncStreamStatus, 'lagP50Ms' | 'lagP99Ms'>): string =>
  lagP50Ms === undefined ? '-' : `${formatDuration(lagP50Ms)} / ${formatDuration(lagP99Ms ?? 0)}`;

/** Services shown; all of them are in the JSON. */
const listedServices = 20;

const formatServiceCosts = (services: readonly SyncServiceStatus[]): string[] => {
  if (services.length === 0) return [];
  const rows = services
    .slice(0, listedServices)
    .map((one) => [
      one.service,
      one.replicate ?? '(gone)',
      `${Math.round(one.entriesPerSecond)}/s of ${one.entries}`,
      `${formatBytes(one.bytesPerSecond)}/s of ${formatBytes(one.bytes)}`,
    ]);
  const more = services.length - listedServices;
  return [
    formatTable(['service', 'replicate', 'entries sent', 'bytes sent'], rows),
    ...(more > 0 ? [`… and ${more} more services (--json)`] : []),
  ];
};

export const formatSyncStatus = (sync: SyncStatus): string => {
  if (!sync.enabled) return 'replication  OFF (replication.enabled: false): a failover loses persistence';
  const way = sync.direction === undefined || sync.direction === 'both' ? '' : `, ${sync.direction}s only`;
  const head = `replication  ${sync.complete ? 'complete' : 'NOT COMPLETE'}, ${sync.entries} entries, position ${sync.position}, ${sync.lostReports} lost reports${way}`;
  if (sync.peers.length === 0) return head;
  const rows = sync.peers.map((peer) => [
    peer.name,
    peer.connected ? peer.state : `DOWN${peer.lastError ? ` (${peer.lastError})` : ''}`,
    `${peer.ackedEntries} of ${peer.sentEntries}`,
    peer.unconfirmed === 0 ? '0' : `${peer.unconfirmed}, oldest ${formatDuration(peer.oldestUnconfirmedMs)}`,
    lagText(peer),
    peer.general ? lagText(peer.general) : '-',
    `${Math.round(peer.entriesPerSecond)}/s`,
    `${formatBytes(peer.bytesSentPerSecond)}/s of ${formatBytes(peer.bytesSent)}`,
    `${formatBytes(peer.bytesReceivedPerSecond)}/s of ${formatBytes(peer.bytesReceived)}`,
  ]);
  const peers = formatTable(
    ['peer', 'state', 'confirmed', 'unconfirmed', 'lag p50/p99', 'of general', 'entries', 'sent', 'received'],
    rows,
  );
  return [head, peers, ...formatServiceCosts(sync.services ?? [])].join('\n');
};

const formatDocument = (document: DocumentStatus): string[] => {
  const { version, author, time, kind, reason, confirmInMs, peers } = document;
  const head =
    version === 0
      ? 'none yet'
      : `version ${version}, ${kind} by ${author} at ${time}${reason ? ` (${reason})` : ''}`;
  const others = peers.map(({ name, state }) => `${name} ${state}`).join(', ');
  return [
    `document     ${head}${others ? `; ${others}` : ''}`,
    ...(confirmInMs === undefined
      ? []
      : [`             goes back in ${formatDuration(confirmInMs)} unless confirmed: relevo confirm`]),
    ...document.conflicts.map((text) => `             CONFLICT: ${text}`),
    ...document.problems.map((text) => `             PROBLEM: ${text}`),
  ];
};

const formatChecks = (checks: ChecksStatus | undefined): string[] => {
  if (!checks || checks.checks === 0) return [];
  const late =
    checks.lateMs > 0 ? `, LATE by ${formatDuration(checks.lateMs)}: longer intervals would do` : '';
  const more = checks.downCount - checks.down.length;
  return [
    `checks       ${checks.checks} asked by this node, ${checks.downCount} backends down${late}`,
    ...checks.down.map(
      ({ service, backend, reason }) => `             DOWN ${service}/${backend}: ${reason}`,
    ),
    ...(more > 0 ? [`             … and ${more} more`] : []),
  ];
};

export const formatStatus = (status: NodeStatus): string => {
  const { services, conntrackd, witness } = status;
  const groups = status.groups.map((group) => [
    group.name,
    group.state,
    group.owner ?? 'nobody known',
    group.epoch,
    formatDuration(group.sinceMs),
    group.takeovers,
    group.addresses.join(' '),
    `${group.reason}${group.maintenance ? ' (maintenance)' : ''}`,
  ]);
  const peers = status.peers.map((peer) => [
    peer.name,
    yes(peer.alive),
    peer.paths
      .map((path) =>
        path.alive
          ? 'up'
          : `silent ${path.lastHeardMs === undefined ? 'always' : formatDuration(path.lastHeardMs)}`,
      )
      .join(', '),
    [
      reasonsOf(peer.ready, peer.reasons),
      ...(peer.penalty ? [`penalty ${peer.penalty}${peer.ready ? `: ${peer.reasons.join('; ')}` : ''}`] : []),
      ...(peer.maintenance?.length ? [`in maintenance for ${peer.maintenance.join(', ')}`] : []),
    ].join('; '),
  ]);
  const conntrack = !conntrackd.managed
    ? 'not managed'
    : conntrackd.running
      ? `running, pid ${conntrackd.pid ?? '?'}, ${conntrackd.restarts} restarts`
      : `NOT RUNNING: ${conntrackd.reason ?? 'unknown'}`;
  return [
    `node         ${status.node} of cluster ${status.cluster}, relevo ${status.version}, up ${formatDuration(status.uptimeMs)}, ${formatBytes(status.memoryBytes)}`,
    `this node    ${reasonsOf(status.ready, status.reasons)}`,
    ...(status.health ?? []).map(
      ({ reason, weight, group }) =>
        `health       ${reason} (weight ${weight}${group === undefined ? '' : `, ${group} only`})`,
    ),
    ...(status.problems ?? []).map((text) => `PROBLEM      ${text}`),
    `safety       ${status.safety.mode}: ${status.safety.meaning}`,
    ...(witness
      ? [`witness      ${witness.reachable ? 'reachable' : 'NOT REACHABLE'} ${witness.detail}`]
      : []),
    `services     ${services.count}, ${services.backendsUp} of ${services.backends} backends up, ${services.repairs} repairs of foreign changes`,
    ...formatChecks(services.checks),
    ...services.persistence.map(
      ({ map, entries, size }) => `persistence  ${map}: ${entries} of ${size} clients`,
    ),
    ...services.persistRefused.map(
      ({ service, newcomers }) =>
        `             ${service}: ${newcomers} newcomers were served and not remembered, there was no room`,
    ),
    ...services.draining.map(
      ({ service, backend, sessions, connections }) =>
        `draining     ${service}/${backend}: ${sessions} sessions and ${connections} connections are left`,
    ),
    ...formatDocument(status.document),
    ...(status.kernelLacks.length > 0
      ? [`kernel       lacks ${status.kernelLacks.join(', ')}: services that ask for it go without`]
      : []),
    `conntrackd   ${conntrack}`,
    formatSyncStatus(status.replication),
    '',
    formatTable(['group', 'here', 'active node', 'epoch', 'since', 'takeovers', 'addresses', 'why'], groups),
    '',
    formatTable(['peer', 'alive', 'heartbeat paths', 'state'], peers),
  ].join('\n');
};
