/** node.yaml, witness.yaml and conntrackd's part of a lab node, as data and as YAML. */

import { stringify } from 'yaml';
import { etcdEndpoints } from './etcd.js';
import {
  etcdNames,
  fewestNodes,
  floating,
  floating6,
  hostByName,
  type LabCoordination,
  type LabFamily,
  type NodeName,
  needsWitness,
  nodeNamesOf,
} from './topology.js';

export interface LabTiming {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly heartbeatMs: number;
  readonly deadMs: number;
  readonly syncWaitMs: number;
  readonly announceMs: number;
}

export const labTiming: LabTiming = {
  leaseMs: 120,
  renewMs: 30,
  heartbeatMs: 30,
  deadMs: 100,
  syncWaitMs: 5_000,
  announceMs: 10_000,
};

/** The fast profile (docs/failover.md): for nodes whose processors nobody else keeps. */
export const fastTiming: LabTiming = { ...labTiming, leaseMs: 60, renewMs: 15, heartbeatMs: 15, deadMs: 50 };

const own = (host: string, device: string): string =>
  hostByName(host)!
    .links.find((link) => link.device === device)!
    .address.split('/')[0]!;

const witnessAt = ['sync0', 'front0'].map((device) => `${own('witness', device)}:5782`);

const coordinationPart: Readonly<Record<LabCoordination, object>> = {
  votes: {},
  etcd: { coordination: { driver: 'etcd', endpoints: etcdEndpoints(etcdNames), ttlMs: 10_000 } },
  keepalived: { coordination: { driver: 'keepalived', fifo: 'vrrp.fifo' } },
};

/** Paths are relative to the file's folder. */
export const nodeYaml = (
  node: NodeName,
  options: {
    replication: boolean;
    nodes?: number;
    timing?: LabTiming;
    protect?: boolean;
    coordination?: LabCoordination;
    family?: LabFamily;
    /** Of a machine of its own, which has no other node beside it. */
    places?: { readonly stateDir: string; readonly controlSocket: string };
  },
): string => {
  const { coordination = 'votes' } = options;
  const names = nodeNamesOf(options.nodes ?? fewestNodes);
  return stringify({
    cluster: 'lab',
    node,
    nodes: names.map((name) => ({
      name,
      heartbeat: [`${own(name, 'sync0')}:5780`, `${own(name, 'front0')}:5780`],
      sync: `${own(name, 'sync0')}:5781`,
    })),
    witness: needsWitness(names.length, coordination) ? { arbiter: witnessAt } : 'none',
    groups: [
      {
        name: 'g1',
        addresses: [
          ...Object.values(floating).map(({ address, device }) => ({
            address: `${address}/24`,
            interface: device,
          })),
          ...Object.values(options.family === 'ipv6' ? floating6 : {}).map(({ address, device }) => ({
            address: `${address}/64`,
            interface: device,
          })),
        ],
        preferred: 'lb1',
        preempt: false,
        trackLinks: ['front0', 'back0'],
      },
    ],
    ...coordinationPart[coordination],
    timing: options.timing ?? labTiming,
    secretFile: 'heartbeat.secret',
    tls: { ca: 'ca.crt', cert: `${node}.crt`, key: `${node}.key` },
    replication: { enabled: options.replication, logGroup: 7010 },
    conntrackd: {
      enabled: true,
      manage: true,
      interface: 'sync0',
      local: own(node, 'sync0'),
      peers: names.filter((name) => name !== node).map((name) => own(name, 'sync0')),
      port: 3780,
    },
    ...(options.places ?? {
      stateDir: 'state',
      controlSocket: 'relevo.sock',
      api: { listen: '127.0.0.1:5555', keyFile: 'api.key' },
    }),
    logLevel: 'info',
    protect: options.protect ?? true,
  });
};

export const witnessYaml = (timing: LabTiming = labTiming): string =>
  stringify({ cluster: 'lab', listen: witnessAt, secretFile: 'heartbeat.secret', leaseMs: timing.leaseMs });
