/**
 * Least connections: which share of the newcomers each backend gets until the next count. Counts are taken now and then, not per packet, so
 * a backend does not simply get everything while it has the fewest: newcomers are shared so that, when as many have come as are
 * expected, connections per weight are as equal as they can be.
 */

import type { Ip } from '../model/address.js';
import { protocolNumber, type Service } from '../model/service.js';
import type { Flow } from '../netlink/conntrack-flows.js';
import { portOf } from './features/general-backends.js';
import { protocolsOf } from './features/identity.js';

export interface Load {
  readonly weight: number;
  readonly connections: number;
  /** It has come back, or is new, and has not caught up yet: at most twice its share by weight, and at most half of what is the others' by weight. */
  readonly warming: boolean;
}

/** How many of `arrivals` each of them gets so that connections per weight end as equal as they can be. */
const fill = (loads: readonly Load[], arrivals: number): number[] => {
  const order = loads
    .map((_load, index) => index)
    .sort((a, b) => loads[a]!.connections / loads[a]!.weight - loads[b]!.connections / loads[b]!.weight);
  let connections = 0;
  let weight = 0;
  let level = 0;
  for (const index of order) {
    const load = loads[index]!;
    // The level that the ones so far reach with all arrivals: below the next one's, that one gets nothing.
    if (weight > 0 && level <= load.connections / load.weight) break;
    connections += load.connections;
    weight += load.weight;
    level = (connections + arrivals) / weight;
  }
  return loads.map((load) => Math.max(0, level * load.weight - load.connections));
};

/** What a backend that has come back may have at most, of `share`, which is its own by weight. */
export const warmingShare = (share: number): number => Math.min(2 * share, (1 + share) / 2);

/**
 * Shares of the newcomers, which come to 1. `arrivals`: how many are expected until the next count; also kept up by an eighth of all
 * connections, so that small differences between large numbers do not turn everything to one side.
 */
export const shareNewcomers = (loads: readonly Load[], arrivals: number): number[] => {
  const total = loads.reduce((sum, { connections }) => sum + connections, 0);
  const weights = loads.reduce((sum, { weight }) => sum + weight, 0);
  const expected = Math.max(1, arrivals, total / 8);
  const shares = fill(loads, expected).map((count) => count / expected);
  const most = loads.map(({ weight, warming }) => (warming ? warmingShare(weight / weights) : 1));
  const held = shares.flatMap((share, index) => (share > most[index]! ? [index] : []));
  if (held.length === 0) return shares;
  const others = loads.flatMap((_load, index) => (held.includes(index) ? [] : [index]));
  const left = 1 - held.reduce((sum, index) => sum + most[index]!, 0);
  if (others.length === 0 || left <= 0) return loads.map(({ weight }) => weight / weights);
  const rest = fill(
    others.map((index) => loads[index]!),
    left * expected,
  );
  return loads.map((_load, index) =>
    held.includes(index) ? most[index]! : rest[others.indexOf(index)]! / expected,
  );
};

/** What was counted of one service. */
export interface ServiceFlows {
  /** Open connections by name of the backend, those with none among them. */
  readonly open: ReadonlyMap<string, number>;
  /** Numbers of all flows that connection tracking still knows, ended ones too: those that the last count had not have come since. */
  readonly ids: ReadonlySet<number>;
}

interface Counter {
  readonly open: Map<string, number>;
  readonly ids: Set<number>;
  readonly backends: Map<Ip, { readonly name: string; readonly port: number | undefined }[]>;
}

interface Candidate {
  readonly protocols: ReadonlySet<number>;
  readonly ports: readonly { readonly first: number; readonly last: number }[];
  readonly counter: Counter;
}

export interface FlowCounter {
  readonly addresses: readonly Ip[];
  see(flow: Flow): void;
  /** By name of the service. */
  result(): ReadonlyMap<string, ServiceFlows>;
}

export const createFlowCounter = (services: readonly Service[]): FlowCounter => {
  const counters = new Map<string, Counter>();
  const candidates = new Map<Ip, Candidate[]>();
  for (const service of services) {
    const counter: Counter = { open: new Map(), ids: new Set(), backends: new Map() };
    counters.set(service.name, counter);
    for (const backend of service.backends) {
      counter.open.set(backend.name, 0);
      const known = counter.backends.get(backend.address) ?? [];
      known.push({ name: backend.name, port: portOf(service, backend) });
      counter.backends.set(backend.address, known);
    }
    for (const one of service.addresses) {
      const known = candidates.get(one.address) ?? [];
      const protocols = new Set(protocolsOf(one).map((protocol) => protocolNumber[protocol]));
      known.push({ protocols, ports: one.ports, counter });
      candidates.set(one.address, known);
    }
  }
  return {
    addresses: [...candidates.keys()],
    see({ id, protocol, serviceAddress, servicePort, backendAddress, backendPort, open }) {
      for (const { protocols, ports, counter } of candidates.get(serviceAddress) ?? []) {
        if (!protocols.has(protocol)) continue;
        const isOurs =
          ports.length === 0 || ports.some(({ first, last }) => first <= servicePort && servicePort <= last);
        if (!isOurs) continue;
        counter.ids.add(id);
        if (!open) continue;
        const backend = counter.backends
          .get(backendAddress)
          ?.find(({ port }) => port === undefined || port === backendPort);
        if (backend) counter.open.set(backend.name, counter.open.get(backend.name)! + 1);
      }
    },
    result: () => counters,
  };
};
