/** Two machines' monotonic clocks, told apart by asking one for its time. */

export interface ClockReading {
  /** Of the machine that asks: when it asked, and when it had the answer. */
  readonly askedMs: number;
  readonly answeredMs: number;
  /** What the other one's clock said in between. */
  readonly theirMs: number;
}

/** What to add to the other's clock. Within the error of the round trip they are one machine's. */
export const offsetOf = ({ askedMs, answeredMs, theirMs }: ClockReading): number => {
  const offset = (askedMs + answeredMs) / 2 - theirMs;
  return Math.abs(offset) <= (answeredMs - askedMs) / 2 ? 0 : offset;
};

/** The shorter the round trip, the smaller the error. */
export const nearest = (readings: readonly ClockReading[]): ClockReading =>
  readings.reduce((best, each) =>
    each.answeredMs - each.askedMs < best.answeredMs - best.askedMs ? each : best,
  );
