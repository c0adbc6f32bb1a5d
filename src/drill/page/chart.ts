/** One run as a drawing: who answered for each address, what the probes lost, and what the nodes said, on one axis of time. */

import type { ArpRequest, DrillHistory, ProbeHistory } from '../history.js';
import { escapeHtml } from './escape.js';

const width = 1000;
const left = 130;
const laneHeight = 26;
const laneGap = 10;
/** Shown before the fault. */
const leadMs = 250;
/** Columns of the drawing: attempts that fall into one are told together. */
const columns = 290;

interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  x(ms: number): number;
}

/** From shortly before the fault to a while after the last loss, or after the takeover. */
const axisOf = (history: DrillHistory): Axis => {
  const { injectedMs } = history;
  const lost = [history.udp, history.connect].flatMap(({ sentMs, answeredMs }) =>
    sentMs.filter((ms, at) => ms >= injectedMs && (answeredMs[at] ?? null) === null),
  );
  const said = history.events.filter(({ atMs }) => atMs <= history.healedMs).map(({ atMs }) => atMs);
  const last = [...lost, ...said].reduce((one, other) => Math.max(one, other), injectedMs + 300);
  const fromMs = injectedMs - leadMs;
  const toMs = Math.min(last + 0.15 * (last - fromMs), Math.max(history.healedMs, injectedMs + 400));
  return { fromMs, toMs, x: (ms) => left + ((ms - fromMs) / (toMs - fromMs)) * (width - left - 10) };
};

const round = (value: number): string => value.toFixed(1);

const bar = (axis: Axis, fromMs: number, toMs: number, y: number, kind: string, title: string): string => {
  const from = axis.x(Math.max(fromMs, axis.fromMs));
  const to = axis.x(Math.min(toMs, axis.toMs));
  if (to <= left || from >= width) return '';
  return `<rect class="${kind}" x="${round(from)}" y="${y}" width="${round(Math.max(1, to - from))}" height="${laneHeight}"><title>${escapeHtml(title)}</title></rect>`;
};

interface Stretch {
  readonly mac: string | null;
  readonly fromMs: number;
  toMs: number;
}

/** Neighbouring requests with the same answer are one stretch; one with two answers is told in two. */
const stretchesOf = (requests: readonly ArpRequest[]): Stretch[] => {
  const stretches: Stretch[] = [];
  for (const { sentMs, answers } of requests) {
    const last = stretches.at(-1);
    if (last) last.toMs = sentMs;
    for (const mac of answers.length === 0 ? [null] : answers.map((answer) => answer.mac)) {
      if (stretches.at(-1)?.mac !== mac || answers.length > 1)
        stretches.push({ mac, fromMs: sentMs, toMs: sentMs });
    }
  }
  return stretches;
};

const arpLane = (axis: Axis, requests: readonly ArpRequest[], injectedMs: number, y: number): string => {
  const old = requests.findLast(({ sentMs, answers }) => sentMs < injectedMs && answers.length > 0)
    ?.answers[0]?.mac;
  return stretchesOf(requests)
    .map(({ mac, fromMs, toMs }) => {
      const kind = mac === null ? 'none' : mac === old ? 'old' : 'new';
      const who = mac === null ? 'nobody answers' : `${mac} answers`;
      return bar(axis, fromMs, toMs, y, kind, `${who} for ${round(toMs - fromMs)} ms`);
    })
    .join('');
};

