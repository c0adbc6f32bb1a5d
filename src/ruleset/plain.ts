/** Which services the shared maps with one element per address and port can say; the others go through `general/`. */

import { isIpv6 } from '../model/address.js';
import type { Service } from '../model/service.js';
import type { KindScheduler } from './kinds.js';

const schedulers: Readonly<Partial<Record<Service['scheduler'], KindScheduler>>> = {
  weight: 'random',
  rr: 'rr',
  hash: 'hash',
};

const byMac = (fields: Service['hashFields']): boolean =>
  fields.includes('srcmac') || fields.includes('dstmac');

/** Undefined for a scheduler that only general services have. */
export const plainScheduler = (service: Service): KindScheduler | undefined =>
  byMac(service.hashFields) ? undefined : schedulers[service.scheduler];

const keepsOnlyAddress = ({ persistence }: Service): boolean =>
  persistence.length === 0 || (persistence.length === 1 && persistence[0] === 'srcip');

/** IPv4, tcp and udp, single ports, translated, scheduled and remembered by what one look-up tells. */
export const isPlain = (service: Service): boolean =>
  (service.mode === 'dnat' || service.mode === 'snat') &&
  service.endpoints.length > 0 &&
  plainScheduler(service) !== undefined &&
  keepsOnlyAddress(service) &&
  service.persistFull !== 'evict' &&
  !service.limits?.synproxy &&
  (service.staticSessions ?? []).length === 0 &&
  service.backends.every(({ address, connectionLimit }) => !isIpv6(address) && (connectionLimit ?? 0) === 0);
