/** A dump of map `persist`, handed on in pieces. */

import { createEntryColumns, type EntryColumns } from '../model/columns.js';
import { dumpElements } from '../netlink/nft/requests.js';
import { readEntries } from '../netlink/persistence.js';
import { persistMap, serviceTable } from '../ruleset/layout.js';
import { createNetlinkAsker, type NetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';

/** Entries in one piece: its receiver takes a fraction of a millisecond for it. */
const pieceEntries = 500;

/** A message of a large map takes the kernel a millisecond: whatever else waits goes in between. */
export const createScanSocket = (): NetlinkAsker =>
  createNetlinkAsker(NETLINK_NETFILTER, { messagesPerTurn: 1 });

/** Closes the socket at the end. Rejects with `kernel-missing` if there is no map. */
export const scanEntries = async (
  asker: NetlinkAsker,
  visit: (piece: EntryColumns) => void,
): Promise<void> => {
  let entries = createEntryColumns();
  const flush = (): void => {
    if (entries.client.length > 0) visit(entries);
    entries = createEntryColumns();
  };
  try {
    await asker.ask(
      'reading persistence entries',
      (sequence) => dumpElements(serviceTable, persistMap.name, sequence),
      ({ view }, message) => {
        readEntries(view, message.from, message.to, entries);
        if (entries.client.length >= pieceEntries) flush();
      },
    );
    flush();
  } finally {
    asker.close();
  }
};
