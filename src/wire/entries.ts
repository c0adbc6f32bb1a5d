/** Columns of the first stream's entries, judged. */

import { limits } from '../limits.js';
import {
  createEntryColumns,
  createKeyColumns,
  type EntryColumns,
  type KeyColumns,
} from '../model/columns.js';
import type { relevo } from './gen/sync.js';
import { bad } from './judge.js';

export const keys = (columns: relevo.v1.Keys.$Properties | null | undefined, field: string): KeyColumns => {
  if (!columns) return createKeyColumns();
  const { client, address, protocolPort } = columns;
  if (!client || !address || !protocolPort) {
    return client?.length || address?.length || protocolPort?.length
      ? bad(`${field} lacks a column`)
      : createKeyColumns();
  }
  const length = client.length;
  if (length > limits.syncFrameEntries)
    return bad(`${field} has more than ${limits.syncFrameEntries} entries`);
  if (address.length !== length || protocolPort.length !== length)
    bad(`${field} has columns of unequal length`);
  for (const value of protocolPort) {
    const protocol = value >>> 16;
    if (protocol !== 6 && protocol !== 17) bad(`${field} has an entry of IP protocol ${protocol}`);
    if ((value & 0xffff) === 0) bad(`${field} has an entry of port 0`);
  }
  return { client, address, protocolPort };
};

export const entries = (
  columns: relevo.v1.Entries.$Properties | null | undefined,
  field: string,
): EntryColumns => {
  if (!columns) return createEntryColumns();
  const key = keys(columns, field);
  const length = key.client.length;
  const { backend = [], backendPort = [], ttlMs = [], remainingMs = [] } = columns;
  if (!backend || !backendPort || !ttlMs || !remainingMs) return bad(`${field} lacks a column`);
  for (const column of [backend, backendPort, ttlMs, remainingMs]) {
    if (column.length !== length) bad(`${field} has columns of unequal length`);
  }
  for (let at = 0; at < length; at++) {
    if (backendPort[at]! > 0xffff || backendPort[at] === 0) bad(`${field} has a backend port out of range`);
    if (ttlMs[at] === 0 || remainingMs[at]! > ttlMs[at]!) {
      bad(`${field} has an entry that outlives its own lifetime`);
    }
  }
  const { client, address, protocolPort } = key;
  return { client, address, protocolPort, backend, backendPort, ttlMs, remainingMs };
};
