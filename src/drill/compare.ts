/** Two reports of the same fault side by side: what has become worse or better since the earlier one. Pure. */

import { judgedFigures, type ReportFile } from './report.js';

export interface Change {
  readonly figure: string;
  readonly before: number;
  readonly now: number;
  readonly judgement: 'better' | 'worse' | 'same';
}

/** Differences below these are the machine's noise. */
const noiseMs = 5;
const noiseShare = 0.1;

const higherIsBetter = (figure: string): boolean => figure.endsWith(', %');

const judgementOf = (figure: string, before: number, now: number): Change['judgement'] => {
  if (higherIsBetter(figure)) return now === before ? 'same' : now > before ? 'better' : 'worse';
  const noise = Math.max(figure.endsWith(', ms') ? noiseMs : 0, before * noiseShare);
  if (Math.abs(now - before) <= noise) return 'same';
  return now > before ? 'worse' : 'better';
};

/** By p95, of figures that both have. */
export const compareReports = (earlier: ReportFile, now: ReportFile): Change[] =>
  judgedFigures.flatMap((figure) => {
    const [one, other] = [earlier.summary[figure], now.summary[figure]];
    if (!one || !other) return [];
    // Of what should be high, the worst run is the lowest.
    const read = higherIsBetter(figure) ? 'min' : 'p95';
    const [before, after] = [one[read], other[read]];
    return [{ figure, before, now: after, judgement: judgementOf(figure, before, after) }];
  });

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));

/** `UDP outage p95 430 → 610 ms, worse`. */
export const changeText = ({ figure, before, now, judgement }: Change): string => {
  const [name = figure, unit] = figure.split(', ');
  const of = higherIsBetter(figure) ? 'worst' : 'p95';
  return `${name} ${of} ${shown(before)} → ${shown(now)}${unit === undefined ? '' : ` ${unit}`} (${judgement})`;
};
