/** What the kernel has counted of lists, in the terms of nftlb's interface and of the status. */

import { type Ip, ipFromBytes } from '../../../model/address.js';
import type { Policy, PolicyElement } from '../../../model/service.js';
import type { Counted, ElementBytes } from '../../../netlink/nft/ast.js';
import { readHostNumber } from '../bytes.js';
import { familyOf } from './layout.js';

export interface ListedElement {
  /** `10.0.0.1`, `10.2.0.0/16`. */
  readonly data: string;
  /** Seconds that are left, of an element with a lifetime. */
  readonly time?: string;
  readonly 'counter-packets': string;
  readonly 'counter-bytes': string;
}

export const networkText = ({
  address,
  prefixLength,
}: Pick<PolicyElement, 'address' | 'prefixLength'>): string =>
  prefixLength === (address.includes(':') ? 128 : 32) ? address : `${address}/${prefixLength}`;

/** One element of `listSet(policy, prefixLength)` as dumped. */
export const listedElement = (
  policy: Pick<Policy, 'family'>,
  prefixLength: number,
  { key, timeoutMs, expiresMs, counter }: ElementBytes,
): ListedElement => {
  const address: Ip = ipFromBytes(key, 0, familyOf(policy).bytes);
  return {
    data: networkText({ address, prefixLength }),
    ...(timeoutMs !== undefined && { time: String(Math.ceil((expiresMs ?? timeoutMs) / 1000)) }),
    'counter-packets': String(counter?.packets ?? 0),
    'counter-bytes': String(counter?.bytes ?? 0),
  };
};

const none: Counted = { packets: 0, bytes: 0 };

/** Of a whole policy, over the elements that are on the list now. */
export const sumOf = (elements: Iterable<Pick<ElementBytes, 'counter'>>): Counted => {
  let { packets, bytes } = none;
  for (const { counter } of elements) {
    packets += counter?.packets ?? 0;
    bytes += counter?.bytes ?? 0;
  }
  return { packets, bytes };
};

/** What a policy has refused by service, from a dump of `refusedSet(policy)`; `nameOf` knows services by number. */
export const refusedByService = (
  elements: Iterable<ElementBytes>,
  nameOf: (id: number) => string | undefined,
): ReadonlyMap<string, Counted> => {
  const refused = new Map<string, Counted>();
  for (const { key, counter } of elements) {
    const name = nameOf(readHostNumber(key, 0));
    if (name !== undefined) refused.set(name, counter ?? none);
  }
  return refused;
};
