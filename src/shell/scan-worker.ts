/** The thread that dumps map `persist`: what the kernel does in these calls would hold up the event loop for tenths of a second. */

import { parentPort } from 'node:worker_threads';
import { type ErrorCode, errorFrom } from '../errors.js';
import { createEntryColumns, type EntryColumns } from '../model/columns.js';
import { dumpElements } from '../netlink/nft/requests.js';
import { readEntries } from '../netlink/persistence.js';
import { persistMap, serviceTable } from '../ruleset/layout.js';
import { createNetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';

export type FromScan =
  | { readonly kind: 'piece'; readonly entries: EntryColumns }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/** Entries in one piece: the other side takes a fraction of a millisecond for it. */
const pieceEntries = 500;

const port = parentPort!;
const asker = createNetlinkAsker(NETLINK_NETFILTER);
let entries = createEntryColumns();

const post = (message: FromScan): void => port.postMessage(message);
const flush = (): void => {
  if (entries.client.length === 0) return;
  post({ kind: 'piece', entries });
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
  post({ kind: 'end' });
} catch (thrown) {
  const { code, message } = errorFrom(thrown);
  post({ kind: 'failed', code, message });
} finally {
  // The thread ends when its socket has closed; ending it under the socket could take the process along.
  asker.close();
}
