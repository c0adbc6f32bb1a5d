/** The port Connections over ctnetlink. */

import { forgetFlows } from '../netlink/conntrack.js';
import type { Connections } from '../ports.js';
import { createNetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';

export const createConnections = (): Connections => {
  const asker = createNetlinkAsker(NETLINK_NETFILTER, 16 * 1024);
  return {
    async forget(pattern) {
      const { protocol, serviceAddress, servicePort, backendAddress, backendPort } = pattern;
      await asker.ask(
        `forgetting ${protocol} flows to ${serviceAddress} port ${servicePort ?? 'any'} by ${backendAddress} port ${backendPort ?? 'any'}`,
        (sequence) => forgetFlows(pattern, sequence),
        () => {},
      );
    },
    close: () => asker.close(),
  };
};
