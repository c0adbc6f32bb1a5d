/** One node with replication as a process of its own, for faults and benches: told what to do over IPC, measures what it can see itself. */

import { writeFileSync } from 'node:fs';
import { farms } from '../../bench/support/farms.mjs';
import { parseServices } from '../../src/config/services.js';
import type { Service } from '../../src/model/service.js';
import type { ElementList } from '../../src/netlink/nft/ast.js';
import type { Nft } from '../../src/ports.js';
import { persistMap, serviceTable } from '../../src/ruleset/layout.js';
import { makePrompt } from '../../src/shell/realtime.js';
import { type BedNode, createBedNode, type SyncBedFiles, syncService } from './sync-bed.js';

export type AgentCommand =
  /**
   * `fill`: entries that the kernel holds before the agent looks, each for `fillMs` (default: 300 s). `services`: instead of those that the process was
   * started with. `watch`: listens to changes of nf_tables, which makes commits dearer in all namespaces of the machine.
   */
  | {
      readonly kind: 'start';
      readonly fill?: number;
      readonly fillMs?: number;
      readonly services?: readonly Service[];
      readonly watch?: boolean;
    }
  | { readonly kind: 'active'; readonly epoch: number }
  /** Another document, from now on. */
  | { readonly kind: 'apply'; readonly services: readonly Service[] }
  /** The wall clock of this process jumps; or, as a negative control, the one that its agent goes by. */
  | { readonly kind: 'step-clock'; readonly byMs: number; readonly monotonic?: boolean }
  | { readonly kind: 'status' }
  /** Writes when each client's entry was confirmed by this kernel (float64 milliseconds, by client number). */
  | { readonly kind: 'arrivals'; readonly count: number; readonly file: string }
  | { readonly kind: 'stop' };

export interface AgentStatus {
  readonly entries: number;
  readonly kernelWrites: number;
  readonly ready: boolean;
  readonly connected: boolean;
  readonly pid: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly unconfirmed: number;
  readonly lostReports: number;
  readonly foundByDump: number;
  readonly reports: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly firstArrivalMs: number;
  readonly lastArrivalMs: number;
  readonly arrived: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

const [name = '', namespace = '', filesText = '{}', otherFarms = '0'] = process.argv.slice(2);
const files = JSON.parse(filesText) as SyncBedFiles;
const firstClient = 0x0a400000;
const mostClients = 4_000_000;
const arrivals = new Float64Array(mostClients);
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
let steppedMs = 0;
let arrived = 0;
let firstArrivalMs = 0;
let lastArrivalMs = 0;
let startedAtMs = 0;

/** Notes when the kernel said yes to each element. */
const watched = (nft: Nft): Nft => ({
  ...nft,
  async commit(transaction) {
    await nft.commit(transaction);
    const atMs = nowMs();
    for (const operation of transaction.operations) {
      if (operation.op !== 'add-elements' || operation.set.name !== persistMap.name) continue;
      firstArrivalMs ||= atMs;
      lastArrivalMs = atMs;
      // Without an object for each, which would cost the standby more than its own work on it.
      const { packed, length } = operation.elements as ElementList;
      if (!packed) continue;
      const { bytes, keyBytes, dataBytes } = packed;
      for (let index = 0; index < length; index++) {
        const at = index * (keyBytes + dataBytes);
        const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
        const client = word - firstClient;
        if (client < 0 || client >= mostClients) continue;
        if (arrivals[client] === 0) arrived++;
        arrivals[client] = atMs;
      }
    }
  },
});

/** As settimeofday would, for all that asks JavaScript for the time of day. */
const stepWallClock = (byMs: number): void => {
  const now = Date.now;
  Date.now = () => now() + byMs;
};

const read = (wanted: readonly object[]) => {
  const parsed = parseServices({ farms: wanted });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document.services;
};
const asked = JSON.parse(otherFarms) as number | readonly object[];

let made: BedNode | undefined;
/** Made when it is started: until then a process opens nothing, so that it may wait for its turn beside the one before it. */
const theNode = (watch = false): BedNode => {
  if (made) return made;
  // As `relevo agent` does.
  makePrompt();
  made = createBedNode(files, name, namespace, {
    wrap: watched,
    ...(watch && { watch }),
    clock: { nowMs: () => nowMs() + steppedMs },
    services: Array.isArray(asked) ? read(asked) : [syncService(), ...read(farms(asked as number))],
  });
  return made;
};

const fill = async (first: number, count: number, timeoutMs: number): Promise<void> => {
  const batch = 50_000;
  for (let from = first; from < first + count; from += batch) {
    const elements = Array.from({ length: Math.min(batch, first + count - from) }, (_, at) => {
      const key = new Uint8Array(16);
      new DataView(key.buffer).setUint32(0, firstClient + from + at);
      key.set([198, 51, 100, 10, 17, 0, 0, 0, 0, 53], 4);
      const data = Uint8Array.of(10, 51, 0, 2, 8001 >> 8, 8001 & 255, 0, 0);
      return { key, data, timeoutMs, expiresMs: timeoutMs - 1_000 };
    });
    await theNode().nft.commit({
      reason: 'bench: fill',
      operations: [{ op: 'add-elements', table: serviceTable, set: persistMap, elements }],
    });
  }
  // The kernel widens its table in the background, and a dump meanwhile has gaps.
  if (count > 0) await new Promise((resolve) => setTimeout(resolve, 300));
};

const status = (): AgentStatus => {
  const { replicator } = theNode();
  const sync = replicator.status();
  const [peer] = sync.peers;
  const { user, system } = process.cpuUsage();
  return {
    entries: sync.entries,
    kernelWrites: sync.writtenEntries,
    ready: replicator.readiness().ready,
    connected: peer?.connected ?? false,
    pid: process.pid,
    bytesSent: peer?.bytesSent ?? 0,
    bytesReceived: peer?.bytesReceived ?? 0,
    unconfirmed: peer?.unconfirmed ?? 0,
    lostReports: sync.lostReports,
    foundByDump: sync.foundByDump,
    reports: sync.reports,
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    firstArrivalMs,
    lastArrivalMs,
    arrived,
    startedAtMs,
    nowMs: nowMs(),
  };
};

const perform = async (command: AgentCommand): Promise<unknown> => {
  switch (command.kind) {
    case 'start':
      startedAtMs = nowMs();
      return theNode(command.watch).start(
        () => fill(1_000_000, command.fill ?? 0, command.fillMs ?? 300_000),
        command.services,
      );
    case 'active':
      return theNode().replicator.setActive('front', command.epoch, true);
    case 'apply':
      return theNode().apply(command.services);
    case 'step-clock':
      if (command.monotonic) steppedMs += command.byMs;
      else stepWallClock(command.byMs);
      return undefined;
    case 'status':
      return status();
    case 'arrivals':
      return writeFileSync(command.file, new Uint8Array(arrivals.buffer, 0, command.count * 8));
    case 'stop':
      await theNode().stop();
      setImmediate(() => process.disconnect());
      return undefined;
  }
};

process.on('message', ({ id, command }: { id: number; command: AgentCommand }) => {
  perform(command).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
