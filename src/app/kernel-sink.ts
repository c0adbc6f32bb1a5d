/**
 * Writes rows of the replica to the kernel's map: one batch in flight, the next one gathers meanwhile. A row queued several times
 * is written once, as it is when its batch is made.
 */

import { errorFrom, type RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import { ipv4FromNumber } from '../model/address.js';
import { type KeyColumns, keyAt, piecesOfKeys } from '../model/columns.js';
import type { Operation } from '../netlink/nft/ast.js';
import type { Clock, Log, Nft } from '../ports.js';
import { type KernelPlan, planRows } from '../replication/kernel-plan.js';
import { mark } from '../replication/marks.js';
import type { Replica } from '../replication/replica.js';
import { persistElement, persistMap, serviceTable } from '../ruleset/layout.js';

export interface KernelSinkOptions {
  readonly nft: Nft;
  readonly clock: Clock;
  readonly log: Log;
  readonly replica: Replica;
  readonly writable: (row: number) => boolean;
  /** Default: map `persist`. */
  readonly planner?: RowPlanner;
}

/** What rows, and elements that no row stands for, come to in the kernel. */
export interface RowPlanner {
  plan(
    rows: readonly number[],
    writable: (row: number) => boolean,
    nowMs: number,
    thorough: boolean,
  ): KernelPlan;
  destroy(keys: KeyColumns): Operation[];
}

const persistPlanner = (replica: Replica): RowPlanner => ({
  plan: (rows, writable, nowMs, thorough) => planRows(replica, rows, writable, nowMs, thorough),
  destroy: (keys) => {
    const elements = keys.client.map((_, at) => persistElement({ ...keyAt(keys, at), ...nothing }));
    return [
      {
        op: 'destroy-elements',
        table: serviceTable,
        set: persistMap,
        elements: elements.map(({ key }) => ({ key })),
      },
    ];
  },
});

/** What one batch takes, so that the nf_tables mutex is not held for long: about 15 ms. */
const batchRows = 16_384;
const retryMs = 250;
const nothing = { backendAddress: ipv4FromNumber(0), backendPort: 0, ttlMs: 0, remainingMs: 0 };

interface Waiter {
  /** Rows that were queued before it, counted from the start. */
  readonly after: number;
  readonly done: () => void;
}

export class KernelSink {
  writtenEntries = 0;
  /** Why the last batch was refused; undefined as long as the kernel takes what it is given. */
  failure: RelevoError | undefined;
  /** Until what the kernel holds is known, whatever is added is destroyed first. */
  thorough = true;

  readonly #options: KernelSinkOptions;
  readonly #planner: RowPlanner;
  #queue: number[] = [];
  /** Rows queued, and rows dealt with, since the start. */
  #queued = 0;
  #settled = 0;
  #waiters: Waiter[] = [];
  #running = false;
  #stopped = false;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(options: KernelSinkOptions) {
    this.#options = options;
    this.#planner = options.planner ?? persistPlanner(options.replica);
  }

  get backlog(): number {
    return this.#queue.length;
  }

  /** Queues rows; `done` is called once they, and all rows queued before, are in the kernel. */
  write(rows: readonly number[], done?: () => void): void {
    const { marks } = this.#options.replica.table;
    for (const row of rows) {
      if (marks[row]! & mark.queued) continue;
      marks[row]! |= mark.queued;
      this.#queue.push(row);
      this.#queued++;
    }
    if (done) this.#waiters.push({ after: this.#queued, done });
    this.#start();
  }

  /** Elements that no row stands for. */
  async destroy(keys: KeyColumns): Promise<void> {
    for (const piece of piecesOfKeys(keys, limits.batchElements)) {
      const operations = this.#planner.destroy(piece);
      if (operations.length === 0) continue;
      await this.#options.nft.commit({
        reason: `${piece.client.length} entries that the active node does not have`,
        operations,
      });
    }
  }

  /** The kernel's map was made anew: nothing that we wrote is there any more. */
  forgetKernel(): void {
    const { table } = this.#options.replica;
    for (let row = 0; row < table.used; row++) table.marks[row]! &= ~mark.inKernel;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retryTimer);
  }

  #start(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    // What else arrives in this turn of the event loop joins the batch.
    setImmediate(() => {
      this.#run().catch((thrown) => {
        this.#options.log.error({ error: errorFrom(thrown).message }, 'writing replicated entries failed');
        this.#running = false;
      });
    });
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#settle();
      if (this.#queue.length === 0) break;
      const rows = this.#queue.splice(0, batchRows);
      if (await this.#commit(rows)) {
        this.#settled += rows.length;
        continue;
      }
      // Same rows again, later: until then nothing is acknowledged, and peers' windows hold back the rest.
      this.#queue = rows.concat(this.#queue);
      this.#retryTimer = setTimeout(() => this.#start(), retryMs);
      break;
    }
    this.#running = false;
  }

  #settle(): void {
    let settled = 0;
    for (const waiter of this.#waiters) {
      if (waiter.after > this.#settled) break;
      waiter.done();
      settled++;
    }
    this.#waiters.splice(0, settled);
  }

  /** False: to be tried again later. */
  async #commit(rows: readonly number[]): Promise<boolean> {
    const { replica } = this.#options;
    // A change that comes while the batch is under way queues the row anew.
    for (const row of rows)
      replica.table.marks[row] = (replica.table.marks[row]! & ~mark.queued) | mark.writing;
    const again = !(await this.#attempts(rows));
    for (const row of rows) {
      replica.table.marks[row]! &= ~mark.writing;
      if (again) replica.table.marks[row]! |= mark.queued;
    }
    return !again;
  }

  async #attempts(rows: readonly number[]): Promise<boolean> {
    const { log } = this.#options;
    for (const thorough of this.thorough ? [true] : [false, true]) {
      try {
        await this.#attempt(rows, thorough);
        this.failure = undefined;
        return true;
      } catch (thrown) {
        const error = errorFrom(thrown);
        if (error.code === 'kernel-exists' && !thorough) continue;
        const again = error.retriable || error.code === 'kernel-missing';
        if (this.failure?.code !== error.code) {
          log.warn(
            { error: error.message, code: error.code, entries: rows.length, again },
            'replicated entries refused',
          );
        }
        this.failure = error;
        return !again;
      }
    }
    return true;
  }

  async #attempt(rows: readonly number[], thorough: boolean): Promise<void> {
    const { nft, clock, replica, writable } = this.#options;
    const plan = this.#planner.plan(rows, writable, clock.nowMs(), thorough);
    const reason = `replicated persistence: ${plan.added} added, ${plan.destroyed} destroyed`;
    if (plan.operations.length > 0) await nft.commit({ reason, operations: plan.operations });
    this.writtenEntries += plan.added;
    const { marks } = replica.table;
    for (const [at, row] of rows.entries()) {
      if (plan.kept[at]) marks[row]! |= mark.inKernel;
      else marks[row]! &= ~mark.inKernel;
    }
  }
}
