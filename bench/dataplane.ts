/**
 * `npm run bench -- dataplane`: what a packet costs the kernel, through relevo's rules, through those of Debian's nftlb, and by routing alone.
 *
 * How: each balancer stands in network namespaces of its own between clients and backends that throw away what they get. A thread of ours
 * puts frames onto the clients' interface. veth delivers within the system call of the sender, so that its processor time
 * (CLOCK_THREAD_CPUTIME_ID, and that of ksoftirqd) is the time of the whole way; what the generator takes alone, measured into a
 * sink in the balancer's place, is taken off. All balancers of a mode take turns round by round, and ratios are medians over pairs of one
 * round. Figures are packets per second that one processor would take: wires and cards are not in them. Payload is 6 bytes.
 *
 * `new connections`: SYNs (udp: datagrams), each of a flow not seen before. `packets`, `answers`: segments of 64 established connections,
 * towards the backends and back. A share below 99 % of frames that arrive is an error.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Balancer, nftlb, nothing, relevo, rules, trackingOnly } from './support/dataplane/balancers.js';
import { type Case, cases, scaleFarms } from './support/dataplane/cases.js';
import { chainPerService, routePerService } from './support/dataplane/controls.js';
import {
  type Amounts,
  type Load,
  type Measured,
  measure,
  net,
  ratio,
  thousandsPerSecond,
} from './support/dataplane/measure.js';
import {
  createSubject,
  direct,
  type Subject,
  type SubjectOptions,
  type Target,
} from './support/dataplane/subject.js';
import { store } from './support/store.js';
import { cells } from './support/table.js';

const loads: readonly Load[] = ['new connections', 'packets', 'answers'];

interface Row {
  readonly what: string;
  readonly values: Readonly<Record<string, number>>;
  readonly ratio: number;
  readonly budget: number | undefined;
}

const sink: Balancer = rules(
  ({ frontDevice, backDevices }) => `table netdev sink {
  chain in {
    type filter hook ingress devices = { ${[frontDevice, ...backDevices].join(', ')} } priority -500;
    ip protocol { tcp, udp } counter drop
  }
}`,
);

const together = async (options: readonly SubjectOptions[], amounts: Amounts): Promise<Measured[]> => {
  const subjects: Subject[] = [];
  try {
    for (const one of options) subjects.push(await createSubject(one));
    return await measure(subjects, amounts);
  } finally {
    for (const subject of subjects) await subject.dispose();
  }
};

const named = (measured: readonly Measured[], name: string): Measured | undefined =>
  measured.find((one) => one.name === name);

const rowsOf = (
  title: string,
  measured: readonly Measured[],
  [ours, peer]: readonly [string, string],
  least?: number,
): Row[] => {
  const generator = named(measured, 'generator')!;
  for (const { name, arrivedShare } of measured) {
    if (arrivedShare < 0.99) {
      throw new Error(`${title}: only ${(arrivedShare * 100).toFixed(1)} % of what was sent passed ${name}`);
    }
  }
  return loads.flatMap((load): Row[] => {
    const own = net(named(measured, ours)!, generator, load);
    if (own.length === 0) return [];
    const others = net(named(measured, peer) ?? generator, generator, load);
    const values = Object.fromEntries(
      measured
        .filter(({ name, ns }) => name !== 'generator' && ns.has(load))
        .map((one) => [one.name, thousandsPerSecond(net(one, generator, load))]),
    );
    const isCompared = named(measured, peer)?.ns.has(load) ?? false;
    return [
      {
        what: `${title}: ${load}`,
        values,
        ratio: isCompared ? ratio(own, others) : Number.NaN,
        budget: isCompared ? least : undefined,
      },
    ];
  });
};

const modeRows = async (of: Case, amounts: Amounts, withPeer: boolean, folder: string): Promise<Row[]> => {
  const plain = of.plain === 'backends' ? { targets: direct } : {};
  const measured = await together(
    [
      { name: 'generator', of, balancer: sink, silent: true },
      { name: 'plain routing', of, balancer: nothing, ...plain },
      ...(of.name === 'dnat' ? [{ name: 'tracking', of, balancer: trackingOnly, ...plain }] : []),
      ...(of.least ? [{ name: 'least rules', of, balancer: rules(of.least) }] : []),
      ...(withPeer ? [{ name: 'nftlb', of, balancer: nftlb([of.farm], folder) }] : []),
      { name: 'relevo', of, balancer: relevo([of.farm]) },
    ],
    amounts,
  );
  const compared = measured.map((one) =>
    one.name === 'nftlb' && of.answers === 'ours'
      ? { ...one, ns: new Map([...one.ns].filter(([load]) => load !== 'answers')) }
      : one,
  );
  return rowsOf(of.name, compared, ['relevo', 'nftlb'], 1);
};

/** A way of finding services beside relevo's, at one destination and at all of them: what memory costs anybody. */
const controls: readonly (readonly [title: string, balancer: (targets: readonly Target[]) => Balancer])[] = [
  ["nftlb's layout by hand", chainPerService],
  ['routes and tracking alone', routePerService],
];

