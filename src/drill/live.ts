/**
 * Drills a live cluster through the control sockets of its nodes, which may be forwarded from other machines (`ssh -nNT -L`). Probes run
 * on this machine. Planned moves are safe; whatever else is broken is done, and undone, by commands that the operator wrote down.
 */

import { RelevoError } from '../errors.js';
import type { ClusterDriver, LabPorts } from '../lab/owner.js';
import { viewOf } from '../lab/relevo-owner.js';
import type { HandoverResult, NodeEvent, NodeStatus } from '../model/status.js';
import { sleep } from '../shell/clock.js';
import { createControlClient } from '../shell/control-socket.js';
import { makeFolder } from '../shell/folders.js';
import { interfaceTold } from '../shell/networks.js';
import { runOrThrow } from '../shell/runner.js';
import { faultSafety } from './budgets.js';
import { offsetOf } from './clocks.js';
import type { ClusterFile, FaultCommands } from './cluster-file.js';
import type { Fault } from './faults.js';
import { type DrillPlace, drillLockState, lockDrill } from './lock.js';
import type { Endpoint, Observed } from './probe-targets.js';
import type { DrillTarget } from './target.js';

/** Notes of drills: this machine's, so that two people on it take turns. */
const notesFolder = '/run/relevo-drill';

export const clusterPlace = (cluster: string, how: string): DrillPlace => ({
  title: `cluster '${cluster}'`,
  notePath: `${notesFolder}/${cluster}.json`,
  healCommand: `relevo drill heal ${how}`,
  statusCommand: 'relevo status',
});

interface ToldEvents {
  readonly events: readonly NodeEvent[];
  /** The node's monotonic clock when it answered; absent: an older agent. */
  readonly nowMs?: number;
}

const statusMs = 3_000;
/** Services of others are asked less often than those of a lab. */
const paceMs = 10;
const handoverMs = 20_000;
/** A machine that was off starts first. */
const settleMs = 300_000;
const commandMs = 60_000;

const driverOf = (
  ports: LabPorts,
  { nodes }: ClusterFile,
  group: string,
): Required<Omit<ClusterDriver, 'decisions'>> => {
  const client = (node: string, timeoutMs = statusMs) => createControlClient(nodes.get(node)!, timeoutMs);
  const status = (node: string): Promise<NodeStatus> => client(node).call('GET', '/v1/status');
  return {
    nodes: [...nodes.keys()],
    status,
    services: (node) => client(node).call('GET', '/v1/services'),
    view: (node) => viewOf(() => status(node), group),
    async events(node) {
      try {
        const askedMs = ports.clock.nowMs();
        const { events, nowMs } = await client(node).call<ToldEvents>('GET', '/v1/events');
        const answeredMs = ports.clock.nowMs();
        const shiftMs = nowMs === undefined ? 0 : offsetOf({ askedMs, answeredMs, theirMs: nowMs });
        return events.map(({ atMs, kind, message }) => ({
          atMs: atMs + shiftMs,
          message: `${kind}: ${message}`,
        }));
      } catch {
        return [];
      }
    },
    async handover(from, to) {
      const body = { type: 'application/json', text: JSON.stringify(to ? { to } : {}) };
      const path = `/v1/groups/${encodeURIComponent(group)}/handover`;
      const result = await client(from, handoverMs).call<HandoverResult>('POST', path, body);
      if (!result.ok) throw new RelevoError('not-ready', `${group} did not move: ${result.reason}`);
    },
  };
};

