/** Plain tables for a terminal: aligned columns, two blanks apart. */

export const formatTable = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string => {
  const lines = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** `1 h 2 min`, `3.4 s`, `12 ms`: the two largest units at most. */
export const formatDuration = (ms: number): string => {
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 100) / 100 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

export const formatBytes = (bytes: number): string =>
  bytes < 1024
    ? `${Math.round(bytes)} B`
    : bytes < 1024 ** 2
      ? `${(bytes / 1024).toFixed(1)} KiB`
      : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
