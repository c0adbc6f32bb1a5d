/** Services as the model has them, for tests of the rule engine that need more than a document can say in short. */

import type { Ip, Ipv4 } from '../../src/model/address.js';
import type { Backend, PortRange, Protocol, Service } from '../../src/model/service.js';
import { backendAddress, backendPort, vip } from './bed.js';

export const port = (number: number): PortRange => ({ first: number, last: number });

/** `b1`, `b2`, … */
export const backendsAt = (
  count: number,
  changes: Partial<Backend> = {},
  address: (index: number) => string = backendAddress,
): Backend[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `b${index + 1}`,
    address: address(index + 1) as Ip,
    port: backendPort,
    weight: 1,
    priority: 1,
    state: 'up',
    ...changes,
  }));

/** A plain one: one IPv4 address, one protocol, one port, two backends. */
export const plainService = (
  changes: Partial<Service> = {},
  at: { readonly port?: number; readonly protocol?: Protocol; readonly address?: string } = {},
): Service => {
  const { port: number = 80, protocol = 'tcp', address = vip } = at;
  return {
    name: 'web',
    family: 'ipv4',
    mode: 'dnat',
    addresses: [{ address: address as Ip, protocol, ports: [port(number)] }],
    endpoints: [{ protocol, address: address as Ipv4, port: number }],
    scheduler: 'rr',
    hashFields: [],
    persistence: [],
    persistTtlMs: 60_000,
    replicate: 'all',
    state: 'up',
    backends: backendsAt(2),
    ...changes,
  };
};
