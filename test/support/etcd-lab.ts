/** A lab with real etcd whose leases are short, and hands on its members and agents. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { addressOf, etcdProcesses } from '../../src/lab/etcd.js';
import { labDown, labUp, ownerOf, untilSettled } from '../../src/lab/lab.js';
import { killProcesses, startProcess, stopProcesses } from '../../src/lab/processes.js';
import { hostFolder, type LabProcess, labFolder } from '../../src/lab/state.js';
import { etcdNames, type NodeName, namespaceOf, nodeByMac } from '../../src/lab/topology.js';
import type { NodeStatus } from '../../src/model/status.js';
import { sleep } from '../../src/shell/clock.js';
import { createControlClient } from '../../src/shell/control-socket.js';
import { isRunning } from '../../src/shell/process-identity.js';
import { labPorts, newLabName } from './lab.js';

export type Member = (typeof etcdNames)[number];
export const labNodes = ['lb1', 'lb2', 'lb3'] as const satisfies readonly NodeName[];

type LabNode = (typeof labNodes)[number];

/** Waits for what must come; a busy machine may take its time. */
export const until = async <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => {
  for (const endMs = performance.now() + 25_000; performance.now() < endMs; await sleep(50)) {
    const found = await look().catch(() => undefined);
    if (found) return found;
  }
  throw new Error(`${what}: not within 25 s`);
};

/** `ttlMs`: life of the nodes' leases in etcd. */
export const createEtcdLab = async (ttlMs: number) => {
  const name = newLabName();
  const { status } = await labUp(labPorts, { name, coordination: 'etcd' });
  const owner = ownerOf(labPorts, {
    name,
    owner: 'relevo',
    replication: true,
    nodes: 3,
    coordination: 'etcd',
  });
  const certificates = `${labFolder(name)}/certificates`;
  const running = new Map<string, LabProcess>(status.processes.map((each) => [each.label, each]));
  const yamlOf = (node: NodeName): string => `${hostFolder(name, node)}/node.yaml`;

  const endAgents = async (nodes: readonly NodeName[]): Promise<void> => {
    const agents = nodes.map((node) => running.get(`${node}/agent`)!);
    await stopProcesses(agents);
  };
  const startAgent = async (node: NodeName): Promise<void> => {
    running.set(`${node}/agent`, await startProcess(labPorts.daemons, name, owner.nodeProcesses(node)[0]!));
  };
  const lab = {
    name,
    certificates,
    process: (label: string): LabProcess => running.get(label)!,
    status: (node: NodeName) =>
      createControlClient(`${hostFolder(name, node)}/relevo.sock`).call<NodeStatus>('GET', '/v1/status'),
    async problems(node: NodeName): Promise<readonly string[]> {
      return (await lab.status(node)).problems ?? [];
    },
    async active(): Promise<readonly LabNode[]> {
      const all = await Promise.all(labNodes.map((node) => lab.status(node).catch(() => undefined)));
      return labNodes.filter((_, index) => all[index]?.groups[0]?.state === 'active');
    },
    async owner(): Promise<LabNode> {
      return until('one owner', async () => {
        const active = await lab.active();
        return active.length === 1 && active[0];
      });
    },
    handover: (from: NodeName) => owner.handover(from),
    settled: () => untilSettled(labPorts, owner),
    /** Changes node.yaml of these nodes and starts their agents anew. */
    async reconfigure(nodes: readonly NodeName[], change: (yaml: string) => string): Promise<void> {
      await endAgents(nodes);
      for (const node of nodes) {
        writeFileSync(yamlOf(node), change(readFileSync(yamlOf(node), 'utf8')));
        await startAgent(node);
      }
    },
    signal(members: readonly Member[], signal: NodeJS.Signals): void {
      for (const member of members) process.kill(running.get(`${member}/etcd`)!.pid, signal);
    },
    async kill(members: readonly Member[]): Promise<void> {
      const processes = members.map((member) => running.get(`${member}/etcd`)!);
      killProcesses(processes);
      while (processes.some(isRunning)) await sleep(10);
    },
    /** `as`: replaces arguments of the members' own. */
    async start(members: readonly Member[], as: (args: string) => string = (arg) => arg): Promise<void> {
      const specs = etcdProcesses(name, certificates, etcdNames);
      for (const member of members) {
        const spec = specs.find(({ host }) => host === member)!;
        const started = await startProcess(labPorts.daemons, name, { ...spec, args: spec.args.map(as) });
        running.set(`${member}/etcd`, started);
      }
    },
    /** The member that says of itself that it leads; a member of a majority does within a moment. */
    leader: () =>
      until('a leader', async () =>
        etcdNames.find((member) => {
          if (!isRunning(running.get(`${member}/etcd`)!)) return false;
          const files = ['--cacert', 'ca.crt', '--cert', `${member}.crt`, '--key', `${member}.key`];
          const url = `https://${addressOf(member)}:2379/metrics`;
          const argv = ['netns', 'exec', namespaceOf(name, member), 'curl', '-s', '-m', '2', ...files, url];
          const printed = execFileSync('/usr/sbin/ip', argv, { cwd: certificates, encoding: 'utf8' });
          return /^etcd_server_is_leader 1$/m.test(printed);
        }),
      ),
    /** Who answers for the address, as another machine hears it: nodes by name, others by their MAC. */
    answerers(): string[] {
      const asked = ['arping', '-c', '3', '-w', '2', '-I', 'front0', '10.10.0.100'];
      const argv = ['netns', 'exec', namespaceOf(name, 'observer'), ...asked];
      let printed = '';
      try {
        printed = execFileSync('/usr/sbin/ip', argv, { encoding: 'utf8' });
      } catch (thrown) {
        printed = String((thrown as { stdout?: string }).stdout ?? '');
      }
      const macs = [...printed.matchAll(/[0-9a-f]{2}(?::[0-9a-f]{2}){5}/gi)].map(([mac]) =>
        mac.toLowerCase(),
      );
      return [...new Set(macs.map((mac) => nodeByMac(mac) ?? mac))];
    },
    down: () => labDown(labPorts, name),
  };
  await lab.reconfigure(labNodes, (yaml) => yaml.replace(/ttlMs: \d+/, `ttlMs: ${ttlMs}`));
  await lab.settled();
  return lab;
};

export type EtcdLab = Awaited<ReturnType<typeof createEtcdLab>>;
