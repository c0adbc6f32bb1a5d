/**
 * What clients see of a failover: relevo with its own times and with the fast ones, beside Debian's keepalived with an advert each 1, 0.1 and
 * 0.01 s. Same topology, probes and faults, in turns.
 */

import { type FaultName, faultNames } from '../src/drill/budgets.js';
import { runDrill } from '../src/drill/drill.js';
import type { Findings } from '../src/drill/judge.js';
import { type Summary, summarize } from '../src/drill/report.js';
import { RelevoError } from '../src/errors.js';
import { labDown, labUp } from '../src/lab/lab.js';
import type { LabOwner, LabPace } from '../src/lab/state.js';
import { sleep, systemClock } from '../src/shell/clock.js';
import { createDaemons } from '../src/shell/daemons.js';
import { createFiles } from '../src/shell/files.js';
import { createRunner } from '../src/shell/runner.js';
import { store } from './support/store.js';

const ports = {
  runner: createRunner(),
  files: createFiles(),
  daemons: createDaemons(),
  clock: systemClock,
};

interface Variant {
  readonly title: string;
  readonly owner: LabOwner;
  readonly pace: LabPace;
}
const variants: readonly Variant[] = [
  { title: 'relevo', owner: 'relevo', pace: 'default' },
  { title: 'relevo fast', owner: 'relevo', pace: 'fast' },
  { title: 'keepalived 1 s', owner: 'keepalived', pace: '1' },
  { title: 'keepalived 0.1 s', owner: 'keepalived', pace: 'default' },
  { title: 'keepalived 0.01 s', owner: 'keepalived', pace: '0.01' },
];
const clients = 200;
const defaultRuns = 9;
/** The ones that DESIGN has numbers for. */
const defaultFaults: readonly FaultName[] = [
  'node-off',
  'front-link',
  'agent-kill',
  'agent-freeze',
  'handover',
];

const figures = {
  'UDP outage, ms': ({ udp }: Findings) => udp.outageMs,
  'connect outage, ms': ({ connect }: Findings) => connect.outageMs,
  'connects failed': ({ connect }: Findings) => connect.lost,
  'streams lost': ({ streams }: Findings) => streams.total - streams.kept,
  'longest pause of a stream, ms': ({ streams }: Findings) => streams.longestGapMs,
  'persistence lost, %': ({ persistence }: Findings) =>
    (100 * (persistence.clients - persistence.kept)) / Math.max(1, persistence.clients),
  'two nodes answering, ms': ({ arp }: Findings) => arp.twoAnsweringMs,
  'no node answering, ms': ({ arp }: Findings) => arp.noneAnsweringMs,
} as const;
type Figure = keyof typeof figures;
const figureNames = Object.keys(figures) as Figure[];

interface Row extends Variant {
  readonly fault: FaultName;
  readonly runs: number;
  readonly figures: Readonly<Record<string, Summary>>;
}

const short = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
const three = ({ median, p95, max }: Summary): string => [median, p95, max].map(short).join(' / ');

const print = (fault: FaultName, rows: readonly Row[]): void => {
  const shown = rows.filter((row) => row.fault === fault);
  const width = 25;
  const lines = figureNames.map(
    (name) => name.padEnd(32) + shown.map((row) => three(row.figures[name]!).padEnd(width)).join(''),
  );
  const head = fault.padEnd(32) + shown.map(({ title }) => title.padEnd(width)).join('');
  process.stdout.write(`\n${head}p50 / p95 / max of ${shown[0]?.runs ?? 0}\n${lines.join('\n')}\n`);
};

const option = (args: readonly string[], name: string): string | undefined => {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
};

const faultsOf = (text: string | undefined): readonly FaultName[] => {
  if (text === undefined) return defaultFaults;
  if (text === 'all') return faultNames.filter((name) => name !== 'idle');
  const wanted = text.split(',');
  const unknown = wanted.filter((name) => !faultNames.some((known) => known === name));
  if (unknown.length === 0) return wanted as FaultName[];
  throw new RelevoError('bad-request', `--faults ${unknown.join(',')}: there are ${faultNames.join(', ')}`);
};

const minutes = (ms: number): string => `${(ms / 60_000).toFixed(ms < 600_000 ? 1 : 0)} min`;

/** @param args `--runs N` (per fault and variant, default 9), `--faults a,b` or `all` (default: five). */
export const run = async (args: readonly string[] = []): Promise<void> => {
  const runs = Number(option(args, '--runs') ?? defaultRuns);
  if (!Number.isInteger(runs) || runs < 1) throw new RelevoError('bad-request', '--runs: a number from 1 on');
  const faults = faultsOf(option(args, '--faults'));
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const lab = ({ owner, pace }: Variant): string =>
    `b-${owner.slice(0, 4)}-${pace.replace('.', '')}-${process.pid % 10_000}`.slice(0, 20);
  const rows: Row[] = [];
  let drills = 0;
  let spentMs = 0;
  const fullMs = (): number => (spentMs / drills) * defaultFaults.length * defaultRuns * variants.length;
  try {
    for (const variant of variants) await labUp(ports, { ...variant, name: lab(variant) });
    for (const fault of faults) {
      const found = new Map<Variant, Findings[]>(variants.map((variant) => [variant, []]));
      for (let index = 0; index < runs && !abort.signal.aborted; index += 1) {
        for (const variant of variants) {
          const startedMs = performance.now();
          // Finds it up, or rebuilds what a run has left broken.
          await labUp(ports, { ...variant, name: lab(variant) });
          const options = { lab: lab(variant), fault, repeat: 1, clients, seed: 1 + index * 1000 };
          const { runs: done, error } = await runDrill(ports, options, abort.signal);
          if (error) throw error;
          found.get(variant)!.push(done[0]!.findings);
          await sleep(500, abort.signal);
          drills += 1;
          spentMs += performance.now() - startedMs;
        }
        const leftMs = (spentMs / drills) * (faults.length * runs * variants.length - drills);
        process.stderr.write(`${fault} ${index + 1} of ${runs}, about ${minutes(leftMs)} left\n`);
      }
      for (const variant of variants) {
        const findings = found.get(variant)!;
        const summaries = figureNames.map((name) => [name, summarize(findings.map(figures[name]))] as const);
        rows.push({ fault, ...variant, runs: findings.length, figures: Object.fromEntries(summaries) });
      }
      print(fault, rows);
    }
    const { length } = defaultFaults;
    process.stdout.write(
      `\n${drills} drills took ${minutes(spentMs)}; a full run (${length} faults, ${defaultRuns} times, ${variants.length} variants) takes about ${minutes(fullMs())}\n`,
    );
    process.stdout.write(`\n${store('failover', { intervalMs: 2, clients, rows })}\n`);
  } finally {
    for (const variant of variants) await labDown(ports, lab(variant));
  }
};
