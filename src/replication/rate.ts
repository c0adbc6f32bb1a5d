/** How fast a total grows: over the last seconds, from samples a second apart. */

const sampleMs = 1_000;
const samples = 10;

export class Rate {
  readonly #atMs: number[];
  readonly #totals = [0];

  constructor(nowMs: number) {
    this.#atMs = [nowMs];
  }

  /** To be called now and then: what comes within a second of the last sample is passed over. */
  take(total: number, nowMs: number): void {
    if (nowMs - this.#atMs.at(-1)! < sampleMs) return;
    this.#atMs.push(nowMs);
    this.#totals.push(total);
    if (this.#atMs.length <= samples) return;
    this.#atMs.shift();
    this.#totals.shift();
  }

  /** Since the oldest sample, ten seconds ago at most. */
  perSecond(total: number, nowMs: number): number {
    const [fromMs, first] = [this.#atMs[0]!, this.#totals[0]!];
    return nowMs <= fromMs ? 0 : ((total - first) / (nowMs - fromMs)) * 1_000;
  }
}

/** What goes to a peer and comes from it. */
export class PeerRates {
  readonly bytesSent: Rate;
  readonly bytesReceived: Rate;
  readonly entriesSent: Rate;

  constructor(nowMs: number) {
    this.bytesSent = new Rate(nowMs);
    this.bytesReceived = new Rate(nowMs);
    this.entriesSent = new Rate(nowMs);
  }

  take(bytesSent: number, bytesReceived: number, entriesSent: number, nowMs: number): void {
    this.bytesSent.take(bytesSent, nowMs);
    this.bytesReceived.take(bytesReceived, nowMs);
    this.entriesSent.take(entriesSent, nowMs);
  }
}
