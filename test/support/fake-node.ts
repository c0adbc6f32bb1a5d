/** A node that answers from memory: what the control interface and the CLI are tested against. */

import { RelevoError } from '../../src/errors.js';
import type { NodeControl, NodeEvent, NodeStatus } from '../../src/model/status.js';
import type { Log } from '../../src/ports.js';

export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quietLog };

export const exampleStatus: NodeStatus = {
  version: '0.1.0',
  cluster: 'lab',
  node: 'lb1',
  uptimeMs: 61_000,
  memoryBytes: 80 * 1024 * 1024,
  safety: { mode: 'arbiter', meaning: 'at most one node answers, under every partition' },
  ready: true,
  reasons: [],
  groups: [
    {
      name: 'g1',
      state: 'active',
      owner: 'lb1',
      epoch: 7,
      reason: 'preferred node',
      sinceMs: 5_000,
      takeovers: 2,
      addresses: ['10.10.0.100/24'],
    },
  ],
  peers: [
    {
      name: 'lb2',
      alive: true,
      paths: [{ alive: true, lastHeardMs: 3 }],
      ready: false,
      reasons: ['snapshot at 5 %'],
    },
  ],
  witness: { reachable: true, detail: '10.30.0.50:5782' },
  services: {
    count: 1,
    backends: 2,
    backendsUp: 1,
    repairs: 0,
    persistence: [{ map: 'ip persist', entries: 12, size: 100 }],
    persistRefused: [{ service: 'web', newcomers: 5 }],
    draining: [{ service: 'web', backend: 'b1', sessions: 7, connections: 2 }],
  },
  document: {
    version: 7,
    id: 'abc.3',
    author: 'lb2',
    time: '2026-01-02T03:04:05.000Z',
    kind: 'apply',
    reason: 'new backends',
    content: '00',
    confirmInMs: 42_000,
    conflicts: [],
    problems: [],
    peers: [{ name: 'lb2', state: 'in sync', version: 7 }],
  },
  kernelLacks: ['queue'],
  replication: { enabled: true, complete: true, entries: 3, position: '42', lostReports: 0, peers: [] },
  conntrackd: {
    managed: true,
    running: false,
    pid: undefined,
    restarts: 3,
    reason: 'exit status 1',
    counters: {},
  },
};

export const createFakeNode = (): NodeControl & {
  readonly calls: string[];
  tell(event: NodeEvent): void;
} => {
  const calls: string[] = [];
  const listeners = new Set<(event: NodeEvent) => void>();
  return {
    calls,
    status: async () => exampleStatus,
    services: () => '{"farms": []}',
    confirm: async () => {
      calls.push('confirm');
      return { dryRun: false, changed: [], operations: 1, text: undefined, version: 8, confirmed: ['lb2'] };
    },
    rollback: async (version, force) => {
      calls.push(`rollback ${version ?? 'one'}${force ? ' by force' : ''}`);
      return { dryRun: false, changed: ['web'], operations: 3, text: undefined, version: 9, confirmed: [] };
    },
    resolve: async () => {
      calls.push('resolve');
      return { dryRun: false, changed: [], operations: 1, text: undefined, version: 10, confirmed: [] };
    },
    history: () => [
      {
        version: 7,
        id: 'abc.3',
        author: 'lb2',
        time: '2026-01-02T03:04:05.000Z',
        kind: 'apply',
        reason: 'new backends',
        objects: 2,
        reachable: true,
      },
    ],
    apply: async (text, { dryRun }) => {
      calls.push(`apply ${dryRun ? 'dry ' : ''}${text.length}`);
      if (text.includes('bad')) throw new RelevoError('bad-document', 'farms[0].mode: bad');
      return { dryRun, changed: ['web'], operations: 3, text: dryRun ? 'add element …' : undefined };
    },
    counters: async () => [],
    setBackendState: async (service, backend, state) => {
      calls.push(`backend ${service} ${backend} ${state}`);
      if (service !== 'web') throw new RelevoError('not-found', `no service '${service}'`);
    },
    sessions: async (service) => {
      calls.push(`sessions ${service}`);
      return [];
    },
    handoverAll: async (to) => {
      calls.push(`handover --all ${to ?? ''}`.trimEnd());
      return { front: { ok: true, tookMs: 12 } };
    },
    setMaintenance: async (node, group, on) => {
      calls.push(`maintenance ${on ? 'on' : 'off'} ${node ?? 'here'} ${group ?? 'all'}`);
    },
    handover: async (group) =>
      group === 'g1' ? { ok: true, tookMs: 3 } : { ok: false, reason: `no group '${group}'` },
    syncShow: () => [],
    syncWatch: () => () => {},
    syncDump: () => ({ entries: [], general: [] }),
    syncVerify: async () => ({
      consistent: false,
      lines: ['lb2: 1 entry differs'],
      nodes: [],
      differences: [],
    }),
    events: () => [
      { time: '2026-01-01T00:00:00.000Z', atMs: 1, kind: 'takeover', message: 'g1: peer dead', facts: {} },
    ],
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    clusterEvents: async () => ({ nodes: [], events: [] }),
  };
};