/** Every socket must be that node's, and no node may be left out: takeovers are counted over all of them. */
const checkNodes = (file: ClusterFile, told: ReadonlyMap<string, NodeStatus>): string => {
  const [first] = [...told.values()];
  if (!first) throw new RelevoError('bad-request', 'name the nodes of the cluster: --node lb1=/run/lb1.sock');
  for (const [node, status] of told) {
    if (status.node !== node || status.cluster !== first.cluster) {
      const found = `${status.node} of cluster '${status.cluster}'`;
      throw new RelevoError(
        'bad-request',
        `${file.nodes.get(node)} is ${found}, not ${node} of '${first.cluster}'`,
      );
    }
  }
  const missing = first.peers.map((peer) => peer.name).filter((peer) => !file.nodes.has(peer));
  if (missing.length === 0) return first.cluster;
  throw new RelevoError(
    'bad-request',
    `${missing.join(', ')} of cluster '${first.cluster}' is left out: name the control socket of every node`,
  );
};

const groupOf = ({ group }: ClusterFile, { groups }: NodeStatus): string => {
  const names = groups.map((each) => each.name);
  if (group !== undefined && names.includes(group)) return group;
  if (group === undefined && names.length === 1) return names[0]!;
  const wrong = group === undefined ? 'which group?' : `no group '${group}':`;
  throw new RelevoError('bad-request', `${wrong} --group names one of ${names.join(', ') || 'none'}`);
};

interface Addressed {
  readonly family?: string;
  readonly protocol?: string;
  readonly state: string;
  readonly 'virtual-addr'?: string;
  readonly 'virtual-ports'?: string;
  readonly 'new-rtlimit'?: string;
  readonly 'rst-rtlimit'?: string;
}

/** Probes that come from one address, and end with a reset, would be taken for an attack. */
const isLimited = (rate: string | undefined): boolean => rate !== undefined && !/^0\b/.test(rate);

/** TCP services of the group's addresses without limits of rate, each at its first port. */
const tcpServices = (farms: readonly Addressed[], addresses: readonly string[]): Endpoint[] =>
  farms.flatMap((farm) => {
    const { protocol, state, 'virtual-addr': host = '', 'virtual-ports': ports = '' } = farm;
    if (isLimited(farm['new-rtlimit']) || isLimited(farm['rst-rtlimit'])) return [];
    const port = Number.parseInt(ports, 10);
    return protocol === 'tcp' && state === 'up' && port > 0 && addresses.includes(host)
      ? [{ host, port }]
      : [];
  });

/** A probe of RFC 5227: nobody learns from it who this machine is, which a question that names a sender would make them. */
const nobody = '0.0.0.0';

const observedOn = async (
  { runner }: LabPorts,
  { observe: device, on }: ClusterFile,
  addresses: readonly string[],
): Promise<Observed[]> => {
  if (device === undefined) return [];
  const [file, ...args] = [...(on?.run ?? []), 'ip', '-j', 'address', 'show', 'dev', device];
  const { stdout } = await runner.run(file!, args, { timeoutMs: commandMs });
  const found = interfaceTold(stdout);
  if (!found) {
    const where = on ? 'where the probes run' : 'here';
    throw new RelevoError('bad-request', `observe: no interface ${device} with an IPv4 address ${where}`);
  }
  return addresses.filter(found.reaches).map((address) => ({ address, device, own: nobody, mac: found.mac }));
};

const runWords = async ({ runner }: LabPorts, words: readonly string[], node: string): Promise<void> => {
  const [file, ...args] = words.map((word) => word.replaceAll('{node}', node));
  await runOrThrow(runner, file!, args, { timeoutMs: commandMs });
};

const commandFault = (ports: LabPorts, { inject, heal }: FaultCommands, node: string): Fault => {
  const run = (words: readonly string[]): Promise<void> => runWords(ports, words, node);
  let broken = false;
  return {
    async inject() {
      const atMs = ports.clock.nowMs();
      broken = true;
      await run(inject);
      return { atMs };
    },
    async heal() {
      if (broken && heal) await run(heal);
      broken = false;
    },
  };
};

export interface LiveOptions {
  /** How the cluster was named on the command line, for the remedy in messages. */
  readonly how: string;
  readonly force: boolean;
}