const scaleRows = async (amounts: Amounts, count: number): Promise<Row[]> => {
  const of = cases[0]!;
  const { farms, targets } = scaleFarms(count);
  // Not the rig's own address: whoever answers from it is taken for a backend of dsr.
  const others = targets.slice(1);
  const first = others.slice(0, 1);
  const measured = await together(
    [
      { name: 'generator', of, balancer: sink, silent: true },
      { name: 'one', of, balancer: relevo([of.farm]) },
      { name: 'many', of, balancer: relevo([...farms, of.farm]) },
      { name: 'spread', of, balancer: relevo([...farms, of.farm]), targets },
      ...controls.flatMap(([title, balancer]) => [
        { name: `${title} one`, of, balancer: balancer(first), targets: first },
        { name: `${title} spread`, of, balancer: balancer(others), targets: others },
      ]),
    ],
    amounts,
  );
  const against = (ours: string, peer: string): Measured[] =>
    ['generator', peer, ours].map((name) => named(measured, name)!);
  const control = (title: string): Measured[] =>
    ['generator', 'one', 'spread'].map((name) => ({
      ...named(measured, name === 'generator' ? name : `${title} ${name}`)!,
      name,
    }));
  return [
    ...rowsOf(
      `dnat, one service of ${count} against one alone`,
      against('many', 'one'),
      ['many', 'one'],
      0.95,
    ),
    ...rowsOf(`dnat, all of ${count} services in turns`, against('spread', 'one'), ['spread', 'one'], 0.95),
    ...controls.flatMap(([title]) =>
      rowsOf(`control: ${title}, ${count} in turns`, control(title), ['spread', 'one']).filter(({ what }) =>
        what.endsWith('new connections'),
      ),
    ),
  ];
};

const show = (value: number | undefined, digits = 0): string =>
  value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);

const print = (rows: readonly Row[], columns: readonly string[]): void => {
  process.stdout.write(
    `${cells([
      ['thousand packets per second and processor', ...columns, 'ratio', ''],
      ...rows.map(({ what, values, ratio: times, budget }) => [
        what,
        ...columns.map((name) => show(values[name])),
        show(times, 2),
        budget === undefined ? '' : times >= budget ? `≥ ${budget} met` : `≥ ${budget} MISSED`,
      ]),
    ])}\n\n`,
  );
};

const option = (args: readonly string[], name: string, otherwise: number): number => {
  const at = args.indexOf(name);
  return at < 0 ? otherwise : Number(args[at + 1]);
};

/** @param args modes, or `scale`, all if none is named; `--rounds N` (default 61); `--services N` of `scale` (default 10,000); `--no-peer`. */
export const run = async (args: readonly string[]): Promise<void> => {
  const rounds = option(args, '--rounds', 61);
  const services = option(args, '--services', 10_000);
  const amounts: Amounts = { rounds, openings: 1_024, repeats: 2 };
  const withPeer = !args.includes('--no-peer') && existsSync('/usr/sbin/nftlb');
  const parts = args.filter((arg, at) => !/^(--|\d+$)/.test(arg) && !args[at - 1]?.startsWith('--r'));
  const isWanted = (name: string): boolean => parts.length === 0 || parts.includes(name);
  const folder = mkdtempSync(join(tmpdir(), 'relevo-dataplane-'));
  const rows: Row[] = [];
  try {
    for (const of of cases) {
      if (isWanted(of.name)) rows.push(...(await modeRows(of, amounts, withPeer, folder)));
    }
    print(rows, ['relevo', 'nftlb', 'least rules', 'tracking', 'plain routing']);
    if (isWanted('scale')) {
      const scale = await scaleRows(amounts, services);
      print(scale, ['many', 'spread', 'one']);
      rows.push(...scale);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  process.stdout.write(
    `${store('dataplane', { peer: 'nftlb 1.0.7 (Debian)', loadAverage: loadavg()[0], ...amounts, rows })}\n`,
  );
};
