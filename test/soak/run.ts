/** `npm run soak -- --minutes 30 [--seed N] [--nodes N] [--lab NAME] [--faults a,b] [--out FOLDER]`: random faults in a lab, one after the other; nothing may be lost. */

import { readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { parseArgs } from 'node:util';
import { type Budget, budgets, type FaultName, faultNames, nodesFor } from '../../src/drill/budgets.js';
import { type DrillRun, quietMs, runDrill } from '../../src/drill/drill.js';
import { healDrill } from '../../src/drill/heal.js';
import { checkLabFor } from '../../src/drill/lab-needs.js';
import { reportJson, reportOf } from '../../src/drill/report.js';
import { errorFrom } from '../../src/errors.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { readLab } from '../../src/lab/state.js';
import { systemClock } from '../../src/shell/clock.js';
import { createDaemons } from '../../src/shell/daemons.js';
import { createFiles } from '../../src/shell/files.js';
import { makeFolder } from '../../src/shell/folders.js';
import { processIdentity } from '../../src/shell/process-identity.js';
import { createRunner } from '../../src/shell/runner.js';
import { createRandom } from '../sim/random.js';
import { growthOf, type Holding } from './flat.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '2' },
    lab: { type: 'string', default: `soak-${process.pid % 10_000}` },
    faults: { type: 'string' },
    out: { type: 'string' },
  },
});

const ports = {
  runner: createRunner(),
  files: createFiles(),
  daemons: createDaemons(),
  clock: systemClock,
};
const nodes = Number(values.nodes);
const wanted = values.faults?.split(',');
const faults = faultNames.filter(
  (name) => name !== 'idle' && nodesFor(name) <= nodes && (wanted === undefined || wanted.includes(name)),
);
if (
  !(Number(values.minutes) > 0) ||
  faults.length === 0 ||
  wanted?.some((name) => !faults.includes(name as FaultName))
) {
  process.stderr.write(
    `soak: --minutes is a number above 0, --faults some of ${faultNames.join(', ')} (second-failure with --nodes 3)\n`,
  );
  process.exit(2);
}

/** How long an outage lasts is what `bench failover` measures; here what was lost for good counts. */
const unlimited = Number.POSITIVE_INFINITY;
const limitsOf = (fault: FaultName): Partial<Budget> =>
  budgets[fault].takeovers > 0
    ? { outageMs: unlimited, lostDatagrams: unlimited, failedConnects: unlimited, noneAnsweringMs: unlimited }
    : {};

/** These end the agents, whose memory is then young again: they come seldom. */
const ending: readonly FaultName[] = [
  'agent-kill',
  'node-off',
  'node-reboot',
  'agent-restart',
  'second-failure',
];

const random = createRandom(Number(values.seed));
const pick = (): FaultName => {
  const mild = faults.filter((name) => !ending.includes(name));
  const hard = faults.filter((name) => ending.includes(name));
  if (mild.length === 0 || (hard.length > 0 && random.chance(0.2))) return random.pick(hard);
  return random.pick(mild);
};

const holdingOf = (pid: number): Holding => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { rssMiB: Math.round(kiB / 1024), descriptors: readdirSync(`/proc/${pid}/fd`).length };
};

/** By label and life: a process that was started anew is another one. */
const lives = new Map<string, Holding[]>();
const sample = async (): Promise<void> => {
  const state = await readLab(ports.files, values.lab);
  for (const { label, pid } of state?.processes ?? []) {
    const identity = processIdentity(pid);
    if (identity === undefined || !/agent|witness|conntrackd|etcd/.test(label)) continue;
    const life = `${label} ${pid}`;
    lives.set(life, [...(lives.get(life) ?? []), holdingOf(pid)]);
  }
};

