/** What tests of limits share: services of both families with limits, and what the kernel counts. */

import type { Ip } from '../../src/model/address.js';
import type { Service, ServiceLimits } from '../../src/model/service.js';
import { type Bed, backendAddress, backendAddress6, vip, vip6 } from './bed.js';
import { backendsAt, plainService, port } from './services.js';
import { request, type Stream, stream } from './traffic.js';

export interface FamilyBed {
  readonly title: string;
  readonly table: 'ip' | 'ip6';
  readonly vip: string;
  client(index: number): string;
  backendAddress(index: number): string;
  service(limits: ServiceLimits | undefined, changes?: Partial<Service>): Service;
}

export const ipv4: FamilyBed = {
  title: 'IPv4',
  table: 'ip',
  vip,
  client: (index) => `10.40.1.${index}`,
  backendAddress,
  service: (limits, changes) => plainService({ ...(limits && { limits }), ...changes }),
};

export const ipv6: FamilyBed = {
  title: 'IPv6',
  table: 'ip6',
  vip: vip6,
  client: (index) => `fd40::1:${index}`,
  backendAddress: backendAddress6,
  service: (limits, changes) =>
    plainService({
      family: 'ipv6',
      addresses: [{ address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] }],
      endpoints: [],
      backends: backendsAt(2, {}, backendAddress6),
      ...(limits && { limits }),
      ...changes,
    }),
};

export const bothFamilies: readonly FamilyBed[] = [ipv4, ipv6];

/** Packets that the kernel's counters of refusals show, all services together. */
export const refused = (bed: Bed, table: FamilyBed['table'], why: string): number => {
  const text = bed.nft('list', 'set', table, 'relevo', `refused_${why}`);
  return [...text.matchAll(/counter packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
};

/** Opens connections one after the other until one is not answered within `patienceMs`, or there are `most`. */
export const openUntilRefused = async (
  host: string,
  most: number,
  from?: string,
  number = 80,
  patienceMs = 300,
): Promise<Stream[]> => {
  const open: Stream[] = [];
  while (open.length < most) {
    const one = await streamWithin(host, number, from, patienceMs);
    if (!one) break;
    open.push(one);
  }
  return open;
};

/** Undefined: not connected in time, or refused. */
export const streamWithin = (
  host: string,
  number: number,
  from: string | undefined,
  withinMs: number,
): Promise<Stream | undefined> => stream(host, number, from, withinMs).catch(() => undefined);

/** Waits until it holds, two seconds at most. */
export const eventually = async (holds: () => boolean | Promise<boolean>): Promise<boolean> => {
  for (let tries = 0; tries < 40; tries++) {
    if (await holds()) return true;
    await sleep(50);
  }
  return holds();
};

/** How many of `count` requests, sent at once, are answered before the first SYN would be sent again. */
export const answered = async (
  host: string,
  count: number,
  from?: string,
  number = 80,
  withinMs = 800,
): Promise<number> => {
  const results = await Promise.allSettled(
    Array.from({ length: count }, () => request(host, number, from, withinMs)),
  );
  return results.filter(({ status }) => status === 'fulfilled').length;
};

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const closeAll = (streams: Iterable<Stream>): void => {
  for (const one of streams) one.close();
};
