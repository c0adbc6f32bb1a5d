/** What an agent costs that has nothing to do: processor time of each of its threads, in a lab whose services nobody uses. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { labDown, labUp } from '../src/lab/lab.js';
import { labServices } from '../src/lab/services.js';
import { hostFolder, readLab } from '../src/lab/state.js';
import { type NodeName, nodeNames } from '../src/lab/topology.js';
import { sleep, systemClock } from '../src/shell/clock.js';
import { createControlClient } from '../src/shell/control-socket.js';
import { createDaemons } from '../src/shell/daemons.js';
import { createFiles } from '../src/shell/files.js';
import { createRunner } from '../src/shell/runner.js';
import { farms } from './support/farms.mjs';
import { store } from './support/store.js';

const ports = {
  runner: createRunner(),
  files: createFiles(),
  daemons: createDaemons(),
  clock: systemClock,
};

/** docs/ARCHITECTURE.md, Budgets: one agent with 10,000 services. */
const budgetPercent = 1;
/** The first minute is start-up: code is still being compiled. */
const settleMs = 60_000;
const SCHED_RR = 2;

interface Sample {
  /** utime and stime, and time waited for a processor, in milliseconds (schedstat, proc(5)). */
  readonly ranMs: number;
  readonly waitedMs: number;
  readonly switches: number;
}

/** `main`, `guard` (the one with real-time priority), and all others together: V8's and libuv's helpers. */
const kindOf = (pid: number, thread: string): string => {
  if (String(pid) === thread) return 'main';
  const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
  const policy = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38];
  return Number(policy) === SCHED_RR ? 'guard' : 'helpers';
};

const nothing: Sample = { ranMs: 0, waitedMs: 0, switches: 0 };

const sample = (pid: number): Map<string, Sample> => {
  const kinds = new Map<string, Sample>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const file = `/proc/${pid}/task/${thread}/schedstat`;
    if (!existsSync(file)) continue;
    const [ran = 0, waited = 0, switches = 0] = readFileSync(file, 'latin1').split(' ').map(Number);
    const kind = kindOf(pid, thread);
    const sum = kinds.get(kind) ?? nothing;
    kinds.set(kind, {
      ranMs: sum.ranMs + ran / 1e6,
      waitedMs: sum.waitedMs + waited / 1e6,
      switches: sum.switches + switches,
    });
  }
  return kinds;
};

interface Row {
  readonly node: string;
  readonly thread: string;
  readonly percent: number;
  readonly wakesPerSecond: number;
}

const rowsOf = (
  node: string,
  before: Map<string, Sample>,
  after: Map<string, Sample>,
  seconds: number,
): Row[] => {
  const rows = ['guard', 'main', 'helpers'].map((thread) => {
    const [from, to] = [before.get(thread) ?? nothing, after.get(thread) ?? nothing];
    return {
      node,
      thread,
      percent: (to.ranMs - from.ranMs) / seconds / 10,
      wakesPerSecond: (to.switches - from.switches) / seconds,
    };
  });
  const sum = (read: (row: Row) => number): number => rows.reduce((total, row) => total + read(row), 0);
  const agent = {
    node,
    thread: 'agent',
    percent: sum((row) => row.percent),
    wakesPerSecond: sum((row) => row.wakesPerSecond),
  };
  return [...rows, agent];
};

const print = (rows: readonly Row[]): void => {
  const lines = rows.map(({ node, thread, percent, wakesPerSecond }) =>
    [
      node.padEnd(14),
      thread.padEnd(9),
      percent.toFixed(2).padStart(8),
      wakesPerSecond.toFixed(0).padStart(10),
      thread === 'agent' ? `${budgetPercent.toFixed(2)}${percent <= budgetPercent ? '' : '  MISSED'}` : '',
    ].join('  '),
  );
  const head = `${'node'.padEnd(14)}  ${'thread'.padEnd(9)}  ${'% of core'.padStart(8)}  ${'wakes/s'.padStart(9)}  budget`;
  process.stdout.write(`${head}\n${lines.join('\n')}\n`);
};

const option = (args: readonly string[], name: string): string | undefined => {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
};

const client = (lab: string, node: NodeName, timeoutMs = 120_000) =>
  createControlClient(`${hostFolder(lab, node)}/relevo.sock`, timeoutMs);

/** @param args `--services N` (default 10000), `--seconds N` (default 60). */
export const run = async (args: readonly string[] = []): Promise<void> => {
  const services = Number(option(args, '--services') ?? 10_000);
  const seconds = Number(option(args, '--seconds') ?? 60);
  const lab = `idle-${process.pid % 100_000}`;
  try {
    await labUp(ports, { name: lab });
    const text = JSON.stringify({ farms: [...labServices.farms, ...farms(services)] });
    for (const node of nodeNames) {
      await client(lab, node).call('PUT', '/v1/services?dryRun=false', { type: 'text/plain', text });
    }
    const state = await readLab(ports.files, lab);
    const agents = nodeNames.map((node) => {
      const { pid } = state!.processes.find((each) => each.label === `${node}/agent`)!;
      return { node, pid };
    });
    const status = await client(lab, 'lb1').call<{ groups: { state: string }[] }>('GET', '/v1/status');
    const owner = status.groups.some((group) => group.state === 'active') ? 'lb1' : 'lb2';
    await sleep(settleMs);
    const startedMs = performance.now();
    const before = agents.map(({ pid }) => sample(pid));
    await sleep(seconds * 1_000);
    const tookSeconds = (performance.now() - startedMs) / 1_000;
    const rows = agents.flatMap(({ node, pid }, index) =>
      rowsOf(`${node} ${node === owner ? 'active' : 'standby'}`, before[index]!, sample(pid), tookSeconds),
    );
    print(rows);
    process.stdout.write(`\n${store('idle', { services, seconds, budgetPercent, rows })}\n`);
  } finally {
    await labDown(ports, lab);
  }
};