/** A run that failed, whole, for `relevo drill judge` and for people. */
const keep = async (folder: string, index: number, run: DrillRun): Promise<void> => {
  makeFolder(folder);
  await ports.files.writeAtomic(
    `${folder}/${index + 1}-${run.fault}.json`,
    reportJson(reportOf([run], { lab: values.lab, createdAt: new Date().toISOString(), machine: release() })),
  );
};

const abort = new AbortController();
process.once('SIGINT', () => abort.abort());
process.once('SIGTERM', () => abort.abort());

const untilMs = performance.now() + Number(values.minutes) * 60_000;
const counted = new Map<FaultName, { runs: number; failed: number; worstOutageMs: number }>();
const failures: string[] = [];
try {
  await labUp(ports, { name: values.lab, nodes });
  const state = (await readLab(ports.files, values.lab))!;
  for (const fault of [...faults]) {
    const why = await checkLabFor(ports, state, fault).then(() => undefined, errorFrom);
    if (!why) continue;
    process.stdout.write(`without ${fault}: ${why.message}\n`);
    faults.splice(faults.indexOf(fault), 1);
  }
  if (faults.length === 0) abort.abort();
  for (let index = 0; performance.now() < untilMs && !abort.signal.aborted; index++) {
    const fault = pick();
    const row = counted.get(fault) ?? { runs: 0, failed: 0, worstOutageMs: 0 };
    counted.set(fault, row);
    const said: string[] = [];
    try {
      const seed = 1 + index * 1000;
      const options = {
        lab: values.lab,
        fault,
        repeat: 1,
        clients: 200,
        limits: limitsOf(fault),
        seed,
        fitWithinMs: quietMs,
      };
      const { runs, error } = await runDrill(ports, options, abort.signal);
      if (error) throw error;
      const run = runs[0]!;
      const { verdict, findings } = run;
      row.runs += 1;
      row.worstOutageMs = Math.max(row.worstOutageMs, findings.udp.outageMs, findings.connect.outageMs);
      said.push(...verdict.failures);
      if (said.length > 0 && values.out !== undefined) await keep(values.out, index, run);
    } catch (thrown) {
      if (abort.signal.aborted) break;
      said.push(errorFrom(thrown).message);
      // What a failure has left behind is put right, or built anew; the next fault finds it whole.
      await healDrill(ports, values.lab).catch(() => undefined);
      await labUp(ports, { name: values.lab, nodes });
    }
    if (said.length > 0) row.failed += 1;
    failures.push(...said.map((sentence) => `${index + 1} ${fault}: ${sentence}`));
    process.stdout.write(`${index + 1} ${fault}: ${said.join('; ') || 'nothing lost'}\n`);
    await sample();
  }
} finally {
  await labDown(ports, values.lab);
}

process.stdout.write(`\n${'fault'.padEnd(18)}${'runs'.padEnd(6)}${'failed'.padEnd(8)}worst outage, ms\n`);
for (const [fault, { runs, failed, worstOutageMs }] of counted) {
  process.stdout.write(
    `${fault.padEnd(18)}${String(runs).padEnd(6)}${String(failed).padEnd(8)}${worstOutageMs.toFixed(0)}\n`,
  );
}
process.stdout.write(`\n${'process'.padEnd(28)}${'samples'.padEnd(9)}${'MiB'.padEnd(12)}descriptors\n`);
for (const [life, samples] of lives) {
  const growth = growthOf(samples);
  if (!growth) continue;
  const { first, last, isFlat } = growth;
  process.stdout.write(
    `${life.padEnd(28)}${String(growth.samples).padEnd(9)}${`${first.rssMiB} → ${last.rssMiB}`.padEnd(12)}${first.descriptors} → ${last.descriptors}${isFlat ? '' : '  GROWS'}\n`,
  );
  if (!isFlat) failures.push(`${life} grows`);
}
process.stdout.write(
  failures.length === 0
    ? `\nPASS: nothing lost, memory and descriptors flat (seed ${values.seed})\n`
    : `\nFAIL (seed ${values.seed}):\n${failures.join('\n')}\n`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
