/**
 * A whole cluster under one seed: nodes, witness, kernels, clocks, network, faults, and the two judges.
 *
 * Safety (apart from the code under test): at any instant at most one kernel has an unexpired `held` element for a group.
 * Liveness: after the last fault is mended, exactly one node owns the group within a bound, and it stays that way.
 */

import type { Mac } from '../../src/election/messages.js';
import { type ElectionConfig, type ElectionState, witnessName } from '../../src/election/types.js';
import { lockMsFor } from '../../src/election/voter.js';
import type { Failback } from '../../src/model/node.js';
import { createAgenda } from './agenda.js';
import { createSimEtcd, type EtcdMutation } from './etcd.js';
import { drawEtcdFaults, drawFaults, type Fault } from './faults.js';
import { createLeaseKernel, type LeaseKernel } from './kernel.js';
import { createNetwork, fairWeather } from './network.js';
import {
  type Machine,
  type Mutation,
  type ProcessPorts,
  type SimProcess,
  startNode,
  startWitness,
} from './process.js';
import { createRandom } from './random.js';

export interface SimOptions {
  readonly seed: number;
  readonly nodes?: number;
  /** A pair without an arbiter: safe only while the nodes hear each other, which the judge then takes into account. */
  readonly withoutWitness?: boolean;
  /** The etcd driver. */
  readonly etcd?: boolean;
  /** Only these of the seed's faults, by index: for shortening a failing run. */
  readonly keep?: ReadonlySet<number>;
  readonly trace?: (line: string) => void;
  readonly record?: ProcessPorts['record'];
  /** These faults instead of the seed's own. */
  readonly faults?: readonly Fault[];
  /** Planted bugs, which the judges must find. */
  readonly mutation?: Mutation | 'short-lock' | 'no-margin' | 'no-restart-wait';
  readonly etcdMutation?: EtcdMutation;
}

export interface SimResult {
  readonly seed: number;
  readonly failure: string | undefined;
  readonly faults: readonly Fault[];
  readonly takeovers: number;
  readonly handovers: number;
  readonly datagrams: number;
  /** Who took whom for dead. */
  readonly accusations: readonly { readonly by: string; readonly of: string }[];
  /** When datagrams were last sent through another node. */
  readonly relayedMs: number;
  readonly endedMs: number;
}

/** One, or two with different preferred nodes. */
const groupNames = ['front', 'back'] as const;
const cluster = 'sim';

/** A keyed checksum: quick, and good enough against chance. Real runs use HMAC-SHA256. */
const quickMac: Mac = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0x811c9dc5;
  let index = 0;
  for (; index + 4 <= bytes.length; index += 4)
    sum = Math.imul(sum ^ view.getInt32(index), 0x01000193) ^ (sum >>> 15);
  for (; index < bytes.length; index++) sum = Math.imul(sum ^ bytes[index]!, 0x01000193);
  const mac = new Uint8Array(32);
  mac[0] = sum;
  mac[1] = sum >> 8;
  mac[2] = sum >> 16;
  mac[3] = sum >> 24;
  return mac;
};

