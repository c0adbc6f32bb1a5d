/** A thread that holds a lease (of 150 ms, if nothing is said) by renewing it each 30 ms, as the guard does. */

import { parentPort, workerData } from 'node:worker_threads';
import type { SetSpec, TableName } from '../../src/netlink/nft/ast.js';
import { createNft } from '../../src/shell/nft.js';
import { ip4, silentLog } from './kernel.js';

const { table, set, leaseMs = 150 } = workerData as { table: TableName; set: SetSpec; leaseMs?: number };
const nft = createNft({ log: silentLog });
const key = ip4('10.0.0.1');
const add = { op: 'add-elements', table, set, elements: [{ key, timeoutMs: leaseMs }] } as const;
await nft.commit({ reason: 'claim', operations: [add] });
setInterval(() => {
  const remove = { op: 'delete-elements', table, set, elements: [{ key }] } as const;
  void nft.commit({ reason: 'renew', operations: [remove, add] });
}, 30);
parentPort?.postMessage('held');
