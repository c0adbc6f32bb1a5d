/** Every bound on what comes from outside: frames, queues, documents, retries. Units last in the name. */

export const limits = {
  /** A services document as text. */
  documentBytes: 256 * 1024 * 1024,
  /** Problems listed for one bad document before the rest are only counted. */
  problemsListed: 100,
  serviceNameChars: 63,
  addressNameChars: 128,
  servicesPerDocument: 200_000,
  backendsPerService: 1024,
  addressesPerService: 1024,
  portRangesPerAddress: 1024,
  policyElements: 1_000_000,
  policiesPerDocument: 1024,
  staticSessionsPerService: 65_536,
  /** NF_LOG_PREFIXLEN (linux/netfilter/nf_log.h) without the closing zero. */
  logPrefixBytes: 127,
  /**
   * Elements in one netlink batch, and its bytes. A commit holds the nf_tables mutex of the namespace, and lease renewals wait for it:
   * 40,000 elements took 60 to 125 ms, a whole lease; 8,000 take less than a renewal interval.
   */
  batchElements: 8_000,
  batchBytes: 6 * 1024 * 1024,
  /** Persistence entries that are read to find those that expire soonest: more than this in one dump take the kernel seconds. */
  persistSample: 65_536,
  /** Services with leastconn whose shares are written in one go: up to 16,384 slots, of which most stay as they are. The others wait for the next count. */
  leastconnServices: 64,
  /** NFTA_SET_ELEM_LIST_ELEMENTS is a u16-length attribute: one message carries at most this many bytes of elements. */
  elementListBytes: 60_000,
  /** One protobuf message on the replication websocket. */
  syncFrameBytes: 1024 * 1024,
  /** Entries in one replication frame: at 29 bytes each at most, far below syncFrameBytes. */
  syncFrameEntries: 8_192,
  /** The same of general entries, whose keys are longer: 256 bytes each at most, names included. */
  syncGeneralEntries: 2_048,
  /** General entries one node remembers, and names of services and addresses of backends in them. */
  generalEntries: 524_288,
  generalNames: 524_288,
  /** Reports of newcomers whose entry is not there yet: asked for again a few times, then left to the next scan. */
  generalHints: 16_384,
  /** Entries sent to a peer and not yet acknowledged before sending pauses. */
  syncWindowEntries: 65_536,
  /** Bytes handed to a peer's socket and not yet taken by the kernel before sending pauses. */
  syncBufferedBytes: 4 * 1024 * 1024,
  /** Bytes made for a peer in one turn of the event loop: a full frame of entries. */
  syncTurnBytes: 256 * 1024,
  /** Entries one node remembers: what the kernel's map can hold. */
  replicaEntries: 1_048_576,
  /** Groups and names in a frame. */
  syncGroups: 255,
  syncNameChars: 128,
  /** Unacknowledged delta entries per peer before its queue is dropped and it must resync. */
  syncQueueEntries: 262_144,
  /**
   * What a peer may send: a rate that lasts, and a reserve for what waits after a pause of this node. The reserve of frames holds two full
   * windows of one entry each, that of bytes the largest services document and as many entries as there can be.
   */
  syncFramesPerSecond: 25_000,
  syncFrameBurst: 262_144,
  syncBytesPerSecond: 32 * 1024 * 1024,
  syncByteBurst: 512 * 1024 * 1024,
  /** The same of digests, requests, snapshots and roles, for each group: a takeover takes four, a digest comes every ten seconds. */
  syncCostlyPerSecond: 16,
  syncCostlyBurst: 256,
  /** Epochs that a peer may be ahead of what the election of this node has heard of: each takes a claim, and heartbeats tell of it within a second. */
  syncEpochsAhead: 1_000,
  /** Pieces in which one message may arrive: one of 1 MiB takes 64 TLS records, and each piece costs memory besides its bytes. */
  syncMessagePieces: 4_096,
  /** How long a peer may wait with its hello. */
  syncHelloMs: 5_000,
  /** Services and backends in one frame of counters that survive: 500 bytes each at most. */
  countersCarried: 1_000,
  /** Entries that `sync verify` tells of as different. */
  verifyDifferences: 1_000,
  /** A piece of a services document on its way to a peer. */
  documentPartBytes: 256 * 1024,
  /** Starts of agents that edited, in the ancestry of a version. */
  documentSessions: 4_096,
  documentReasonChars: 1_024,
  /** Versions kept for `relevo history` and `rollback`, and objects (services, addresses, policies) in the ways back to them. */
  documentVersions: 64,
  documentHistoryObjects: 50_000,
  /** States of backends that are remembered, also of those that are gone. */
  backendStates: 500_000,
  /** Groups of addresses of one cluster: each costs an ask and an answer at every renewal. */
  groups: 64,
  /** A heartbeat datagram: larger ones are not read. */
  heartbeatBytes: 1_400,
  /** nftlb's interface: a request and how long a client may take for it, and for reading the answer. */
  nftlbBodyBytes: 64 * 1024 * 1024,
  nftlbHeadersMs: 5_000,
  nftlbRequestMs: 30_000,
  nftlbIdleMs: 60_000,
  nftlbConnections: 256,
  /** Programs that look for neighbours at a time. */
  neighbourProbes: 16,
  /** Decisions of the election: handed over in one go, waiting to be written, in one file, and files kept besides the last. */
  decisionBatch: 1_024,
  decisionQueueBytes: 4 * 1024 * 1024,
  decisionFileBytes: 8 * 1024 * 1024,
  decisionFiles: 24,
  /** Who follows the events, and what may wait for one of them. */
  eventFollowers: 16,
  eventFollowerBytes: 256 * 1024,
  /** Events of a peer in one answer. */
  eventsAnswered: 1_000,
  /** Calls of the notify script that wait for their turn, and what is kept of what it prints. */
  notifyWaiting: 64,
  notifyOutputChars: 500,
  /** Checks of backends: started in a second, open at the same time, and told of in status. */
  backendChecksPerSecond: 1_000,
  backendChecksAtOnce: 1_024,
  backendChecksListed: 20,
  /** Neighbours that are asked after a takeover whether they have the addresses, of one group. */
  healQuestions: 256,
  controlBodyBytes: 256 * 1024 * 1024,
  commandOutputBytes: 64 * 1024 * 1024,
  commandMs: 30_000,
} as const;

/** Of whoever speaks to nftlb's interface. */
export const leastTls = 'TLSv1.2';
