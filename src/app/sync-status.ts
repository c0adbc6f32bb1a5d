/** What `relevo sync status` shows. */

import { ipv4FromNumber } from '../model/address.js';
import { protocolOf } from '../model/columns.js';
import type { Direction } from '../model/node.js';
import type { Endpoint, Service } from '../model/service.js';
import type { SyncPeerStatus, SyncServiceStatus, SyncStatus, SyncStreamStatus } from '../model/status.js';
import type { Clock } from '../ports.js';
import type { ServiceCosts } from '../replication/costs.js';
import { digestOf, digestText } from '../replication/digest.js';
import { sendsEntries } from '../replication/direction.js';
import type { GroupBook } from '../replication/groups.js';
import type { Outbound } from '../replication/outbound.js';
import type { Replica } from '../replication/replica.js';
import type { GeneralPlane } from './general-plane.js';
import type { KernelSink } from './kernel-sink.js';
import type { KernelSource } from './kernel-source.js';
import type { PeerHub } from './peer-hub.js';
import { type PeerRecord, sentEntries } from './peer-record.js';
import type { SyncReadiness } from './sync-readiness.js';

/** Beyond what every node says. */
export interface SyncDetails {
  /** One digest per group, a second old at most: equal on all nodes when nothing is under way. */
  readonly digests: Readonly<Record<string, string>>;
  readonly active: readonly string[];
  readonly reasons: readonly string[];
  readonly reports: number;
  readonly foundByDump: number;
  readonly writtenEntries: number;
  readonly kernelBacklog: number;
  /** Entries that found no room in the replica. */
  readonly refusedEntries: number;
  /** Of the second stream: general and stateless services, and bans. */
  readonly general: {
    readonly entries: number;
    readonly reports: number;
    /** Reported entries that did not come. */
    readonly missed: number;
    readonly writtenEntries: number;
    readonly kernelBacklog: number;
    readonly digests: Readonly<Record<string, string>>;
  };
}

export interface SyncStatusInput {
  readonly enabled: boolean;
  readonly hub: PeerHub;
  readonly source: KernelSource;
  readonly sink: KernelSink;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly readiness: SyncReadiness;
  readonly clock: Clock;
  readonly digests: Readonly<Record<string, string>>;
  readonly general: GeneralPlane | undefined;
  readonly generalDigests: Readonly<Record<string, string>>;
  readonly costs: ServiceCosts;
  readonly direction: Direction;
  readonly serviceAt: (endpoint: Endpoint) => Service | undefined;
  /** General ones, by name. */
  readonly services: () => ReadonlyMap<string, Service>;
}

const stateOf = ({ session, lastError }: PeerRecord): string => {
  if (!session) return lastError === undefined ? 'not connected yet' : 'disconnected';
  if (session.state !== 'streaming') return 'greeting';
  return session.incompleteGroups().length > 0 ? 'receiving a snapshot' : 'in sync';
};

/** While the peer is away or has been passed over, what has changed since its last word counts, superseded changes included. */
const unconfirmedOf = (outbound: Outbound | undefined, replica: Replica, acked: number): number => {
  if (!outbound) return replica.head - acked;
  return outbound.hasGap() ? replica.head - outbound.acked : outbound.unconfirmed + outbound.queued;
};

/** Of one stream to one peer. */
const streamStatus = (
  outbound: Outbound | undefined,
  replica: Replica,
  acked: number,
  nowMs: number,
): SyncStreamStatus => ({
  unconfirmed: unconfirmedOf(outbound, replica, acked),
  oldestUnconfirmedMs: outbound ? outbound.oldestUnconfirmedMs(nowMs) : replica.oldestChangeMs(acked, nowMs),
  lagP50Ms: outbound && outbound.lag.count > 0 ? outbound.lag.percentileMs(0.5) : undefined,
  lagP99Ms: outbound && outbound.lag.count > 0 ? outbound.lag.percentileMs(0.99) : undefined,
});

