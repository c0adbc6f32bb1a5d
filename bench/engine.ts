/**
 * Cold load, one change and memory of the rule engine, beside Debian's nftlb: the same services, each run in a fresh namespace, in turns.
 * nftlb runs up to 1,000 services: beyond, it does not finish. Then what 100,000 services cost, once, and the memory of an agent (engine and
 * replication, with the flags it gives itself) that has 10,000 services of four backends and 100,000 sessions.
 */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { createNamespaces } from '../test/support/netns.js';
import { createSyncBed } from '../test/support/sync-bed.js';
import { Agent } from './support/replication-node.js';
import { store } from './support/store.js';
import { type Figure, median, percentile, tableText } from './support/table.js';

interface Result {
  readonly parseMs?: number;
  readonly loadMs: number;
  readonly changeMs: readonly number[];
  readonly loadCpuMs?: number;
  /** Part of `loadMs` in which the process was ready and had no processor. */
  readonly loadWaitedMs?: number;
  readonly addMs: number;
  readonly adoptMs?: number;
  readonly startRssMiB: number;
  readonly rssMiB: number;
}

const sizes = [10, 1_000, 10_000] as const;
const peerSizes = [10, 100, 1_000] as const;
const oursAt = [...new Set([...sizes, ...peerSizes])].sort((a, b) => a - b);
/** nftlb takes a minute for 1,000 services and 20 ms for a change. */
const peerRuns = (size: number, runs: number): number => (size >= 1_000 ? 1 : runs);

const option = (args: readonly string[], name: string): string | undefined => {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
};

/** One process in a namespace of its own; its figures are its last line. */
const measure = async (
  script: string,
  services: number,
  changes: number,
  niceness: string,
): Promise<Result> => {
  const namespaces = createNamespaces();
  try {
    const namespace = namespaces.add('e');
    const path = new URL(`./support/${script}`, import.meta.url).pathname;
    const command = ['-n', niceness, process.execPath, path, String(services), String(changes)];
    const output = namespaces.run(namespace, 'nice', ...command);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Result;
  } finally {
    await namespaces.dispose();
  }
};

const figuresOf = (size: number, ours: readonly Result[], peer: readonly Result[]): Figure[] => {
  const of = (what: string, unit: string, pick: (result: Result) => number | undefined): Figure => ({
    what: `${size} services: ${what}`,
    unit,
    ours: ours.map(pick).filter((value) => value !== undefined),
    peer: peer.map(pick).filter((value) => value !== undefined),
  });
  return [
    of('cold load', 'ms', ({ loadMs }) => loadMs),
    of('cold load less waiting for a processor', 'ms', ({ loadMs, loadWaitedMs }) =>
      loadWaitedMs === undefined ? undefined : loadMs - loadWaitedMs,
    ),
    of('cold load, CPU of the process', 'ms', ({ loadCpuMs }) => loadCpuMs),
    of('parse JSON', 'ms', ({ parseMs }) => parseMs),
    of('one backend, median', 'ms', ({ changeMs }) => median(changeMs)),
    of('one backend, 95 %', 'ms', ({ changeMs }) => percentile(changeMs, 0.95)),
    of('one more service', 'ms', ({ addMs }) => addMs),
    of('restart: read and compare', 'ms', ({ adoptMs }) => adoptMs),
    of('memory when loaded', 'MiB', ({ rssMiB }) => rssMiB),
  ];
};

/** MiB of an active agent; NaN when it did not get all sessions. */
const agentMemory = async (farms: number, sessions: number): Promise<number> => {
  const bed = await createSyncBed();
  const agent = new Agent(bed, 'lb1', farms);
  try {
    await agent.ask({ kind: 'start', fill: sessions });
    await agent.ask({ kind: 'active', epoch: 1 });
    const { entries, rssBytes } = await agent.until((status) => status.entries >= sessions, 60_000);
    return entries >= sessions ? rssBytes / 2 ** 20 : Number.NaN;
  } finally {
    await agent.stop();
    await bed.dispose();
  }
};

const many = 100_000;

/** @param args `--runs N` (default 5), `--no-peer`, `--no-many` (not 100,000 services), `--stateless N` (nothing but N services of dsr), `--nice N` for both programs, on a machine that does other work (default 0). */
export const run = async (args: readonly string[]): Promise<void> => {
  const runs = Number(option(args, '--runs') ?? 5);
  const niceness = option(args, '--nice') ?? '0';
  const stateless = option(args, '--stateless');
  if (stateless !== undefined) {
    execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
    const figures = await measure('stateless-process.mjs', Number(stateless), 20, niceness);
    process.stdout.write(`${stateless} services of dsr: ${JSON.stringify(figures)}\n`);
    return;
  }
  const withPeer = !args.includes('--no-peer') && existsSync('/usr/sbin/nftlb');
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const ours = new Map<number, Result[]>(oursAt.map((size) => [size, []]));
  const peer = new Map<number, Result[]>(oursAt.map((size) => [size, []]));
  for (let index = 0; index < runs; index++) {
    for (const size of oursAt) {
      ours.get(size)!.push(await measure('engine-process.mjs', size, 400, niceness));
      const compared = withPeer && peerSizes.some((one) => one === size) && index < peerRuns(size, runs);
      if (compared) peer.get(size)!.push(await measure('nftlb-process.mjs', size, 20, niceness));
    }
    process.stderr.write(`run ${index + 1} of ${runs}\n`);
  }
  const memoryMiB = await agentMemory(10_000, 100_000);
  const large = args.includes('--no-many') ? [] : [await measure('engine-process.mjs', many, 100, niceness)];
  const figures: Figure[] = [
    ...oursAt.flatMap((size) => figuresOf(size, ours.get(size)!, peer.get(size)!)),
    ...(large.length > 0 ? figuresOf(many, large, []) : []),
    {
      what: '10000 services, 100000 sessions: memory of the agent',
      unit: 'MiB',
      ours: [memoryMiB],
      peer: [],
    },
  ];
  process.stdout.write(`${tableText(figures, 'nftlb 1.0.7')}\n`);
  const budget = median(ours.get(10_000)!.map(({ loadMs }) => loadMs));
  const own = median(ours.get(10_000)!.map(({ loadMs, loadWaitedMs }) => loadMs - (loadWaitedMs ?? 0)));
  const flat = median(ours.get(10_000)!.map(({ changeMs }) => median(changeMs)));
  process.stdout.write(
    `budgets: cold load of 10000 ≤ 500 ms: ${budget.toFixed(0)} ms, ${budget <= 500 ? 'met' : 'MISSED'} (${own.toFixed(0)} ms less waiting for a processor); one backend ≤ 2 ms: ${flat.toFixed(2)} ms, ${flat <= 2 ? 'met' : 'MISSED'}; memory of the agent ≤ 200 MiB: ${memoryMiB.toFixed(0)} MiB, ${memoryMiB <= 200 ? 'met' : 'MISSED'}\n`,
  );
  const summary = figures.map(({ what, unit, ours: one, peer: other }) => ({
    what,
    unit,
    ours: median(one),
    peer: other.length > 0 ? median(other) : null,
    runs: one.length,
    peerRuns: other.length,
    oursAll: one,
    peerAll: other,
  }));
  process.stdout.write(
    `${store('engine', { peer: 'nftlb 1.0.7 (Debian)', niceness, loadAverage: loadavg()[0], figures: summary })}\n`,
  );
};
