/**
 * `npm run bench -- replication`: lag from a client's packet to the standby's kernel, sustained rate, rejoin; beside the lag and the rate of
 * HAProxy's peers. Two agents and a generator are processes of their own, with real rules, maps and packet reports in namespaces and TLS on
 * loopback between them.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RelevoError } from '../src/errors.js';
import { createSyncBed, type SyncBed } from '../test/support/sync-bed.js';
import { haproxyProgram, measureHaproxy } from './support/haproxy-peers.js';
import { bulkRows } from './support/replication-bulk.js';
import { forwardingRows } from './support/replication-forwarding.js';
import { Agent, type Row, round } from './support/replication-node.js';
import { store } from './support/store.js';

const floats = (file: string): Float64Array => {
  const bytes = readFileSync(file);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};
const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const lagRows = async (
  bed: SyncBed,
  lb1: Agent,
  lb2: Agent,
  folder: string,
  run: { first: number; count: number; perSecond: number },
): Promise<Row[]> => {
  const { first, count, perSecond } = run;
  const [sentFile, arrivedFile] = [join(folder, `sent-${first}`), join(folder, `arrived-${first}`)];
  const before = [await lb1.status(), await lb2.status()] as const;
  const report = await bed.flood(first, count, perSecond, sentFile);
  await lb2.until(({ arrived }) => arrived >= before[1].arrived + count, 5_000);
  const after = [await lb1.status(), await lb2.status()] as const;
  await lb2.ask({ kind: 'arrivals', count: first + count, file: arrivedFile });
  const sent = floats(sentFile);
  const arrived = floats(arrivedFile).subarray(first);
  const lags = sent.map((sentMs, at) => arrived[at]! - sentMs).filter((lag) => lag > 0);
  lags.sort();
  const perThousand = (delta: number): number => round((delta / count) * 1000);
  const rate = `${perSecond}/s`;
  const low = perSecond <= 5_000;
  return [
    {
      what: `lag at ${rate}, p50`,
      value: round(percentile(lags, 0.5)),
      unit: 'ms',
      ...(low && { budget: 0.5 }),
    },
    {
      what: `lag at ${rate}, p99`,
      value: round(percentile(lags, 0.99)),
      unit: 'ms',
      ...(low && { budget: 2.5 }),
    },
    { what: `lag at ${rate}, p99.9`, value: round(percentile(lags, 0.999)), unit: 'ms' },
    { what: `sent at ${rate} (asked for)`, value: round((report.sent / report.tookMs) * 1000), unit: '1/s' },
    { what: `lost at ${rate}`, value: count - lags.length, unit: 'entries', budget: 0 },
    { what: `reports lost at ${rate}`, value: after[0].lostReports - before[0].lostReports, unit: 'times' },
    {
      what: `CPU, active node, at ${rate}`,
      value: perThousand(after[0].cpuMs - before[0].cpuMs),
      unit: 'ms per 1,000',
    },
    {
      what: `CPU, standby, at ${rate}`,
      value: perThousand(after[1].cpuMs - before[1].cpuMs),
      unit: 'ms per 1,000',
    },
    {
      what: `bytes on the wire at ${rate}`,
      value: perThousand(after[0].bytesSent - before[0].bytesSent),
      unit: 'per 1,000',
    },
  ];
};

const burstRows = async (
  bed: SyncBed,
  lb1: Agent,
  lb2: Agent,
  first: number,
  count: number,
): Promise<Row[]> => {
  const before = [await lb1.status(), await lb2.status()] as const;
  const startMs = before[1].nowMs;
  const report = await bed.flood(first, count, 500_000);
  const done = await lb2.until(({ arrived }) => arrived >= before[1].arrived + count, 15_000);
  const after = await lb1.status();
  const arrived = done.arrived - before[1].arrived;
  const tookMs = done.lastArrivalMs - startMs;
  return [
    { what: 'burst: sent', value: round((report.sent / report.tookMs) * 1000), unit: '1/s' },
    { what: `burst of ${count}: arrived`, value: arrived, unit: 'entries', budget: count, more: true },
    { what: 'burst: from its start to the last', value: round(tookMs), unit: 'ms' },
    { what: 'burst: reports lost', value: after.lostReports - before[0].lostReports, unit: 'times' },
    { what: 'burst: found by dump', value: after.foundByDump - before[0].foundByDump, unit: 'entries' },
  ];
};

/** A bed of its own: the active node starts with `count` entries in its kernel, the standby with none. */
const rejoinRows = async (count: number, budgetMs: number): Promise<Row[]> => {
  const bed = await createSyncBed();
  const agents: Agent[] = [];
  try {
    const lb1 = new Agent(bed, 'lb1');
    agents.push(lb1);
    await lb1.ask({ kind: 'start', fill: count });
    await lb1.until(({ entries }) => entries >= count, 300_000);
    await lb1.ask({ kind: 'active', epoch: 1 });
    const lb2 = new Agent(bed, 'lb2');
    agents.push(lb2);
    // It listens as an agent does. The other one would if it were an agent, but on a machine of its own.
    await lb2.ask({ kind: 'start', watch: true });
    const done = await lb2.until(({ ready, arrived }) => ready && arrived >= count, 60_000);
    const origin = await lb1.status();
    const tookMs = done.lastArrivalMs - done.startedAtMs;
    return [
      {
        what: `rejoin with ${count}: from start to the last entry`,
        value: round(tookMs),
        unit: 'ms',
        budget: budgetMs,
      },
      {
        what: `rejoin with ${count}: from the first entry to the last`,
        value: round(done.lastArrivalMs - done.firstArrivalMs),
        unit: 'ms',
      },
      {
        what: `rejoin with ${count}: entries in the kernel`,
        value: done.arrived,
        unit: 'entries',
        budget: count,
        more: true,
      },
      {
        what: `rejoin with ${count}: CPU, standby, from its start`,
        value: round(done.cpuMs),
        unit: 'ms',
      },
      {
        what: `memory of the active node with ${count}`,
        value: round(origin.rssBytes / 2 ** 20),
        unit: 'MiB',
      },
      { what: `memory of the standby with ${count}`, value: round(done.rssBytes / 2 ** 20), unit: 'MiB' },
    ];
  } finally {
    for (const agent of agents) await agent.stop();
    await bed.dispose();
  }
};

