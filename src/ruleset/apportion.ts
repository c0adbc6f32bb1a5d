/** Whole numbers of slots in proportion to weights, and their order: exact where the weights divide, nearest elsewhere. */

export const gcd = (a: number, b: number): number => {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
};

/** Weights divided by what they have in common. */
export const reduceWeights = (weights: readonly number[]): number[] => {
  const divisor = weights.reduce(gcd, 0) || 1;
  return weights.map((weight) => weight / divisor);
};

/**
 * Shares of `total` by largest remainder (Hamilton's method); ties go to the earlier one. `atLeastOne` gives every weight a share,
 * at the cost of those that are furthest above their quota.
 */
export const apportion = (total: number, weights: readonly number[], atLeastOne: boolean): number[] => {
  const sum = weights.reduce((a, b) => a + b, 0);
  const quota = weights.map((weight) => (weight * total) / sum);
  const shares = quota.map((value) => Math.max(Math.floor(value), atLeastOne ? 1 : 0));
  let left = total - shares.reduce((a, b) => a + b, 0);
  // Exact integers instead of remainders of divisions: two equal weights must never differ by rounding.
  const deficit = (index: number): number => weights[index]! * total - shares[index]! * sum;
  while (left !== 0) {
    const step = left > 0 ? 1 : -1;
    let best = -1;
    for (let index = 0; index < shares.length; index++) {
      if (step < 0 && shares[index]! <= (atLeastOne ? 1 : 0)) continue;
      if (best < 0 || step * deficit(index) > step * deficit(best)) best = index;
    }
    shares[best] = shares[best]! + step;
    left -= step;
  }
  return shares;
};

/**
 * Indexes of `counts`, each as often as its count, spread as evenly as they can be (smooth weighted round robin): 2,1 gives A B A,
 * never A A B.
 */
export const interleave = (counts: readonly number[]): number[] => {
  const total = counts.reduce((a, b) => a + b, 0);
  const order: number[] = [];
  if (counts.every((count) => count === 1)) return counts.map((_count, index) => index);
  const credit = counts.map(() => 0);
  for (let turn = 0; turn < total; turn++) {
    let best = 0;
    for (let index = 0; index < counts.length; index++) {
      credit[index] = credit[index]! + counts[index]!;
      if (credit[index]! > credit[best]!) best = index;
    }
    credit[best] = credit[best]! - total;
    order.push(best);
  }
  return order;
};
