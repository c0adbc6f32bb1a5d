/**
 * Percentiles of the last thousand replication delays: from the change here to the peer's word that its kernel has it. A sample is the delay
 * of the oldest entry of a frame, and counts for all entries of it.
 */

const kept = 1024;

export class LagMeter {
  readonly #samplesMs = new Float64Array(kept);
  readonly #entries = new Float64Array(kept);
  #count = 0;

  record(lagMs: number, entries = 1): void {
    const at = this.#count++ % kept;
    this.#samplesMs[at] = lagMs;
    this.#entries[at] = entries;
  }

  get count(): number {
    return this.#count;
  }

  /** 0 as long as nothing was measured. `share` 0.5 is the median. */
  percentileMs(share: number): number {
    const count = Math.min(this.#count, kept);
    if (count === 0) return 0;
    const order = Array.from({ length: count }, (_, at) => at).sort(
      (one, other) => this.#samplesMs[one]! - this.#samplesMs[other]!,
    );
    let left = share * order.reduce((sum, at) => sum + this.#entries[at]!, 0);
    for (const at of order) {
      left -= this.#entries[at]!;
      if (left < 0) return this.#samplesMs[at]!;
    }
    return this.#samplesMs[order.at(-1)!]!;
  }
}