/** A column is as high as its slowest answer (to 50 ms), and red where an attempt was lost. */
const probeLane = (axis: Axis, { sentMs, answeredMs }: ProbeHistory, y: number): string => {
  const span = (axis.toMs - axis.fromMs) / columns;
  const slowest = new Map<number, number>();
  const lost = new Map<number, number>();
  sentMs.forEach((ms, at) => {
    if (ms < axis.fromMs || ms > axis.toMs) return;
    const column = Math.floor((ms - axis.fromMs) / span);
    const answered = answeredMs[at] ?? null;
    if (answered === null) lost.set(column, (lost.get(column) ?? 0) + 1);
    else slowest.set(column, Math.max(slowest.get(column) ?? 0, answered - ms));
  });
  const wide = round((width - left - 10) / columns);
  const draw = (column: number, height: number, kind: string, title: string): string =>
    `<rect class="${kind}" x="${round(axis.x(axis.fromMs + column * span))}" y="${round(y + laneHeight - height)}" width="${wide}" height="${round(height)}"><title>${title}</title></rect>`;
  return [
    ...[...slowest]
      .filter(([column]) => !lost.has(column))
      .map(([column, ms]) =>
        draw(
          column,
          Math.max(3, Math.min(1, ms / 50) * laneHeight),
          'calm',
          `answered within ${round(ms)} ms`,
        ),
      ),
    ...[...lost].map(([column, count]) => draw(column, laneHeight, 'lost', `${count} lost`)),
  ].join('');
};

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

const ticks = (axis: Axis, injectedMs: number, height: number): string => {
  const step = steps.find((each) => (axis.toMs - axis.fromMs) / each <= 12) ?? 120_000;
  const drawn: string[] = [];
  for (
    let ms = Math.ceil((axis.fromMs - injectedMs) / step) * step;
    injectedMs + ms <= axis.toMs;
    ms += step
  ) {
    const x = round(axis.x(injectedMs + ms));
    drawn.push(
      `<line class="${ms === 0 ? 'fault' : 'rule'}" x1="${x}" x2="${x}" y1="18" y2="${height}"/><text class="soft" x="${x}" y="12" text-anchor="middle">${ms} ms</text>`,
    );
  }
  return drawn.join('');
};

const label = (text: string, y: number): string =>
  `<text x="0" y="${y + laneHeight / 2 + 4}">${escapeHtml(text)}</text>`;

/** An `<svg>`; times are milliseconds after the fault. */
export const chart = (history: DrillHistory): string => {
  const axis = axisOf(history);
  const addresses = [...new Set(history.arp.map(({ address }) => address))];
  const lanes: readonly (readonly [string, (y: number) => string])[] = [
    ...addresses.map((address) => {
      const requests = history.arp.filter((request) => request.address === address);
      return [address, (y: number) => arpLane(axis, requests, history.injectedMs, y)] as const;
    }),
    ['datagrams', (y) => probeLane(axis, history.udp, y)],
    ['connections', (y) => probeLane(axis, history.connect, y)],
    [
      'nodes decide',
      (y) =>
        (history.milestones ?? [])
          .filter(({ atMs }) => atMs >= axis.fromMs && atMs <= axis.toMs)
          .map(({ node, atMs, what, detail }) => {
            const x = round(axis.x(atMs));
            const title = `${node}: ${what}${detail ? `: ${detail}` : ''}, ${round(atMs - history.injectedMs)} ms`;
            return `<line class="mark ${what}" x1="${x}" x2="${x}" y1="${y}" y2="${y + laneHeight}" stroke-width="3"><title>${escapeHtml(title)}</title></line>`;
          })
          .join(''),
    ],
    [
      'nodes say',
      (y) =>
        history.events
          .filter(({ atMs }) => atMs >= axis.fromMs && atMs <= axis.toMs)
          .map(({ node, atMs, message }) => {
            const x = round(axis.x(atMs));
            return `<line class="mark" x1="${x}" x2="${x}" y1="${y}" y2="${y + laneHeight}" stroke-width="3"><title>${escapeHtml(`${node}: ${message}`)}</title></line>`;
          })
          .join(''),
    ],
  ];
  const height = 24 + lanes.length * (laneHeight + laneGap);
  const drawn = lanes.map(([name, draw], at) => {
    const y = 24 + at * (laneHeight + laneGap);
    return label(name, y) + draw(y);
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="timeline of the run">${ticks(axis, history.injectedMs, height)}${drawn.join('')}</svg>`;
};