const print = (rows: readonly Row[]): void => {
  for (const { what, value, unit, budget, more } of rows) {
    const met = budget === undefined ? '' : (more ? value >= budget : value <= budget) ? 'ok' : 'MISSED';
    const bound = budget === undefined ? '' : `${more ? '≥' : '≤'} ${budget}`;
    console.log(
      `${what.padEnd(52)} ${String(value).padStart(10)} ${unit.padEnd(12)} ${bound.padEnd(10)} ${met}`,
    );
  }
};

/** The machine is shared and noisy: the lag that has a budget is measured this often, and the median row counts. */
const lagRounds = 7;

const medianRows = (rounds: readonly Row[][]): Row[] =>
  rounds[0]!.map((row, at) => {
    const values = rounds.map((round) => round[at]!.value).sort((a, b) => a - b);
    return { ...row, what: `${row.what}, median of ${rounds.length}`, value: values[values.length >> 1]! };
  });

/** Lag and rate: one bed, warmed up first. */
const streamRows = async (): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-bench-'));
  const bed = await createSyncBed();
  const rows: Row[] = [];
  const agents: Agent[] = [];
  try {
    const [lb1, lb2] = [new Agent(bed, 'lb1'), new Agent(bed, 'lb2')];
    agents.push(lb1, lb2);
    await lb1.ask({ kind: 'start' });
    await lb2.ask({ kind: 'start' });
    await lb1.ask({ kind: 'active', epoch: 1 });
    await lb2.until(({ ready }) => ready);
    // Compiled and warm before anything counts.
    await bed.flood(0, 10_000, 10_000);
    await lb2.until(({ arrived }) => arrived >= 10_000);
    const lag = (first: number, count: number, perSecond: number): Promise<Row[]> =>
      lagRows(bed, lb1, lb2, folder, { first, count, perSecond });
    const rounds: Row[][] = [];
    for (let at = 0; at < lagRounds; at++) rounds.push(await lag(20_000 * (at + 1), 20_000, 5_000));
    rows.push(...medianRows(rounds));
    rows.push(...(await lag(300_000, 40_000, 20_000)));
    rows.push(...(await burstRows(bed, lb1, lb2, 400_000, 100_000)));
  } finally {
    for (const agent of agents) await agent.stop();
    await bed.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
};

/** Two agents on a bed of their own. */
const sustainedRows = async (): Promise<Row[]> => {
  const bed = await createSyncBed();
  const agents: Agent[] = [];
  try {
    const [lb1, lb2] = [new Agent(bed, 'lb1'), new Agent(bed, 'lb2')];
    agents.push(lb1, lb2);
    await lb1.ask({ kind: 'start' });
    await lb2.ask({ kind: 'start' });
    await lb1.ask({ kind: 'active', epoch: 1 });
    await lb2.until(({ ready }) => ready);
    return await bulkRows(bed, lb1, lb2);
  } finally {
    for (const agent of agents) await agent.stop();
    await bed.dispose();
  }
};

const haproxyRows = async (): Promise<Row[]> => {
  if (!existsSync(haproxyProgram)) return [];
  const figures = await measureHaproxy({ lags: 3_000, perSecond: 5_000, bulk: 200_000 });
  const lags = Float64Array.from(figures.lagsMs).sort();
  return [
    { what: 'HAProxy peers: lag at 5000/s, p50', value: round(percentile(lags, 0.5)), unit: 'ms' },
    { what: 'HAProxy peers: lag at 5000/s, p99', value: round(percentile(lags, 0.99)), unit: 'ms' },
    { what: 'HAProxy peers: entries sustained', value: round(figures.perSecond), unit: '1/s' },
    { what: 'HAProxy peers: entries set', value: round(figures.setPerSecond), unit: '1/s' },
  ];
};

const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
  stream: streamRows,
  sustained: sustainedRows,
  haproxy: haproxyRows,
  rejoin: () => rejoinRows(325_000, 1_000),
  million: () => rejoinRows(1_000_000, 5_000),
  forwarding: forwardingRows,
};

/** Arguments: parts to run; all if none is named. */
export const run = async (args: readonly string[]): Promise<void> => {
  const unknown = args.find((arg) => !Object.hasOwn(parts, arg));
  if (unknown !== undefined) {
    const names = Object.keys(parts).join(', ');
    throw new RelevoError(
      'bad-request',
      `replication has no part '${unknown}': name some of ${names}, or none for all`,
    );
  }
  const rows: Row[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (args.length === 0 || args.includes(name)) rows.push(...(await part()));
  }
  print(rows);
  if (args.length === 0) console.log(`\n${store('replication', { rows })}`);
  else console.log('\nonly a whole run is stored');
};
