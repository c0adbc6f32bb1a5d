/** Drives the peer: Debian's keepalived and conntrackd, and the services as a fixed nft ruleset. */

import { conntrackdConfig, conntrackdPaths } from '../conntrack/config.js';
import { interfaceSysctls, nodeSysctls } from '../conntrack/sysctls.js';
import type { Ipv4 } from '../model/address.js';
import type { NodeConfig } from '../model/node.js';
import { makeFolder } from '../shell/folders.js';
import { runOrThrow } from '../shell/runner.js';
import { keepalivedConfig, peerRuleset, vrrpProcess } from './keepalived.js';
import { writeSettings } from './network.js';
import type { LabOwnerFactory } from './owner.js';
import { hostFolder, type LabPace } from './state.js';
import { floating, hostByName, type NodeName, namespaceOf, nodeNames } from './topology.js';

/** By default the fastest advert interval at which an idle keepalived makes no false takeovers on a busy machine. */
const advertSecondsOf = (pace: LabPace | undefined): number =>
  pace === '1' || pace === '0.01' ? Number(pace) : 0.1;

const otherNode = (node: NodeName): NodeName => (node === 'lb1' ? 'lb2' : 'lb1');

/** The parts of a node's configuration that conntrackd.conf is made from. */
const conntrackdNode = (node: NodeName, stateDir: string): NodeConfig => {
  const sync = (name: NodeName): Ipv4 =>
    hostByName(name)!
      .links.find((link) => link.segment === 'sync')!
      .address.split('/')[0] as Ipv4;
  const nodes = [node, otherNode(node)].map((name) => ({
    name,
    heartbeat: hostByName(name)!.links.map((link) => ({
      address: link.address.split('/')[0] as Ipv4,
      port: 112,
    })),
    sync: { address: sync(name), port: 3780 },
  }));
  return {
    cluster: 'peer',
    node,
    nodes,
    groups: [],
    witness: { kind: 'none' },
    timing: { leaseMs: 120, renewMs: 30, heartbeatMs: 30, deadMs: 100, syncWaitMs: 0, announceMs: 10_000 },
    secretFile: '',
    tls: { ca: '', cert: '', key: '' },
    replication: { enabled: false, logGroup: 1 },
    conntrackd: {
      enabled: true,
      manage: true,
      interface: 'sync0',
      local: sync(node),
      peers: [sync(otherNode(node))],
      port: 3780,
    },
    stateDir,
    controlSocket: '',
    logLevel: 'info',
    engine: { interfaces: ['front0', 'back0'], counters: false },
    protect: false,
  };
};

export const keepalivedOwner: LabOwnerFactory = ({ runner, files }, { name: lab, pace }) => {
  const inside = (node: NodeName, ...argv: string[]): Promise<string> =>
    runOrThrow(runner, 'ip', ['netns', 'exec', namespaceOf(lab, node), ...argv]);
  const stateDir = (node: NodeName): string => `${hostFolder(lab, node)}/state`;
  const holds = async (node: string): Promise<boolean> => {
    const shown = await runOrThrow(runner, 'ip', [
      '-n',
      namespaceOf(lab, node),
      '-4',
      'addr',
      'show',
      'front0',
    ]);
    return shown.includes(`${floating.front.address}/`);
  };
  return {
    nodes: nodeNames,
    needs: ['/usr/sbin/keepalived', '/usr/sbin/conntrackd', '/usr/sbin/nft'],
    agentName: 'keepalived',
    prepareLab: async () => undefined,
    sharedProcesses: () => [],
    async prepareNode(node) {
      const folder = hostFolder(lab, node);
      makeFolder(stateDir(node));
      const settings = [...nodeSysctls, ...['front0', 'back0'].flatMap(interfaceSysctls)];
      await writeSettings(
        runner,
        namespaceOf(lab, node),
        settings.map(({ key, value }) => `${key.replaceAll('.', '/')}=${value}`),
      );
      const config = conntrackdNode(node, stateDir(node));
      await files.writeAtomic(
        `${folder}/keepalived.conf`,
        keepalivedConfig(node, otherNode(node), advertSecondsOf(pace)),
      );
      await files.writeAtomic(`${folder}/peer.nft`, peerRuleset());
      await files.writeAtomic(conntrackdPaths(config).config, conntrackdConfig(config));
      await files.remove(conntrackdPaths(config).lock);
      // Twice the same table would double its rules: the namespace may be one that was prepared before.
      await inside(node, '/usr/sbin/nft', 'flush', 'ruleset');
      await inside(node, '/usr/sbin/nft', '-f', `${folder}/peer.nft`);
    },
    // With the pid file of one that was killed it believes to be running already, as soon as the pid is somebody's again.
    async clearNode(node) {
      for (const file of ['keepalived.pid', 'vrrp.pid'])
        await files.remove(`${hostFolder(lab, node)}/${file}`);
    },
    nodeProcesses(node) {
      const folder = hostFolder(lab, node);
      return [
        {
          host: node,
          name: 'conntrackd',
          file: '/usr/sbin/conntrackd',
          args: ['-C', `${stateDir(node)}/conntrackd.conf`],
        },
        vrrpProcess(node, folder),
      ];
    },
    applyServices: async () => undefined,
    async view(node) {
      const text = await files.read(`${hostFolder(lab, node)}/vrrp.pid`);
      const pids = await runOrThrow(runner, 'ip', ['netns', 'pids', namespaceOf(lab, node)]);
      const running = text !== undefined && pids.split('\n').includes(text.trim());
      const active = running && (await holds(node));
      return {
        running,
        ready: running,
        reasons: running ? [] : ['keepalived is not running'],
        active,
        takeovers: undefined,
        uptimeMs: undefined,
      };
    },
    events: async () => [],
    // keepalived has no verb for it: a stop makes it send priority 0, and the peer takes over at once.
    async handover(from) {
      const text = await files.read(`${hostFolder(lab, from)}/keepalived.pid`);
      if (text !== undefined) await runOrThrow(runner, 'kill', ['-TERM', text.trim()]);
    },
  };
};