/** Throws when a node does not answer, or is another one than was said. */
export const liveTarget = async (
  ports: LabPorts,
  file: ClusterFile,
  options: LiveOptions,
): Promise<DrillTarget> => {
  const told = new Map<string, NodeStatus>();
  for (const [node, socket] of file.nodes) {
    told.set(node, await createControlClient(socket, statusMs).call<NodeStatus>('GET', '/v1/status'));
  }
  const name = checkNodes(file, told);
  const [first] = [...told.values()];
  const group = groupOf(file, first!);
  const addresses = first!.groups
    .find((each) => each.name === group)!
    .addresses.map((address) => address.split('/')[0]!);
  const cluster = driverOf(ports, file, group);
  const { farms } = (await cluster.services(first!.node)) as { farms: readonly Addressed[] };
  const connect = file.connect ?? tcpServices(farms, addresses);
  if (connect.length + file.echo.length === 0) {
    throw new RelevoError(
      'bad-request',
      `no TCP service at the addresses of ${group}: name what to probe, in probes.connect`,
    );
  }
  const observe = await observedOn(ports, file, addresses);
  makeFolder(notesFolder, 0o755);
  return {
    place: clusterPlace(name, options.how),
    cluster,
    group,
    replication: true,
    slowness: file.slowness,
    settleMs,
    paceMs: file.everyMs ?? paceMs,
    async check(fault) {
      if (fault === 'handover' || fault === 'idle') return;
      if (faultSafety[fault] === 'breaks' && !options.force) {
        throw new RelevoError(
          'not-permitted',
          `${fault} breaks a live cluster on purpose: --force does it nevertheless, nothing was broken`,
        );
      }
      if (!file.faults.has(fault)) {
        throw new RelevoError(
          'bad-request',
          `${fault}: on a live cluster somebody has to say how: faults.${fault}.inject in the cluster's file, a command in which {node} is the node`,
        );
      }
    },
    fault(fault, { node, to, idleMs }) {
      const commands = file.faults.get(fault);
      if (commands) return commandFault(ports, commands, node);
      return {
        async inject(signal) {
          const atMs = ports.clock.nowMs();
          if (fault === 'handover') await cluster.handover(node, to);
          else await sleep(idleMs, signal);
          return { atMs };
        },
        heal: async () => undefined,
      };
    },
    where: () => (file.on ? { words: file.on.run, programs: file.on } : { words: [] }),
    aim: () => ({
      connect,
      connectFrom: [],
      echo: file.echo,
      streams: file.streams,
      persistence: file.persistence,
      observe,
    }),
  };
};

/** Of the first node that answers: what a fault took away may be gone still. */
const placeOf = async (file: ClusterFile, how: string): Promise<DrillPlace> => {
  for (const socket of file.nodes.values()) {
    const asked = createControlClient(socket, statusMs).call<NodeStatus>('GET', '/v1/status');
    const status = await asked.catch(() => undefined);
    if (status) return clusterPlace(status.cluster, how);
  }
  throw new RelevoError(
    'peer-lost',
    `none of ${[...file.nodes.values()].join(', ')} answers: is an agent running there?`,
  );
};

/** What an earlier drill broke that has gone, by the command that its fault has for it. Returns what was put right. */
export const healLive = async (ports: LabPorts, file: ClusterFile, how: string): Promise<string> => {
  const place = await placeOf(file, how);
  const found = await drillLockState(ports.files, place);
  if (found.state === 'none') return `no drill has left anything broken in ${place.title}`;
  const lock = await lockDrill(ports.files, place, 'healing', true);
  const { broken } = found.note;
  const heal = broken ? file.faults.get(broken.fault)?.heal : undefined;
  if (broken && heal) await runWords(ports, heal, broken.node);
  await lock.release();
  if (!broken) return `the drill that has gone had left nothing broken in ${place.title}`;
  const done = heal ? 'is undone' : 'has no command that undoes it';
  return `${broken.fault} of ${broken.node} ${done}: 'relevo status' shows whether ${place.title} is whole`;
};
