/** A table of ours and the peer's, with the ratio of medians: below 1 is better than the peer. */

export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly peer: readonly number[];
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

const short = (value: number): string =>
  Number.isNaN(value)
    ? '–'
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value.toFixed(2);

export const tableText = (figures: readonly Figure[], peerName: string): string => {
  const rows = figures.map(({ what, unit, ours, peer }) => {
    const ratio = median(ours) / median(peer);
    return [
      `${what}, ${unit}`,
      short(median(ours)),
      short(median(peer)),
      Number.isNaN(ratio) ? '–' : ratio.toFixed(4),
    ];
  });
  const all = [['', 'relevo', peerName, 'ratio'], ...rows];
  return cells(all);
};

/** Lines of cells: the first column to the left, the others to the right. */
export const cells = (lines: readonly (readonly string[])[]): string => {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
};
