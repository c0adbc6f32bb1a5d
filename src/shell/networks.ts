/** Networks that this machine has addresses in. */

import { networkInterfaces } from 'node:os';
import { type IpPrefix, parseIp } from '../model/address.js';

/** As they are now; without loopback, and without addresses of the link alone. */
export const nodeNetworks = (): IpPrefix[] =>
  Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ internal, cidr }): IpPrefix[] => {
      const [text = '', length = ''] = cidr?.split('/') ?? [];
      const address = parseIp(text);
      return internal || !address || text.startsWith('fe80:')
        ? []
        : [{ address, prefixLength: Number(length) }];
    }),
  );
