/** A node's configuration for tests: the pair of the lab, with what a test changes. */

import type { Ipv4 } from '../../src/model/address.js';
import type { NodeConfig } from '../../src/model/node.js';

const at = (address: string, port: number) => ({ address: address as Ipv4, port });

export const labNode = (node: 'lb1' | 'lb2', changes: Partial<NodeConfig> = {}): NodeConfig => {
  const own = node === 'lb1' ? 1 : 2;
  return {
    cluster: 'lab',
    node,
    nodes: [1, 2].map((index) => ({
      name: `lb${index}`,
      heartbeat: [at(`10.30.0.${index}`, 5780), at(`10.10.0.1${index}`, 5780)],
      sync: at(`10.30.0.${index}`, 5781),
    })),
    groups: [
      {
        name: 'g1',
        addresses: [
          { address: '10.10.0.100' as Ipv4, prefixLength: 24, interface: 'front0' },
          { address: '10.20.0.100' as Ipv4, prefixLength: 24, interface: 'back0' },
        ],
        preferred: 'lb1',
        preempt: false,
        trackLinks: ['front0', 'back0'],
      },
    ],
    witness: { kind: 'none' },
    timing: { leaseMs: 120, renewMs: 30, heartbeatMs: 30, deadMs: 100, syncWaitMs: 5000, announceMs: 10000 },
    secretFile: '/run/test/cluster.key',
    tls: { ca: '/run/test/ca.pem', cert: '/run/test/node.pem', key: '/run/test/node.key' },
    replication: { enabled: false, logGroup: 7010 },
    conntrackd: {
      manage: true,
      enabled: true,
      interface: 'sync0',
      local: `10.30.0.${own}` as Ipv4,
      peers: [`10.30.0.${3 - own}` as Ipv4],
      port: 3780,
    },
    stateDir: '/run/test/state',
    controlSocket: '/run/test/relevo.sock',
    logLevel: 'info',
    engine: { interfaces: ['front0', 'back0'], counters: false },
    protect: false,
    ...changes,
  };
};
