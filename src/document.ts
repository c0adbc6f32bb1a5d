/** The services document of the cluster and counters that survive, joined to this node's services and to its peers. */

import {
  type ClusterDocument,
  type ClusterDocumentParts,
  createClusterDocument,
} from './app/cluster-document.js';
import type { EventRecorder } from './app/events.js';
import type { Reconciler } from './app/reconcile-types.js';
import type { Replicator } from './app/replicate.js';
import { createSurvivingCounters, type SurvivingCounters } from './app/surviving-counters.js';
import { sha256 } from './shell/hash.js';
import { systemRandom, wallTime } from './shell/process.js';

export type DocumentNeeds = Pick<
  ClusterDocumentParts,
  'services' | 'engine' | 'store' | 'clock' | 'log' | 'found'
> & { readonly engine: Reconciler; readonly replicator: Replicator; readonly events: EventRecorder };

/** Once the document of the disk is in force, and before replication runs. */
export const joinDocument = (
  node: string,
  { replicator, events, ...needs }: DocumentNeeds,
  signal: AbortSignal,
): ClusterDocument => {
  const document = createClusterDocument({
    ...needs,
    node,
    peers: replicator.peers,
    random: systemRandom,
    wallTime,
    hash: sha256,
    record: (kind, message) => events.record(kind, message),
  });
  needs.services.attach(document);
  const { engine, services, log } = needs;
  const counters: SurvivingCounters = createSurvivingCounters({
    ...{ node, peers: replicator.peers, log },
    read: () => engine.counters(),
    service: (name) => engine.view().services.get(name),
    services: () => engine.view().services.values(),
    send: replicator.attachCounters((carried) => counters.hear(carried)),
  });
  services.countFrom(() => counters.counters());
  counters.run(signal);
  document.run(replicator.attachDocuments(document), signal);
  return document;
};
