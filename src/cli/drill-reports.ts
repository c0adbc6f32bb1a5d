/** Reports on disk, and two of them side by side. */

import { changeText, compareReports } from '../drill/compare.js';
import type { ReportFile } from '../drill/report.js';
import { readReport } from '../drill/report-file.js';
import { RelevoError } from '../errors.js';
import type { LabPorts } from '../lab/owner.js';
import { formatTable } from './table.js';

export const storedReport = async (ports: LabPorts, path: string): Promise<ReportFile> => {
  const text = await ports.files.read(path);
  if (text === undefined) throw new RelevoError('not-found', `${path}: no such report`);
  return readReport(text, path);
};

/** Figures of two faults say nothing of each other. */
export const checkSameFault = (earlier: ReportFile, fault: string | undefined): void => {
  const before = earlier.runs[0]?.fault;
  if (before === undefined || fault === undefined || before === fault) return;
  throw new RelevoError(
    'bad-request',
    `the report of ${earlier.createdAt} is of ${before}, and this is ${fault}: compare reports of the same fault`,
  );
};

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));

/** A table of all figures, and what has changed in words. */
export const comparison = (earlier: ReportFile, report: ReportFile): string => {
  const changes = compareReports(earlier, report);
  const rows = changes.map(({ figure, before, now, judgement }) => [
    figure,
    shown(before),
    shown(now),
    judgement === 'same' ? '' : judgement,
  ]);
  const runs = earlier.runs.length === 1 ? '1 run' : `${earlier.runs.length} runs`;
  const told = changes.filter(({ judgement }) => judgement !== 'same').map(changeText);
  return [
    `since ${earlier.createdAt} (${runs}; p95, of shares the worst):`,
    formatTable(['', 'then', 'now', ''], rows),
    told.length > 0
      ? `${told.join('; ')}, since ${earlier.createdAt}`
      : `no figure has changed since ${earlier.createdAt}`,
  ].join('\n');
};

/** Something has become worse. */
export const isWorse = (earlier: ReportFile, report: ReportFile): boolean =>
  compareReports(earlier, report).some(({ judgement }) => judgement === 'worse');
