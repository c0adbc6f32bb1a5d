/** The port SetReader: nf_tables over netlink, on sockets of its own. */

import { RelevoError } from '../errors.js';
import { type DumpedElement, readElements, readSetFacts } from '../netlink/nft/decode.js';
import { dumpElements, getSet } from '../netlink/nft/requests.js';
import type { SetReader } from '../ports.js';
import { createNetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';

export const createSetReader = (): SetReader => {
  let asker = createNetlinkAsker(NETLINK_NETFILTER);
  let closed = false;
  return {
    async use(table, set) {
      const use: { capacity?: number; entries?: number } = {};
      await asker.ask(
        `looking at ${table.family} ${table.name} ${set}`,
        (sequence) => getSet(table, set, sequence),
        (received, message) => {
          const { size, count } = readSetFacts(received, message.from, message.to);
          if (size !== undefined) use.capacity = size;
          if (count !== undefined) use.entries = count;
        },
      );
      return use;
    },
    async sample(table, set, most) {
      const found: DumpedElement[] = [];
      const used = asker;
      try {
        await used.ask(
          `reading ${table.family} ${table.name} ${set}`,
          (sequence) => dumpElements(table, set, sequence),
          (received, message) => {
            if (found.length < most) readElements(received, message.from, message.to, found);
            // A dump cannot be ended but with its socket.
            else if (used === asker && !closed) {
              asker = createNetlinkAsker(NETLINK_NETFILTER);
              used.close();
            }
          },
        );
      } catch (thrown) {
        if (!(thrown instanceof RelevoError) || found.length < most) throw thrown;
      }
      return found;
    },
    close() {
      closed = true;
      asker.close();
    },
  };
};
