/**
 * Reads a kernel's map whole, for those who compare it. A dump continues by counting elements from the start of the table for each message
 * (nft_rhash_walk), so while the table is widened, or elements before the count go, it shows some twice and passes over others. The kernel tells of
 * neither: NLM_F_DUMP_INTR stands for commits, and a packet that adds an element, or one that expires, commits nothing.
 */

import { errorFrom } from '../errors.js';
import { createKeyColumns, type EntryColumns } from '../model/columns.js';
import type { Clock, PersistenceMap } from '../ports.js';
import type { Replica } from '../replication/replica.js';

/**
 * `visit` sees what a scan shows, and then what it has not shown of the replica's live rows, asked for by key; with a second sight of a row,
 * `again` is true. A map that is not there is empty.
 */
export const readWhole = async (
  map: PersistenceMap,
  replica: Replica,
  clock: Clock,
  visit: (piece: EntryColumns, again: (at: number) => boolean) => void,
): Promise<void> => {
  const { table } = replica;
  let seen = new Uint8Array(table.used);
  const look = (piece: EntryColumns): void => {
    const repeated = new Set<number>();
    for (let at = 0; at < piece.client.length; at++) {
      const row = table.find(piece.client[at]!, piece.address[at]!, piece.protocolPort[at]!);
      if (row < 0) continue;
      if (row >= seen.length) {
        const wider = new Uint8Array(Math.max(row + 1, 2 * seen.length));
        wider.set(seen);
        seen = wider;
      }
      if (seen[row]) repeated.add(at);
      seen[row] = 1;
    }
    visit(piece, (at) => repeated.has(at));
  };
  try {
    await map.scan(look, replica.live);
  } catch (thrown) {
    if (errorFrom(thrown).code === 'kernel-missing') return;
    throw thrown;
  }
  const passedOver = createKeyColumns();
  const nowMs = clock.nowMs();
  for (let row = 0; row < table.used; row++) {
    if (!seen[row] && replica.isLive(row, nowMs)) replica.pushKey(passedOver, row);
  }
  if (passedOver.client.length > 0) look(await map.read(passedOver));
};
