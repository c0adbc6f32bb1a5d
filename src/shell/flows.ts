/** The port Flows over ctnetlink, on a socket of its own: a long dump holds up nobody who forgets flows. */

import { type Ip, isIpv6 } from '../model/address.js';
import { createFlowReader, dumpFlows } from '../netlink/conntrack-flows.js';
import type { Flows } from '../ports.js';
import { createNetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';

/** Every dump walks the whole table: with more addresses than this one walk that tells of all of them is cheaper. */
const mostDumps = 4;

export const createFlows = (): Flows => {
  const asker = createNetlinkAsker(NETLINK_NETFILTER);
  return {
    async read(addresses, visit) {
      const dump = async (family: 'ipv4' | 'ipv6', address: Ip | undefined): Promise<void> => {
        const read = createFlowReader();
        await asker.ask(
          `counting flows to ${address ?? `${family} services`}`,
          (sequence) => dumpFlows(family, address, sequence),
          (received, message) => {
            const flow = read(received, message);
            // A kernel without the filter tells of all addresses each time.
            if (flow && (address === undefined || flow.serviceAddress === address)) visit(flow);
          },
        );
      };
      const four = addresses.filter((address) => !isIpv6(address));
      if (four.length > mostDumps) await dump('ipv4', undefined);
      else for (const address of four) await dump('ipv4', address);
      if (four.length < addresses.length) await dump('ipv6', undefined);
    },
    close: () => asker.close(),
  };
};