const nothing = { unconfirmed: 0, oldestUnconfirmedMs: 0, lagP50Ms: undefined, lagP99Ms: undefined };

const peerStatus = (record: PeerRecord, input: SyncStatusInput, nowMs: number): SyncPeerStatus => {
  const { session } = record;
  const { replica, general, direction } = input;
  const sends = sendsEntries(direction);
  const first = sends ? streamStatus(session?.outbound, replica, record.acked, nowMs) : nothing;
  const second =
    sends && general
      ? streamStatus(session?.general?.outbound, general.replica, record.generalAcked, nowMs)
      : nothing;
  return {
    name: record.name,
    connected: session?.state === 'streaming',
    state: stateOf(record),
    sentEntries: sentEntries(record) - record.lostEntries,
    entriesPerSecond: record.rates.entriesSent.perSecond(sentEntries(record), nowMs),
    ackedEntries:
      record.ackedEntries +
      (session?.outbound.ackedEntries ?? 0) +
      (session?.general?.outbound.ackedEntries ?? 0),
    unconfirmed: first.unconfirmed + second.unconfirmed,
    oldestUnconfirmedMs: Math.max(first.oldestUnconfirmedMs, second.oldestUnconfirmedMs),
    lagP50Ms: first.lagP50Ms,
    lagP99Ms: first.lagP99Ms,
    general: second,
    bytesSent: record.bytesSent,
    bytesReceived: record.bytesReceived,
    bytesSentPerSecond: record.rates.bytesSent.perSecond(record.bytesSent, nowMs),
    bytesReceivedPerSecond: record.rates.bytesReceived.perSecond(record.bytesReceived, nowMs),
    lastError: record.lastError,
  };
};

/** By name, with what each service has chosen. */
const serviceCosts = (input: SyncStatusInput, nowMs: number): SyncServiceStatus[] => {
  const choices = new Map<string, string>();
  const nameOf = (address: number, protocolPort: number): string | undefined => {
    const protocol = protocolOf(protocolPort);
    const endpoint = protocol && { address: ipv4FromNumber(address), protocol, port: protocolPort & 0xffff };
    const service = endpoint && input.serviceAt(endpoint);
    if (service) choices.set(service.name, service.replicate);
    return service?.name;
  };
  const named = input.services();
  return input.costs.list(nameOf, nowMs).map((cost) => ({
    ...cost,
    replicate: choices.get(cost.service) ?? named.get(cost.service)?.replicate,
  }));
};

export const digestTexts = (replica: Replica, groups: GroupBook, nowMs: number): Record<string, string> =>
  Object.fromEntries(groups.names.map((name, group) => [name, digestText(digestOf(replica, group, nowMs))]));

export const syncStatus = (input: SyncStatusInput): SyncStatus & SyncDetails => {
  const { hub, source, sink, replica, groups, readiness, clock, general } = input;
  const nowMs = clock.nowMs();
  return {
    enabled: input.enabled,
    direction: input.direction,
    services: serviceCosts(input, nowMs),
    complete: readiness.ready,
    entries: replica.live + (general?.replica.live ?? 0),
    position: readiness.position,
    lostReports: source.lostReports + (general?.source.lostReports ?? 0),
    peers: [...hub.records.values()].map((record) => peerStatus(record, input, nowMs)),
    digests: input.digests,
    active: groups.activeGroups().map((group) => groups.names[group]!),
    reasons: readiness.reasons,
    reports: source.reports,
    foundByDump: source.foundByDump,
    writtenEntries: sink.writtenEntries,
    kernelBacklog: sink.backlog,
    refusedEntries: source.fullEntries,
    general: {
      entries: general?.replica.live ?? 0,
      reports: general?.hints.reports ?? 0,
      missed: general?.hints.missed ?? 0,
      writtenEntries: general?.sink.writtenEntries ?? 0,
      kernelBacklog: general?.sink.backlog ?? 0,
      digests: input.generalDigests,
    },
  };
};
