/** Percentiles of the last thousand replication delays: from the change here to the peer's word that its kernel has it. */

const kept = 1024;

export class LagMeter {
  readonly #samplesMs = new Float64Array(kept);
  #count = 0;

  record(lagMs: number): void {
    this.#samplesMs[this.#count++ % kept] = lagMs;
  }

  get count(): number {
    return this.#count;
  }

  /** 0 as long as nothing was measured. `share` 0.5 is the median. */
  percentileMs(share: number): number {
    const count = Math.min(this.#count, kept);
    if (count === 0) return 0;
    const sorted = this.#samplesMs.slice(0, count).sort();
    return sorted[Math.min(count - 1, Math.floor(count * share))]!;
  }
}