export const simulate = (options: SimOptions): SimResult => {
  const { seed, trace } = options;
  const mutation = options.mutation ?? 'none';
  const random = createRandom(seed);
  const agenda = createAgenda();
  const nodes = Array.from(
    { length: options.nodes ?? (options.etcd || random.chance(0.1) ? 3 : 2) },
    (_, index) => `lb${index + 1}`,
  );
  const witness = nodes.length === 2 && !options.withoutWitness && !options.etcd ? 'arbiter' : 'none';
  const paths = random.chance(0.3) ? 2 : 1;
  const leaseMs = random.pick([60, 120]);
  const lockMs = (lease: number): number =>
    mutation === 'no-margin' ? 2 * lease : lockMsFor(lease) - (mutation === 'short-lock' ? lease : 0);
  const step = leaseMs / 4;
  const timing = {
    leaseMs,
    renewMs: step,
    heartbeatMs: random.chance(0.3) ? step : 1.5 * step,
    deadMs: Math.round(leaseMs * 0.85),
    syncWaitMs: 8 * leaseMs,
    announceMs: 10_000,
  };
  const faultsFromMs = 3.5 * leaseMs;
  const ttlMs = 8 * leaseMs;
  const faultsUntilMs = (options.etcd ? 20 : 10) * leaseMs;
  const quietMs = faultsUntilMs + leaseMs;
  // Restart wait, silence, a claim that collides with another's, and the wait of whoever goes second.
  // With etcd, a key that only ends with its lease there, and its polling.
  const boundMs = quietMs + 3.5 * lockMsFor(leaseMs) + (options.etcd ? 1.5 * ttlMs : 0);
  const endMs = boundMs + leaseMs;
  const groups = groupNames.slice(0, random.chance(0.25) ? 2 : 1).map((name) => ({
    name,
    preferred: random.chance(0.3) ? [random.pick(nodes)] : [],
    failback: random.pick<Failback>([
      { kind: 'never' },
      { kind: 'never' },
      { kind: 'never' },
      { kind: 'now' },
      { kind: 'window', fromMinute: 120, untilMinute: 240 },
    ]),
    trackLinks: ['front0'],
  }));

  let failure: string | undefined;
  let datagrams = 0;
  let takeovers = 0;
  let handovers = 0;
  const accusations: { by: string; of: string }[] = [];
  let relayedMs = 0;
  const fail = (text: string): void => {
    failure ??= `${agenda.nowMs.toFixed(3)} ms: ${text}`;
    trace?.(`${agenda.nowMs.toFixed(3)} FAILURE ${text}`);
  };
  const say = trace && ((text: string): void => trace(`${agenda.nowMs.toFixed(3)} ${text}`));

  // Without an arbiter two nodes that do not hear each other may both own the group; named, and not judged.
  let mayBeBlind = false;
  const lastEpochs = new Map<string, number>();
  let starts = 0;
  let orders = 0;
  /** Maintenance that nodes have stored. */
  const disks = new Map<string, readonly string[]>();
  /** Ids of the etcd that nodes have stored. */
  const etcdIds = new Map<string, string>();
  const everybody = witness === 'arbiter' ? [...nodes, witnessName] : nodes;
  const processes = new Map<string, SimProcess>();
  const machines = new Map<string, Machine>();
  const kernels = new Map<string, LeaseKernel>();
  const links = new Map<string, boolean>(nodes.map((name) => [name, true]));
  const epochs = new Map<string, Record<string, number>>();

  const bootMachine = (name: string): void => {
    const offset = random.between(0, 1e6);
    // What the margin is for: the slowest clock beside the fastest.
    const rate = random.chance(0.5) ? random.pick([0.99, 1.01]) : random.between(0.99, 1.01);
    machines.set(name, {
      name,
      clockMs: (trueMs) => offset + trueMs * rate,
      trueMs: (clockMs) => (clockMs - offset) / rate,
    });
    const jiffyMs = 4;
    const rest = (): number => (random.chance(0.5) ? random.next() : 1);
    const lifeMs = (): number => (leaseMs + rest() * jiffyMs) / rate;
    const judge = (group: string): void => {
      for (const [other, kernel] of kernels) {
        if (other === name || kernel.heldUntilMs(group) <= agenda.nowMs || mayBeBlind) continue;
        fail(`${name} and ${other} both hold ${group}`);
      }
    };
    kernels.set(name, createLeaseKernel(lifeMs, judge));
  };

  const network = createNetwork(agenda, random, (to, from, bytes) => {
    datagrams += 1;
    const process = processes.get(to);
    if (process?.alive) process.receive(from, bytes);
  });
  const etcd = options.etcd
    ? createSimEtcd(agenda, random, random.between(0.99, 1.01), options.etcdMutation)
    : undefined;
  const ports: ProcessPorts = {
    etcd,
    agenda,
    random,
    network,
    mac: quickMac,
    paths,
    trace: say,
    record: options.record,
    flakyUntilMs: faultsUntilMs,
    mutation:
      mutation === 'short-lock' || mutation === 'no-margin' || mutation === 'no-restart-wait'
        ? 'none'
        : mutation,
    onRelayed() {
      relayedMs = agenda.nowMs;
    },
    onEffect(effect, by) {
      if (effect.type === 'report' && effect.report.kind === 'peer' && !effect.report.alive)
        accusations.push({ by, of: effect.report.peer });
      if (effect.type === 'report' && effect.report.kind === 'role' && effect.report.to === 'active')
        takeovers += 1;
      if (effect.type === 'handover-result' && effect.ok && effect.tookMs > 0) handovers += 1;
      if (effect.type === 'maintenance') disks.set(by, effect.entries);
      if (effect.type === 'etcd-cluster') etcdIds.set(by, effect.cluster);
    },
    onClaim(group, epoch) {
      const lastEpoch = lastEpochs.get(group) ?? 0;
      // A voter that restarted has forgotten; without one that did, epochs must grow from owner to owner.
      if (epoch <= lastEpoch && starts === everybody.length && !mayBeBlind) {
        fail(`${group}: epoch ${epoch} after ${lastEpoch}`);
      }
      lastEpochs.set(group, Math.max(lastEpoch, epoch));
    },
  };

  const start = (name: string): void => {
    if (processes.get(name)?.alive) return;
    starts += 1;
    const session = 1 + random.below(2 ** 40);
    const born = machines.get(name)!;
    // A voter that forgets to wait after a restart looks to itself as if it had started long ago.
    const early = mutation === 'no-restart-wait' ? 10_000 : 0;
    const machine: Machine = { ...born };
    if (name === witnessName) {
      const begun = early;
      const shifted: Machine = { ...born, clockMs: (at) => born.clockMs(at) };
      const voter = { leaseMs, lockMs: (lease: number) => lockMs(lease) };
      const process = startWitness(
        ports,
        begun > 0 ? { ...shifted, clockMs: lateClock(born, agenda.nowMs, begun) } : shifted,
        voter,
        session,
        cluster,
        timing.deadMs,
      );
      processes.set(name, process);
      return;
    }
    const config: ElectionConfig = {
      node: name,
      session,
      nodes,
      witness,
      paths,
      groups,
      timing,
      ...(etcd && {
        coordination: {
          driver: 'etcd',
          ttlMs,
          keepMs: leaseMs / 2,
          callMs: 60,
          identity: 'sim',
          knownCluster: etcdIds.get(name) ?? '',
        },
      }),
      health: { afterMs: leaseMs, stayMs: 2 * leaseMs },
      lockMs,
    };
    const process = startNode(ports, machine, kernels.get(name)!, config, cluster);
    processes.set(name, process);
    process.tell({
      type: 'start',
      links: { front0: links.get(name)! },
      epochs: epochs.get(name) ?? {},
      maintenance: disks.get(name) ?? [],
    });
    process.tell({ type: 'readiness', readiness: { ready: true, reasons: [], position: '7' } });
  };

  const down = (name: string): void => {
    const view = processes.get(name)?.view();
    if (view) {
      epochs.set(
        name,
        Object.fromEntries(groups.map((group) => [group.name, view.groups[group.name]!.epoch])),
      );
    }
    processes.get(name)?.kill();
  };

  const strike = (fault: Fault): void => {
    say?.(`FAULT ${JSON.stringify(fault)}`);
    switch (fault.type) {
      case 'kill':
        down(fault.who);
        return;
      case 'power-off':
        down(fault.who);
        bootMachine(fault.who);
        return;
      case 'start':
        start(fault.who);
        return;
      case 'freeze':
        processes.get(fault.who)?.freeze(fault.ms, fault.steps);
        return;
      case 'ambush':
        processes.get(fault.who)?.ambush(fault.ms, fault.op, () => {
          say?.(`ambush of ${fault.who} ends: ${fault.then}`);
          if (fault.opens) {
            for (const direction of fault.opens.directions) network.cuts.delete(direction);
            network.spared.add(fault.opens.rival);
          }
          if (fault.then === 'kill') down(fault.who);
          else if (fault.then === 'freeze') processes.get(fault.who)?.freeze(6 * leaseMs, 0);
          else network.silenced.add(fault.who);
        });
        return;
      case 'cut':
        for (const direction of fault.directions) network.cuts.add(direction);
        return;
      case 'mend':
        for (const direction of fault.directions) network.cuts.delete(direction);
        return;
      case 'weather':
        network.weather = { ...fairWeather, ...fault };
        return;
      case 'front-link':
        links.set(fault.who, fault.usable);
        processes.get(fault.who)?.tell({ type: 'link', name: 'front0', usable: fault.usable });
        return;
      case 'ready': {
        const readiness = { ready: fault.ready, reasons: fault.ready ? [] : ['resync'], position: '8' };
        processes.get(fault.who)?.tell({ type: 'readiness', readiness });
        return;
      }
      case 'handover':
        orders += 1;
        processes.get(fault.who)?.tell({
          type: 'handover',
          id: orders,
          group: groups[(fault.group ?? 0) % groups.length]!.name,
          to: undefined,
        });
        return;
      case 'health': {
        const reasons = fault.weight > 0 ? [{ text: 'as the model has it', weight: fault.weight }] : [];
        processes.get(fault.who)?.tell({ type: 'health', reasons });
        return;
      }
      case 'maintenance': {
        orders += 1;
        const { node, on } = fault;
        const group = fault.whole ? '' : groups[0]!.name;
        processes.get(fault.who)?.tell({ type: 'maintenance', id: orders, node, group, on });
        return;
      }
      case 'wall':
        processes.get(fault.who)?.tell({ type: 'wall', seconds: 1_000, minute: fault.minute });
        return;
      case 'stop':
        processes.get(fault.who)?.tell({ type: 'stop' });
        return;
      case 'etcd-down':
        etcd?.down();
        return;
      case 'etcd-up':
        etcd?.up();
        return;
      case 'etcd-cut':
        etcd?.cuts.add(fault.who);
        return;
      case 'etcd-mend':
        etcd?.cuts.delete(fault.who);
        return;
      case 'etcd-foreign':
        etcd?.foreign.add(fault.who);
        return;
      case 'etcd-own':
        etcd?.foreign.delete(fault.who);
        return;
      case 'etcd-depose':
        etcd?.depose(fault.ms);
        return;
      case 'etcd-slow':
        if (etcd) {
          etcd.slowMs = fault.slowMs;
          etcd.lossRate = fault.loss;
        }
        return;
    }
  };

  const mendAll = (): void => {
    say?.('everything is mended');
    network.cuts.clear();
    network.silenced.clear();
    network.spared.clear();
    network.weather = fairWeather;
    if (etcd) {
      etcd.up();
      etcd.cuts.clear();
      etcd.foreign.clear();
      etcd.slowMs = 0;
      etcd.lossRate = 0;
    }
    for (const name of everybody) {
      const process = processes.get(name);
      process?.thaw();
      if (process?.view()?.stopping) down(name);
      start(name);
    }
    for (const name of nodes) {
      links.set(name, true);
      processes.get(name)?.tell({ type: 'link', name: 'front0', usable: true });
      processes
        .get(name)
        ?.tell({ type: 'readiness', readiness: { ready: true, reasons: [], position: '9' } });
      orders += 1;
      processes.get(name)?.tell({ type: 'health', reasons: [] });
      processes.get(name)?.tell({ type: 'maintenance', id: orders, node: name, group: '', on: false });
    }
  };

  const judgeLiveness = (group: string): void => {
    const holders = nodes.filter((name) => kernels.get(name)!.heldUntilMs(group) > agenda.nowMs);
    const active = nodes.filter((name) => processes.get(name)?.view()?.groups[group]?.role === 'active');
    if (holders.length === 1 && active.length === 1) return;
    // The preferred node may be getting its group back just now.
    if (nodes.some((name) => processes.get(name)?.view()?.groups[group]?.handover)) return;
    const states = nodes.map((name) => {
      const view: ElectionState | undefined = processes.get(name)?.view();
      const own = view?.groups[group];
      return `${name}: ${own?.role} (${own?.waiting || own?.reason})`;
    });
    fail(
      `${holders.length} holders, ${active.length} of ${group} active after everything was mended; ${states.join('; ')}`,
    );
  };

  for (const name of everybody) bootMachine(name);
  if (witness === 'arbiter') start(witnessName);
  for (const name of nodes) agenda.at(random.between(0, leaseMs), () => start(name));
  const drawn =
    options.faults ??
    [
      ...drawFaults(random, nodes, witnessName, paths, faultsFromMs, faultsUntilMs, leaseMs),
      ...(etcd ? drawEtcdFaults(random, nodes, faultsFromMs, faultsUntilMs, leaseMs) : []),
    ].sort((left, right) => left.atMs - right.atMs);
  const faults = drawn.filter((_, index) => options.keep?.has(index) ?? true);
  const blinding = new Set<Fault['type']>(['cut', 'weather', 'ambush']);
  mayBeBlind = nodes.length === 2 && witness === 'none' && faults.some(({ type }) => blinding.has(type));
  for (const fault of faults) {
    const who = 'who' in fault ? fault.who : '';
    if (who === witnessName && witness === 'none') continue;
    agenda.at(fault.atMs, () => strike(fault));
  }
  agenda.at(quietMs, mendAll);
  for (let atMs = boundMs; atMs < endMs; atMs += leaseMs / 2)
    agenda.at(atMs, () => {
      for (const { name } of groups) judgeLiveness(name);
    });
  agenda.run(endMs, () => failure !== undefined);
  return {
    seed,
    failure,
    faults: drawn,
    takeovers,
    handovers,
    datagrams,
    accusations,
    relayedMs,
    endedMs: agenda.nowMs,
  };
};

/** The clock of a process that believes to have started `earlyMs` before it did. */
const lateClock =
  (machine: Machine, startMs: number, earlyMs: number) =>
  (atMs: number): number =>
    atMs <= startMs ? machine.clockMs(atMs) - earlyMs : machine.clockMs(atMs);

/** Leaves out one fault after the other as long as the run still fails. */
export const shorten = (options: SimOptions): { keep: Set<number>; result: SimResult } => {
  let result = simulate(options);
  const keep = new Set(result.faults.keys());
  if (result.failure === undefined) return { keep, result };
  for (const index of [...keep]) {
    const fewer = new Set(keep);
    fewer.delete(index);
    const shorter = simulate({ ...options, keep: fewer });
    if (shorter.failure === undefined) continue;
    keep.delete(index);
    result = shorter;
  }
  return { keep, result };
};
