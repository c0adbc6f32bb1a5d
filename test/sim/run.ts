/** `npm run sim -- --seeds N [--from S] [--seed X] [--nodes N] [--without-witness] [--etcd [--etcd-mutation M]] [--mutation M]`: simulate many seeds, or tell the story of one. */

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

if (values.seed) {
  tell(Number(values.seed));
} else {
  const from = Number(values.from);
  const count = Number(values.seeds);
  const startedMs = performance.now();
  let takeovers = 0;
  let handovers = 0;
  let datagrams = 0;
  let simulatedMs = 0;
  let failures = 0;
  for (let seed = from; seed < from + count; seed++) {
    const result = simulate(optionsFor(seed));
    takeovers += result.takeovers;
    handovers += result.handovers;
    datagrams += result.datagrams;
    simulatedMs += result.endedMs;
    if (result.failure !== undefined) {
      failures += 1;
      process.stdout.write(`seed ${seed}: ${result.failure}\n`);
      if (failures >= 10) break;
    }
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `${count} seeds from ${from}: ${failures} failed, ${takeovers} takeovers, ${handovers} handovers, ` +
      `${datagrams} datagrams, ${(simulatedMs / 1000).toFixed(0)} s simulated in ${seconds} s\n`,
  );
  process.exitCode = failures > 0 ? 1 : 0;
}
