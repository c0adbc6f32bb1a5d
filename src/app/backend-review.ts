/**
 * Entries whose backend has failed or gone. Packets may have made them anew with another one, of which no report has come yet, so that the
 * kernel is asked before anything is destroyed.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import { createKeyColumns, type KeyColumns, piecesOfKeys } from '../model/columns.js';
import type { Clock, Log, PersistenceMap } from '../ports.js';
import { takeFromKernel } from '../replication/compare.js';
import type { GroupBook } from '../replication/groups.js';
import type { Replica } from '../replication/replica.js';
import type { Judge } from '../replication/verdicts.js';
import type { KernelSink } from './kernel-sink.js';

/** What whoever reads the kernel's map needs. */
export interface KernelSourceOptions {
  readonly persistence: PersistenceMap;
  readonly clock: Clock;
  readonly log: Log;
  readonly replica: Replica;
  readonly groups: GroupBook;
  readonly verdicts: Judge;
  readonly sink: KernelSink;
  /** There is something to send. */
  readonly onChange: () => void;
}

export interface EntryKey {
  readonly client: number;
  readonly address: number;
  readonly protocolPort: number;
}

export interface BackendReview {
  /** `unread`: what has a key of these and cannot be read names a backend that nobody has a number for any more, and is destroyed, too. */
  now(keys: KeyColumns, unread?: boolean): void;
  /**
   * An entry was reported with a backend that its service does not have: by the rules that made it the backend is there, by what we know it
   * is not, and one of the two is the older. Looked at when they are in step.
   */
  soon(key: EntryKey): void;
  stop(): void;
}

/** By then a change of the rules and what is known of it are in step. */
const settleMs = 250;
/** More reports of unknown backends at a time are left to the next scan. */
const mostWaiting = 65_536;

const push = (keys: KeyColumns, { client, address, protocolPort }: EntryKey): void => {
  keys.client.push(client);
  keys.address.push(address);
  keys.protocolPort.push(protocolPort);
};

const keyText = (keys: KeyColumns, at: number): string =>
  `${keys.client[at]} ${keys.address[at]} ${keys.protocolPort[at]}`;

export const createBackendReview = (options: KernelSourceOptions): BackendReview => {
  const { persistence, clock, log, replica, groups, verdicts, sink, onChange } = options;
  let waiting = createKeyColumns();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const review = async (keys: KeyColumns, unread: boolean): Promise<void> => {
    const askedAtMs = clock.nowMs();
    const found = await persistence.read(keys);
    if (stopped) return;
    const dead = createKeyColumns();
    const readable = new Set<string>();
    for (let at = 0; at < found.client.length; at++) {
      const [client, address, protocolPort] = [
        found.client[at]!,
        found.address[at]!,
        found.protocolPort[at]!,
      ];
      readable.add(keyText(found, at));
      const group = replica.groupOf(address);
      if (!groups.isActive(group)) continue;
      // A report or a purge knows more than the answer to a question asked before.
      const row = replica.table.find(client, address, protocolPort);
      if (row >= 0 && replica.table.changedAtMs[row]! > askedAtMs) continue;
      const verdict = verdicts.of(address, protocolPort, found.backend[at]!, found.backendPort[at]!);
      if (verdict.writable) takeFromKernel(options, found, at, groups.epochOf(group), clock.nowMs());
      else if (verdict.belongs || verdict.gone) push(dead, { client, address, protocolPort });
    }
    for (let at = 0; unread && at < keys.client.length; at++) {
      if (readable.has(keyText(keys, at))) continue;
      push(dead, {
        client: keys.client[at]!,
        address: keys.address[at]!,
        protocolPort: keys.protocolPort[at]!,
      });
    }
    await sink.destroy(dead);
    onChange();
  };

  /** A backend may have had a million clients: what is known of them at a time is bounded. */
  const inPieces = async (keys: KeyColumns, unread: boolean): Promise<void> => {
    for (const piece of piecesOfKeys(keys, limits.batchElements)) {
      if (stopped) return;
      await review(piece, unread);
    }
  };

  const now = (keys: KeyColumns, unread = false): void => {
    if (keys.client.length === 0 || stopped) return;
    inPieces(keys, unread).catch((thrown) =>
      log.warn({ error: errorFrom(thrown).message }, 'entries of backends that are gone stay'),
    );
  };

  return {
    now,
    soon(key) {
      if (waiting.client.length >= mostWaiting) return;
      push(waiting, key);
      timer ??= setTimeout(() => {
        const keys = waiting;
        waiting = createKeyColumns();
        timer = undefined;
        now(keys);
      }, settleMs).unref();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
