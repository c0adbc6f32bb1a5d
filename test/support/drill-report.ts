/** A report of one `node-off`, as its probes would have recorded it. */

import type { DrillHistory } from '../../src/drill/history.js';
import { type ReportFile, reportOf } from '../../src/drill/report.js';
import { judgeAgain } from '../../src/drill/report-file.js';

const times = Array.from({ length: 500 }, (_, at) => at * 2);
/** The old owner answers until 300, nobody until `backMs`, then the other one. */
const historyOf = (backMs: number): DrillHistory => {
  const silent = (ms: number): boolean => ms >= 300 && ms < backMs;
  const probe = {
    intervalMs: 2,
    sentMs: times,
    answeredMs: times.map((ms) => (silent(ms) ? null : ms + 0.5)),
    longestStallMs: 1,
  };
  return {
    udp: probe,
    connect: probe,
    streams: [{ seed: 1, sentBytes: 1, answeredBytes: 1, error: null, longestGapMs: 1 }],
    before: { '10.10.8.1': 'backend1' },
    after: { '10.10.8.1': 'backend1' },
    arp: times.map((sentMs) => ({
      address: '10.10.0.100',
      sentMs,
      answers: silent(sentMs) ? [] : [{ mac: sentMs < 300 ? 'old' : 'new', atMs: sentMs }],
    })),
    injectedMs: 290,
    healedMs: 900,
    settledMs: 950,
    events: [{ node: 'lb2', atMs: 400, message: 'takeover: <b>"g1"</b> & more' }],
    notHealed: null,
    takeovers: 1,
  };
};

/** `limits`: asked for instead of the fault's own budget. */
export const storedReportFor = (backMs: number, limits = {}): ReportFile => {
  const raw = { fault: 'node-off', index: 0, seed: 1, from: 'lb1', limits, history: historyOf(backMs) };
  const about = { createdAt: '2030-01-01T00:00:00Z', machine: 'm', lab: 'lab' };
  return reportOf(judgeAgain([raw as never]), about);
};
