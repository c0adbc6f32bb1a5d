/** Drives relevo's own agents and witness in a lab: files, processes, and questions over their control sockets. */

import { errorFrom, RelevoError } from '../errors.js';
import type { HandoverResult, NodeEvent, NodeStatus } from '../model/status.js';
import { initAuthority, issueCertificate } from '../shell/certificates.js';
import { sleep } from '../shell/clock.js';
import { createControlClient } from '../shell/control-socket.js';
import { makeKey } from '../shell/detached.js';
import { listFiles, makeFolder, pathExists } from '../shell/folders.js';
import { readLines } from '../shell/lines-of-file.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import { addDisk } from './disk.js';
import { addressOf, etcdProcesses } from './etcd.js';
import { fifoPath, vrrpConfig, vrrpProcess } from './keepalived.js';
import { fastTiming, labTiming, nodeYaml, witnessYaml } from './node-files.js';
import type { LabOwnerFactory, NodeView } from './owner.js';
import { labServicesOf } from './services.js';
import { hostFolder, labFolder } from './state.js';
import { etcdNames, needsWitness, nodeNamesOf } from './topology.js';

const group = 'g1';

/** What a node of relevo says, as far as drills look at it. */
export const viewOf = async (ask: () => Promise<NodeStatus>, ofGroup: string): Promise<NodeView> => {
  try {
    const status = await ask();
    const ours = status.groups.find((each) => each.name === ofGroup);
    const away = status.peers.filter(
      ({ alive, ready, maintenance = [] }) => !(alive && ready) && maintenance.length === 0,
    );
    return {
      ...(ours?.state === 'active' && {
        successorsLack: away.map(({ name, reasons }) => `${name}: ${reasons.join('; ') || 'not heard'}`),
      }),
      running: true,
      ready: status.ready,
      reasons: status.ready ? [] : status.reasons,
      active: ours?.state === 'active',
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
};
const metMs = 10_000;

export const relevoOwner: LabOwnerFactory = (
  { files, runner, clock },
  { name: lab, replication, nodes, coordination = 'votes', mode = 'dnat', family = 'ipv4', pace },
) => {
  const timing = pace === 'fast' ? fastTiming : labTiming;
  const relevo = builtProgram('bin/relevo.js');
  const client = (node: string, timeoutMs = 2_000) =>
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
  const programs = {
    votes: [],
    etcd: ['/usr/bin/etcd'],
    keepalived: ['/usr/sbin/keepalived', '/usr/bin/curl'],
  }[coordination];
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
      await files.writeAtomic(`${hostFolder(lab, 'witness')}/witness.yaml`, witnessYaml(timing));
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
      await addDisk({ files, runner }, lab, node);
      for (const file of ['ca.crt', `${node}.crt`, `${node}.key`, 'heartbeat.secret']) await hand(node, file);
      await files.writeAtomic(`${folder}/api.key`, makeKey(), 0o600);
      await files.writeAtomic(
        `${folder}/node.yaml`,
        nodeYaml(node, { replication, nodes, coordination, family, timing }),
      );
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
      const body = { type: 'text/plain', text: JSON.stringify(labServicesOf(mode, family)) };
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
    status: (node) => client(node).call<NodeStatus>('GET', '/v1/status'),
    services: (node) => client(node).call('GET', '/v1/services'),
    // What a run began with may have been put aside, and packed, before it ended.
    async decisions(node) {
      const folder = `${hostFolder(lab, node)}/state/decisions`;
      if (!pathExists(folder)) return undefined;
      const latest = listFiles(folder, '')
        .filter((path) => /\/decisions-\d+\.jsonl(\.gz)?$/.test(path))
        .at(-1);
      const lines: string[] = [];
      for (const path of [...(latest ? [latest] : []), `${folder}/decisions.jsonl`]) {
        // One that is being packed has another name meanwhile; a timeline is not worth a failed drill.
        await readLines(path, (line) => lines.push(line)).catch(() => undefined);
      }
      return lines.join('\n');
    },
    view: (node) => viewOf(() => client(node).call<NodeStatus>('GET', '/v1/status'), group),
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
