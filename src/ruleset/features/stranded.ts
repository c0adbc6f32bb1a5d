/** udp flows of general services whose backend has failed: a client that goes on sending from its port would stay with it for ever. */

import { isIpv6 } from '../../model/address.js';
import type { Service } from '../../model/service.js';
import type { FlowPattern } from '../../netlink/conntrack.js';
import { isGeneral } from './general.js';
import { protocolsOf } from './identity.js';

/** Ports are left open: a range would need one request each. */
export const strandedFlows = (before: Service, after: Service | undefined): FlowPattern[] => {
  if (!isGeneral(before)) return [];
  const lost = before.backends.filter(
    ({ name, address, state }) =>
      state !== 'down' &&
      !after?.backends.some((one) => one.name === name && one.address === address && one.state !== 'down'),
  );
  return lost.flatMap((backend) =>
    before.addresses
      .filter((one) => isIpv6(one.address) === isIpv6(backend.address) && protocolsOf(one).includes('udp'))
      .map(
        (one): FlowPattern => ({
          protocol: 'udp',
          serviceAddress: one.address,
          backendAddress: backend.address,
        }),
      ),
  );
};
