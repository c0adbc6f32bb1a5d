/** nf_tables over netlink: the port `Nft`. Usable in any thread; several may live side by side. */

import { RelevoError } from '../errors.js';
import type { Received } from '../netlink/attributes.js';
import type { Message } from '../netlink/message.js';
import type { ElementBytes, NamedCounter, NftTable, TableName } from '../netlink/nft/ast.js';
import {
  type DumpedElement,
  joinIntervals,
  readChainFacts,
  readElements,
  readNamed,
  readRuleFacts,
  readSetFacts,
  readTableFacts,
  type SetFacts,
} from '../netlink/nft/decode.js';
import { readNamedCounter } from '../netlink/nft/decode-stateful.js';
import { hookName, NFT_TABLE_F_OWNER, objectTypeByNumber, setFlag } from '../netlink/nft/numbers.js';
import { dumpElements, dumpNamed, dumpObjects, getSet, getTable } from '../netlink/nft/requests.js';
import type { ForeignChange, Log, PreparingNft } from '../ports.js';
import { createNetlinkAsker, type NetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';
import { createNftBatches } from './nft-batches.js';
import { createUnheard, type Unheard } from './nft-unheard.js';
import { createNftWatch, type NftWatch, ownPorts, tableId } from './nft-watch.js';
import { ownCommits } from './own-commits.js';

export interface NftOptions {
  readonly log: Log;
  /** Netlink ports of other processes that belong to us; those of this process are known. */
  readonly ownPortIds?: readonly number[];
}

/** A dump that met a change is asked for again this often; then what came is taken as it is. */
const dumpTries = 3;
/** The kernel widens a table of 60,000 elements within some ms. */
const gapTries = 20;
const gapPauseMs = 10;

/**
 * False: the kernel has widened the set's table during the dump, which goes on in another order then and shows as many elements twice as it passes
 * over (20,000 elements: 1,863 of each seen). NLM_F_DUMP_INTR does not tell of it.
 */
const isWholeSet = (elements: readonly DumpedElement[], flags: number): boolean => {
  // Not for intervals, whose ends may be keys of others.
  if ((flags & setFlag.interval) !== 0) return true;
  const keys = new Set<string>();
  for (const { key } of elements) {
    const { buffer, byteOffset, byteLength } = key;
    keys.add(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'));
  }
  return keys.size === elements.length;
};

const dumpWhole = async <T>(
  asker: NetlinkAsker,
  what: string,
  build: (sequence: number) => Uint8Array,
  read: (received: Received, message: Message, into: T[]) => void,
  isWhole: (found: readonly T[]) => boolean = () => true,
): Promise<T[]> => {
  for (let tries = 1, gaps = 0; ; tries++) {
    const found: T[] = [];
    const visit = (received: Received, message: Message): void => read(received, message, found);
    const { interrupted } = await asker.ask(what, build, visit);
    if (!isWhole(found) && ++gaps < gapTries) {
      await new Promise((resolve) => setTimeout(resolve, gapPauseMs));
      continue;
    }
    if (!interrupted || tries >= dumpTries) return found;
  }
};

const dumpSet = async (asker: NetlinkAsker, table: TableName, set: string): Promise<ElementBytes[]> => {
  const what = `reading ${tableId(table)} ${set}`;
  let facts: SetFacts | undefined;
  await asker.ask(
    what,
    (sequence) => getSet(table, set, sequence),
    (received, message) => {
      facts = readSetFacts(received, message.from, message.to);
    },
  );
  const elements = await dumpWhole<Writable<DumpedElement>>(
    asker,
    what,
    (sequence) => dumpElements(table, set, sequence),
    (received, message, into) => readElements(received, message.from, message.to, into),
    (found) => isWholeSet(found, facts?.flags ?? 0),
  );
  // The kernel leaves out a lifetime that equals the set's default.
  const { timeoutMs, flags } = facts ?? { timeoutMs: undefined, flags: 0 };
  if (timeoutMs !== undefined) {
    for (const element of elements) {
      if (element.expiresMs !== undefined) element.timeoutMs ??= timeoutMs;
    }
  }
  const isInterval = (flags & (setFlag.interval | setFlag.concat)) === setFlag.interval;
  return isInterval ? joinIntervals(elements) : elements;
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const readWholeTable = async (asker: NetlinkAsker, table: TableName): Promise<NftTable> => {
  const what = `reading ${tableId(table)}`;
  let owned = false;
  await asker.ask(
    what,
    (sequence) => getTable(table, sequence),
    (received, message) => {
      owned = (readTableFacts(received, message.from, message.to).flags & NFT_TABLE_F_OWNER) !== 0;
    },
  );
  const chains = new Map<string, { name: string; hook?: string; ruleComments: string[] }>();
  await asker.ask(
    what,
    (sequence) => dumpObjects('getChain', table, sequence),
    (received, message) => {
      const chain = readChainFacts(received, message.from, message.to);
      if (chain.table !== table.name) return;
      const hook = chain.hook === undefined ? undefined : hookName(table.family, chain.hook);
      chains.set(chain.name, { name: chain.name, ...(hook && { hook }), ruleComments: [] });
    },
  );
  const sets: NftTable['sets'][number][] = [];
  await asker.ask(
    what,
    (sequence) => dumpObjects('getSet', table, sequence),
    (received, message) => {
      const set = readSetFacts(received, message.from, message.to);
      const { name, keyBytes, dataBytes, size, count: entries } = set;
      if (set.table !== table.name) return;
      sets.push({
        name,
        keyBytes,
        dataBytes,
        ...(size !== undefined && { size }),
        ...(entries !== undefined && { entries }),
      });
    },
  );
  await asker.ask(
    what,
    (sequence) => dumpObjects('getRule', table, sequence),
    (received, message) => {
      const rule = readRuleFacts(received, message.from, message.to);
      if (rule.table === table.name) chains.get(rule.chain)?.ruleComments.push(rule.comment);
    },
  );
  const objects: NftTable['objects'][number][] = [];
  await asker.ask(
    what,
    (sequence) => dumpObjects('getObject', table, sequence),
    (received, message) => {
      const found = readNamed(received, message.from, message.to);
      const type = objectTypeByNumber[found.type];
      if (found.table === table.name && type) objects.push({ type, name: found.name });
    },
  );
  const flowtables: string[] = [];
  await asker.ask(
    what,
    (sequence) => dumpObjects('getFlowtable', table, sequence),
    (received, message) => {
      const found = readNamed(received, message.from, message.to);
      if (found.table === table.name) flowtables.push(found.name);
    },
  );
  return { table, owned, chains: [...chains.values()], sets, objects, flowtables };
};

const readNamedCounters = async (asker: NetlinkAsker, table: TableName): Promise<NamedCounter[]> => {
  const what = `reading the counters of ${tableId(table)}`;
  // The kernel answers a dump of a table that is not there with nothing.
  await asker.ask(
    what,
    (sequence) => getTable(table, sequence),
    () => {},
  );
  return dumpWhole<NamedCounter>(
    asker,
    what,
    (sequence) => dumpNamed('counter', table, sequence),
    (received, message, into) => {
      const counter = readNamedCounter(received, message.from, message.to);
      if (counter?.table !== table.name) return;
      const { name, packets, bytes } = counter;
      into.push({ name, packets, bytes });
    },
  );
};

export const createNft = (options: NftOptions): PreparingNft => {
  let unheard: Unheard | undefined;
  const batches = createNftBatches(options.log, (send) => (unheard ? unheard.during(send) : send()));
  const asker = createNetlinkAsker(NETLINK_NETFILTER);
  const used = new Set<string>();
  const listeners = new Set<(change: ForeignChange) => void>();
  const isOwn = ownPorts(options.ownPortIds);
  let watch: NftWatch | undefined;
  return {
    commit(transaction) {
      for (const operation of transaction.operations) used.add(tableId(operation.table));
      return batches.commit(transaction);
    },
    prepare(transaction) {
      for (const operation of transaction.operations) used.add(tableId(operation.table));
      return batches.prepare(transaction);
    },
    async dumpElements(table, set) {
      used.add(tableId(table));
      return dumpSet(asker, table, set);
    },
    async readTable(table) {
      used.add(tableId(table));
      try {
        return await readWholeTable(asker, table);
      } catch (thrown) {
        if (thrown instanceof RelevoError && thrown.code === 'kernel-missing') return undefined;
        throw thrown;
      }
    },
    async readCounters(table) {
      used.add(tableId(table));
      return readNamedCounters(asker, table);
    },
    onForeignChange(listener) {
      const tell = (change: ForeignChange): void => {
        for (const one of listeners) one(change);
      };
      watch ??= createNftWatch(used, isOwn, tell);
      unheard ??= createUnheard(watch, ownCommits, tell, () => performance.now());
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      unheard?.close();
      watch?.close();
      asker.close();
      batches.close();
    },
  };
};
