/** Two nodes in one process, real rule engines on fake kernels, messages of the services document through the real codec. */

import { createNftlbApi } from '../../../src/api/nftlb/api.js';
import { createClusterDocument } from '../../../src/app/cluster-document.js';
import { createReconciler } from '../../../src/app/reconcile.js';
import { createServicesInForce } from '../../../src/app/services-in-force.js';
import { createServicesStore } from '../../../src/app/services-store.js';
import { parseServices } from '../../../src/config/services.js';
import type { ServicesDocument } from '../../../src/model/service.js';
import type { Files } from '../../../src/ports.js';
import { createKeyCheck } from '../../../src/shell/api-server.js';
import { sha256 } from '../../../src/shell/hash.js';
import { decodeFrame } from '../../../src/wire/decode.js';
import { encodeFrame } from '../../../src/wire/encode.js';
import type { DocumentMessage } from '../../../src/wire/frames.js';
import { createFakeNft } from '../../fakes/nft.js';
import { createLog } from '../../support/log.js';

export const memoryFiles = (): Files => {
  const content = new Map<string, string>();
  return {
    read: async (path) => content.get(path),
    writeAtomic: async (path, text) => void content.set(path, text),
    rename: async (from, to) => {
      const text = content.get(from);
      if (text === undefined) return false;
      content.set(to, text);
      return content.delete(from);
    },
    remove: async (path) => void content.delete(path),
  };
};

export const farm = (name: string, index: number, more: object = {}) => ({
  name,
  'virtual-addr': `192.0.${Math.floor(index / 250)}.${1 + (index % 250)}`,
  'virtual-ports': '80',
  mode: 'dnat',
  backends: [1, 2].map((at) => ({ name: `b${at}`, 'ip-addr': `10.1.0.${at}`, port: '80', state: 'up' })),
  ...more,
});
export const document = (farms: readonly object[], policies: readonly object[] = []): ServicesDocument => {
  const parsed = parseServices({ farms, policies });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
};

export const startNode = async (node: string, peer: string, files: Files = memoryFiles()) => {
  const clock = { shiftMs: 0, nowMs: () => performance.now() + clock.shiftMs };
  const log = createLog();
  const nft = createFakeNft(clock);
  const engine = createReconciler({ nft, log, clock }, { floating: [], protect: false });
  await engine.adopt();
  const store = createServicesStore(files, '/state', log, sha256);
  const stored = await store.load();
  if (stored) await engine.apply(stored, 'stored');
  const services = createServicesInForce(engine, store, log);
  const cluster = createClusterDocument({
    node,
    peers: [peer],
    services,
    engine,
    store,
    clock,
    random: { next: () => Math.random() },
    wallTime: () => '2026-01-01T00:00:00.000Z',
    hash: sha256,
    log,
    record() {},
    found: stored !== undefined,
  });
  services.attach(cluster);
  const app = createNftlbApi(services, { isKey: createKeyCheck('k'), log });
  const put = async (body: object): Promise<number> => {
    const headers = { Key: 'k' };
    const reply = await app.inject({ method: 'PUT', url: '/farms', headers, payload: JSON.stringify(body) });
    return reply.statusCode;
  };
  /** An element more, by nftlb's interface. */
  const post = async (policy: string, data: string, more: object = {}): Promise<number> => {
    const payload = JSON.stringify({ policies: [{ name: policy, elements: [{ data, ...more }] }] });
    const reply = await app.inject({ method: 'PUT', url: '/policies', headers: { Key: 'k' }, payload });
    return reply.statusCode;
  };
  return { node, engine, services, cluster, put, post, log, store, files, nft, clock };
};
export type DocumentNode = Awaited<ReturnType<typeof startNode>>;

type Change = (message: DocumentMessage) => DocumentMessage;

/** Until what is returned is called, or the nodes end by the signal. Frames in between pass through the codec, and through `change`. */
export const link = (
  a: DocumentNode,
  b: DocumentNode,
  signal: AbortSignal,
  change: Change = (message) => message,
): (() => void) => {
  let isUp = true;
  const pass = (from: DocumentNode, to: DocumentNode) => (_: string, message: DocumentMessage) => {
    const frame = decodeFrame(encodeFrame({ kind: 'document', message: change(message) }));
    setImmediate(() => {
      if (isUp && frame.kind === 'document') to.cluster.onMessage(from.node, frame.message);
    });
  };
  a.cluster.run(pass(a, b), signal);
  b.cluster.run(pass(b, a), signal);
  a.cluster.onPeer(b.node, true, true);
  b.cluster.onPeer(a.node, true, true);
  return () => {
    isUp = false;
    a.cluster.onPeer(b.node, false, true);
    b.cluster.onPeer(a.node, false, true);
  };
};

/** Connects two nodes; returns what ends both. */
export const connect = (a: DocumentNode, b: DocumentNode, change?: Change): (() => void) => {
  const abort = new AbortController();
  const cut = link(a, b, abort.signal, change);
  return () => {
    cut();
    abort.abort();
  };
};

export const until = async (what: string, holds: () => boolean): Promise<void> => {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
export const inSync = (a: DocumentNode, b: DocumentNode): boolean =>
  [a, b].every(({ cluster }) => cluster.status().peers[0]?.state === 'in sync') &&
  a.cluster.status().id === b.cluster.status().id;
export const plain = { confirmMs: 0, force: false, reason: '' };
