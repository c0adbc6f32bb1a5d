/**
 * Large batches are written while this process does not listen to changes of nf_tables: the kernel makes a note of each element for whoever
 * listens, and for nobody if nobody does (nf_tables_setelem_notify), a quarter of its time. What others did meanwhile nobody tells then; that
 * they did nothing, the generation proves: it has grown by as much as all threads of this process together have committed.
 *
 * The order makes it a proof. The generation is read, then an empty batch waits for the mutex of commits, then the group is left: a foreign commit
 * from before the reading has told all it had to tell, a later one counts. At the end the group is joined, an empty batch waits again, and the
 * generation is read: a foreign commit has been counted, or is heard.
 */

import { eachMessage, viewOf } from '../netlink/message.js';
import { emptyBatch, getGeneration, readGenerationNumber } from '../netlink/nft/generation.js';
import { messageType, msg } from '../netlink/nft/numbers.js';
import type { ForeignChange } from '../ports.js';
import { openDirectNetlinkSocket } from './netlink-direct.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';
import type { NftWatch } from './nft-watch.js';
import type { OwnCommits } from './own-commits.js';

export interface Unheard {
  /** Calls `send`, which commits one batch; unheard, if that can be done. */
  during(send: () => void): void;
  close(): void;
}

/** Where others write often too, each proof that fails costs a reading of all tables: then it listens for so long. */
const restMs = 60_000;

interface State {
  readonly generation: number;
  readonly raised: number;
  readonly unclear: number;
}

/** Generations skip zero when they wrap, so the difference may be one more then; that counts as foreign. */
const isExplained = (before: State, after: State): boolean =>
  before.unclear === after.unclear &&
  ((after.generation - before.generation) | 0) === ((after.raised - before.raised) | 0);

export const createUnheard = (
  watch: Pick<NftWatch, 'listen'>,
  commits: Pick<OwnCommits, 'settled'>,
  report: (change: ForeignChange) => void,
  nowMs: () => number,
): Unheard => {
  let found: number | undefined;
  let failed = false;
  let restUntilMs = Number.NEGATIVE_INFINITY;
  const fail = (): void => {
    failed = true;
  };
  const newGeneration = messageType(msg.newGeneration);
  const socket = openDirectNetlinkSocket(
    {
      protocol: NETLINK_NETFILTER,
      messageBytes: 1024,
      answered: () => found !== undefined,
    },
    {
      message(bytes) {
        const received = { view: viewOf(bytes), bytes };
        eachMessage(received.view, ({ type, from, to }) => {
          if (type === newGeneration) found = readGenerationNumber(received, from, to);
          else fail();
        });
      },
      lost: fail,
    },
  );

  const read = (): number | undefined => {
    found = undefined;
    socket.send(getGeneration(1), fail);
    return found;
  };
  const state = (): State | undefined => {
    const settled = commits.settled(read);
    if (settled?.found === undefined) return undefined;
    return { generation: settled.found, ...settled.count };
  };
  /** False when the kernel did not take it. */
  const waitForCommits = (): boolean => {
    failed = false;
    socket.send(emptyBatch(1), fail);
    return !failed;
  };

  const suspect = (detail: string): void => {
    restUntilMs = nowMs() + restMs;
    report({ table: undefined, kind: 'overrun', detail });
  };

  return {
    during(send) {
      const before = nowMs() < restUntilMs ? undefined : state();
      if (!before || !waitForCommits() || !watch.listen(false)) return send();
      try {
        send();
      } finally {
        const isHeard = watch.listen(true) && waitForCommits();
        const after = state();
        if (!isHeard) suspect('the kernel does not let us hear of changes');
        else if (!after || !isExplained(before, after))
          suspect('somebody wrote to nf_tables while a large batch was written');
      }
    },
    close: () => socket.close(),
  };
};
