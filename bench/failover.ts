/** What clients see of a failover: relevo beside Debian's keepalived (adverts each 0.1 s), same topology, probes and faults, in turns. */

import { type FaultName, faultNames } from '../src/drill/budgets.js';
import { runDrill } from '../src/drill/drill.js';
import type { Findings } from '../src/drill/judge.js';
import { type Summary, summarize } from '../src/drill/report.js';
import { labDown, labUp } from '../src/lab/lab.js';
import type { LabOwner } from '../src/lab/state.js';
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

const owners = ['relevo', 'keepalived'] as const satisfies readonly LabOwner[];
const clients = 200;
const defaultRuns = 5;

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

interface Row {
  readonly fault: FaultName;
  readonly owner: LabOwner;
  readonly runs: number;
  readonly figures: Readonly<Record<string, Summary>>;
}

const short = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
const four = ({ min, median, p95, max }: Summary): string => [min, median, p95, max].map(short).join(' / ');

/** Ratio of medians, ours to the peer's; of nothing to something 0, of nothing to nothing a dash. */
const ratio = (ours: Summary, peer: Summary): string =>
  peer.median === 0 ? (ours.median === 0 ? '-' : '∞') : (ours.median / peer.median).toFixed(2);

const print = (fault: FaultName, rows: readonly Row[]): void => {
  const of = (owner: LabOwner): Row | undefined =>
    rows.find((row) => row.fault === fault && row.owner === owner);
  const [ours, peer] = [of('relevo'), of('keepalived')];
  if (!ours || !peer) return;
  const lines = figureNames.map((name) => {
    const [one, other] = [ours.figures[name]!, peer.figures[name]!];
    return `${name.padEnd(32)}${four(one).padEnd(30)}${four(other).padEnd(36)}${ratio(one, other)}`;
  });
  const head = `${fault.padEnd(32)}${'relevo min/median/p95/max'.padEnd(30)}${'keepalived min/median/p95/max'.padEnd(36)}ratio of medians`;
  process.stdout.write(`\n${head}\n${lines.join('\n')}\n`);
};

const option = (args: readonly string[], name: string): string | undefined => {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
};

/** @param args `--runs N` (per fault and program, default 5), `--faults a,b`. */
export const run = async (args: readonly string[] = []): Promise<void> => {
  const runs = Number(option(args, '--runs') ?? defaultRuns);
  const wanted = option(args, '--faults')?.split(',');
  const faults = faultNames.filter(
    (name) => name !== 'idle' && (wanted === undefined || wanted.includes(name)),
  );
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const lab = (owner: LabOwner): string => `bench-${owner}-${process.pid % 10_000}`.slice(0, 20);
  const rows: Row[] = [];
  try {
    for (const owner of owners) await labUp(ports, { name: lab(owner), owner });
    for (const fault of faults) {
      const found: Record<LabOwner, Findings[]> = { relevo: [], keepalived: [] };
      for (let index = 0; index < runs && !abort.signal.aborted; index += 1) {
        for (const owner of owners) {
          // Finds it up, or rebuilds what a run has left broken.
          await labUp(ports, { name: lab(owner), owner });
          const options = { lab: lab(owner), fault, repeat: 1, clients, seed: 1 + index * 1000 };
          const { runs: done, error } = await runDrill(ports, options, abort.signal);
          if (error) throw error;
          found[owner].push(done[0]!.findings);
          await sleep(500, abort.signal);
        }
        process.stderr.write(`${fault} ${index + 1} of ${runs}\n`);
      }
      for (const owner of owners) {
        const summaries = figureNames.map(
          (name) => [name, summarize(found[owner].map(figures[name]))] as const,
        );
        rows.push({ fault, owner, runs: found[owner].length, figures: Object.fromEntries(summaries) });
      }
      print(fault, rows);
    }
    process.stdout.write(`\n${store('failover', { intervalMs: 2, clients, rows })}\n`);
  } finally {
    for (const owner of owners) await labDown(ports, lab(owner));
  }
};
