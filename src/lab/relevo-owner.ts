/** Drives relevo's own agents and witness in a lab: files, processes, and questions over their control sockets. */

import { errorFrom, RelevoError } from '../errors.js';
import type { HandoverResult, NodeEvent, NodeStatus } from '../model/status.js';
import { initAuthority, issueCertificate } from '../shell/certificates.js';
import { sleep } from '../shell/clock.js';
import { createControlClient } from '../shell/control-socket.js';
import { makeKey } from '../shell/detached.js';
import { makeFolder } from '../shell/folders.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import { addressOf, etcdProcesses } from './etcd.js';
import { fifoPath, vrrpConfig, vrrpProcess } from './keepalived.js';
import { nodeYaml, witnessYaml } from './node-files.js';
import type { LabOwnerFactory } from './owner.js';
import { labServices } from './services.js';
import { hostFolder, labFolder } from './state.js';
import { etcdNames, type NodeName, needsWitness, nodeNamesOf } from './topology.js';

const group = 'g1';
const metMs = 10_000;

export const relevoOwner: LabOwnerFactory = (
  { files, clock },
  { name: lab, replication, nodes, coordination = 'votes' },
) => {
  const relevo = builtProgram('bin/relevo.js');
  const client = (node: NodeName, timeoutMs = 2_000) =>
    createControlClient(`${hostFolder(lab, node)}/relevo.sock`, timeoutMs);
  const certificates = `${labFolder(lab)}/certificates`;
  /** Gives a host its copy of a file of the cluster's, as an operator would. */
  const hand = async (host: string, file: string): Promise<void> => {
    const content = await files.read(`${certificates}/${file}`);
    if (content === undefined) throw new RelevoError('not-found', `${certificates}/${file} is not there`);
    await files.writeAtomic(`${hostFolder(lab, host)}/${file}`, content);
  };
  const names = nodeNamesOf(nodes);
  const witnesses = needsWitness(nodes, coordination) ? ['witness'] : [];
  const members = coordination === 'etcd' ? etcdNames : [];
  const programs = { votes: [], etcd: ['/usr/bin/etcd'], keepalived: ['/usr/sbin/keepalived'] }[coordination];
  return {
    nodes: names,
    needs: ['/usr/sbin/conntrackd', '/usr/sbin/conntrack', '/usr/sbin/nft', ...programs],
    agentName: 'agent',
    async prepareLab() {
      await initAuthority(certificates, 'lab');
      for (const node of names) await issueCertificate(certificates, node);
      for (const member of members) await issueCertificate(certificates, member, [addressOf(member)]);
      makeFolder(hostFolder(lab, 'witness'));
      await hand('witness', 'heartbeat.secret');
      await files.writeAtomic(`${hostFolder(lab, 'witness')}/witness.yaml`, witnessYaml());
    },
    sharedProcesses: () => [
      ...etcdProcesses(lab, certificates, members),
      ...witnesses.map((host) => ({
        host,
        name: 'witness',
        file: nodeProgram,
        args: [relevo, 'witness', '-c', `${hostFolder(lab, host)}/witness.yaml`],
      })),
    ],
    async prepareNode(node) {
      const folder = hostFolder(lab, node);
      makeFolder(`${folder}/state`);
      for (const file of ['ca.crt', `${node}.crt`, `${node}.key`, 'heartbeat.secret']) await hand(node, file);
      await files.writeAtomic(`${folder}/api.key`, makeKey(), 0o600);
      await files.writeAtomic(`${folder}/node.yaml`, nodeYaml(node, { replication, nodes, coordination }));
      if (coordination === 'keepalived') {
        const config = vrrpConfig(node, node === 'lb1' ? 'lb2' : 'lb1', fifoPath(folder));
        await files.writeAtomic(`${folder}/keepalived.conf`, config);
      }
    },
    // With the pid file of one that was killed keepalived believes to be running already.
    async clearNode(node) {
      for (const file of ['keepalived.pid', 'vrrp.pid'])
        await files.remove(`${hostFolder(lab, node)}/${file}`);
    },
    nodeProcesses: (node) => [
      {
        host: node,
        name: 'agent',
        file: nodeProgram,
        args: [relevo, 'agent', '-c', `${hostFolder(lab, node)}/node.yaml`],
      },
      ...(coordination === 'keepalived' ? [vrrpProcess(node, hostFolder(lab, node))] : []),
    ],
    async applyServices(node) {
      const body = { type: 'text/plain', text: JSON.stringify(labServices) };
      // A node that has just met its peers does not know yet what they have.
      for (const until = clock.nowMs() + metMs; ; await sleep(100)) {
        try {
          await client(node, 20_000).call('PUT', '/v1/services?dryRun=false', body);
          return;
        } catch (thrown) {
          const { code } = errorFrom(thrown);
          if ((code !== 'not-ready' && code !== 'conflict') || clock.nowMs() > until) throw thrown;
        }
      }
    },
    async view(node) {
      try {
        const status = await client(node).call<NodeStatus>('GET', '/v1/status');
        const ours = status.groups.find((each) => each.name === group);
        const active = ours?.state === 'active';
        return {
          running: true,
          ready: status.ready,
          reasons: status.ready ? [] : status.reasons,
          active,
          takeovers: ours?.takeovers ?? 0,
          uptimeMs: status.uptimeMs,
        };
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        return {
          running: false,
          ready: false,
          reasons: [reason],
          active: false,
          takeovers: undefined,
          uptimeMs: undefined,
        };
      }
    },
    async events(node) {
      try {
        const { events } = await client(node).call<{ events: NodeEvent[] }>('GET', '/v1/events');
        return events.map(({ atMs, kind, message }) => ({ atMs, message: `${kind}: ${message}` }));
      } catch {
        return [];
      }
    },
    async handover(from, to) {
      const body = { type: 'application/json', text: JSON.stringify(to ? { to } : {}) };
      const result = await client(from, 20_000).call<HandoverResult>(
        'POST',
        `/v1/groups/${group}/handover`,
        body,
      );
      if (!result.ok) throw new RelevoError('not-ready', `${group} did not move: ${result.reason}`);
    },
  };
};
