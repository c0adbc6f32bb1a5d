/**
 * `npm run sim -- --seeds N [--from S] [--seed X] [--nodes N] [--without-witness] [--etcd [--etcd-mutation M]] [--mutation M]`: simulate many
 * seeds, on every processor (`--jobs N`), or tell the story of one.
 */

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { EtcdMutation } from './etcd.js';
import { type SimOptions, shorten, simulate } from './world.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    nodes: { type: 'string' },
    'without-witness': { type: 'boolean', default: false },
    etcd: { type: 'boolean', default: false },
    'etcd-mutation': { type: 'string' },
    mutation: { type: 'string', default: 'none' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});

const optionsFor = (seed: number): SimOptions => ({
  seed,
  withoutWitness: values['without-witness'],
  etcd: values.etcd,
  ...(values['etcd-mutation'] && { etcdMutation: values['etcd-mutation'] as EtcdMutation }),
  mutation: values.mutation as NonNullable<SimOptions['mutation']>,
  ...(values.nodes ? { nodes: Number(values.nodes) } : {}),
});

const tell = (seed: number): void => {
  const { keep, result } = shorten(optionsFor(seed));
  const lines: string[] = [];
  simulate({ ...optionsFor(seed), keep, trace: (line) => lines.push(line) });
  process.stdout.write(`${lines.join('\n')}\n`);
  const kept = result.faults.filter((_, index) => keep.has(index));
  process.stdout.write(
    `\nseed ${seed}: ${result.failure ?? 'passed'}\nfaults needed: ${JSON.stringify(kept)}\n`,
  );
};

interface Part {
  readonly from: number;
  readonly count: number;
}
interface Done {
  readonly seeds: number;
  readonly takeovers: number;
  readonly handovers: number;
  readonly datagrams: number;
  readonly simulatedMs: number;
  readonly failures: readonly string[];
}
const nothingYet: Done = {
  seeds: 0,
  takeovers: 0,
  handovers: 0,
  datagrams: 0,
  simulatedMs: 0,
  failures: [],
};
const together = (one: Done, other: Done): Done => ({
  seeds: one.seeds + other.seeds,
  takeovers: one.takeovers + other.takeovers,
  handovers: one.handovers + other.handovers,
  datagrams: one.datagrams + other.datagrams,
  simulatedMs: one.simulatedMs + other.simulatedMs,
  failures: [...one.failures, ...other.failures],
});

const simulatePart = ({ from, count }: Part): Done => {
  let done = nothingYet;
  for (let seed = from; seed < from + count; seed++) {
    const { takeovers, handovers, datagrams, endedMs, failure } = simulate(optionsFor(seed));
    const failures = failure === undefined ? [] : [`seed ${seed}: ${failure}`];
    done = together(done, { seeds: 1, takeovers, handovers, datagrams, simulatedMs: endedMs, failures });
  }
  return done;
};

/** Enough to be worth a message, few enough that all processors end at about the same time. */
const partSeeds = 200;
const mostFailures = 10;
const progressEveryMs = 60_000;

/** Hands parts to processes until all are done, or enough have failed. */
const simulateAll = async (from: number, count: number, jobs: number): Promise<Done> => {
  let next = from;
  let done = nothingYet;
  let toldMs = performance.now();
  const take = (): Part | undefined => {
    if (next >= from + count || done.failures.length >= mostFailures) return undefined;
    const part = { from: next, count: Math.min(partSeeds, from + count - next) };
    next += part.count;
    return part;
  };
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const part = take();
      if (part === undefined) return resolve();
      const child = fork(process.argv[1]!, process.argv.slice(2), {
        env: { ...process.env, RELEVO_SIM_PART: '1' },
      });
      child.once('error', reject);
      child.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`)),
      );
      child.on('message', (result: Done) => {
        for (const failure of result.failures) process.stdout.write(`${failure}\n`);
        done = together(done, result);
        if (performance.now() - toldMs > progressEveryMs) {
          toldMs = performance.now();
          process.stderr.write(`${done.seeds} of ${count}\n`);
        }
        const another = take();
        if (another) child.send(another);
        else child.disconnect();
      });
      child.send(part);
    });
  await Promise.all(Array.from({ length: jobs }, work));
  return done;
};

if (process.env.RELEVO_SIM_PART) {
  process.on('message', (part: Part) => process.send!(simulatePart(part)));
} else if (values.seed) {
  tell(Number(values.seed));
} else {
  const from = Number(values.from);
  const startedMs = performance.now();
  const { seeds, takeovers, handovers, datagrams, simulatedMs, failures } = await simulateAll(
    from,
    Number(values.seeds),
    Number(values.jobs),
  );
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `${seeds} seeds from ${from}: ${failures.length} failed, ${takeovers} takeovers, ${handovers} handovers, ` +
      `${datagrams} datagrams, ${(simulatedMs / 1000).toFixed(0)} s simulated in ${seconds} s\n`,
  );
  process.exitCode = failures.length > 0 ? 1 : 0;
}
