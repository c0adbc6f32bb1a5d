/** Listens to NFNLGRP_NFTABLES and reports, once per generation and table, what others changed in the tables we use. */

import type { Received } from '../netlink/attributes.js';
import { eachMessage, type Message, viewOf } from '../netlink/message.js';
import type { TableName } from '../netlink/nft/ast.js';
import { readGeneration, readSubject } from '../netlink/nft/decode.js';
import { messageNameByType, msg, NFNL_SUBSYS_NFTABLES, NFNLGRP_NFTABLES } from '../netlink/nft/numbers.js';
import type { ForeignChange } from '../ports.js';
import { isOwnPort } from './netlink-ports.js';
import { NETLINK_NETFILTER, openNetlinkSocket } from './netlink-socket.js';

export interface NftWatch {
  readonly port: number;
  /** Whether others' changes are heard from now on; they are at first. False when the kernel refuses. */
  listen(on: boolean): boolean;
  close(): void;
}

interface Seen {
  readonly table: TableName;
  deleted: boolean;
  count: number;
  readonly first: string;
}

export const tableId = (table: TableName): string => `${table.family} ${table.name}`;

export const createNftWatch = (
  /** Tables by `tableId`; looked up at the time of the change. */
  watched: ReadonlySet<string>,
  isOwn: (port: number) => boolean,
  report: (change: ForeignChange) => void,
): NftWatch => {
  const seenByTable = new Map<string, Seen>();

  const flush = (author: string): void => {
    const all = [...seenByTable.values()];
    seenByTable.clear();
    for (const seen of all) {
      const others = seen.count > 1 ? ` and ${seen.count - 1} more` : '';
      report({
        table: seen.table,
        kind: seen.deleted ? 'table-deleted' : 'changed',
        detail: `${seen.first}${others} by ${author}`,
      });
    }
  };

  const onMessage = (received: Received, message: Message): void => {
    if (message.type >> 8 !== NFNL_SUBSYS_NFTABLES || message.to - message.from < 4) return;
    const kind = message.type & 0xff;
    if (kind === msg.newGeneration) {
      const { process, processName } = readGeneration(received, message.from, message.to);
      flush(`${processName || 'somebody'} (process ${process}, port ${message.port})`);
      return;
    }
    const { table, object } = readSubject(received, message.from, message.to);
    if (!table || !watched.has(tableId(table))) return;
    const id = tableId(table);
    const deleted = kind === msg.delTable;
    const seen = seenByTable.get(id);
    if (seen) {
      seen.count++;
      seen.deleted ||= deleted;
    } else {
      const name = messageNameByType[kind] ?? `message ${kind}`;
      // Attribute 2 of a table is its flags, not a name.
      const first = kind === msg.newTable || deleted ? name : `${name} ${object}`.trim();
      seenByTable.set(id, { table, deleted, count: 1, first });
    }
  };

  const socket = openNetlinkSocket(
    {
      protocol: NETLINK_NETFILTER,
      messageBytes: 16 * 1024,
      // A commit of ours is echoed here while our thread is still inside sendmsg: 160,000 elements must fit unread.
      receiveBytes: 64 * 1024 * 1024,
      groups: [NFNLGRP_NFTABLES],
      ignoreOwn: true,
    },
    {
      message(bytes) {
        const received = { view: viewOf(bytes), bytes };
        // One buffer carries the notes of one commit: whose it is, the first message says.
        if (bytes.length >= 16 && isOwn(received.view.getUint32(12, true))) return;
        eachMessage(received.view, (message) => {
          if (!isOwn(message.port)) onMessage(received, message);
        });
      },
      lost(error) {
        seenByTable.clear();
        report({ table: undefined, kind: 'overrun', detail: error.message });
      },
    },
  );
  return { port: socket.port, listen: (on) => socket.listen(on), close: () => socket.close() };
};

export const ownPorts =
  (others: readonly number[] = []): ((port: number) => boolean) =>
  (port) =>
    isOwnPort(port) || others.includes(port);
