/** When a node says that nobody on the clients' side answers it any more, and whose silence it takes for a proof. */

import test from 'ava';
import { type FrontProbePorts, runFrontProbe } from '../../src/app/front-probe.js';
import type { HealthReason } from '../../src/election/health.js';
import type { Ip } from '../../src/model/address.js';
import type { NodeConfig } from '../../src/model/node.js';

const config = {
  groups: [
    { name: 'g1', addresses: [{ address: '10.10.0.100' as Ip, prefixLength: 24, interface: 'front0' }] },
  ],
  nodes: [
    {
      name: 'lb1',
      heartbeat: [{ address: '10.10.0.11', port: 1 }],
      sync: { address: '10.30.0.11', port: 2 },
    },
    {
      name: 'lb2',
      heartbeat: [{ address: '10.10.0.12', port: 1 }],
      sync: { address: '10.30.0.12', port: 2 },
    },
  ],
} as unknown as Pick<NodeConfig, 'groups' | 'nodes'>;

interface Round {
  readonly known?: readonly string[];
  readonly routers?: readonly string[];
  readonly answer: readonly string[];
  /** Before the round. */
  readonly laterMs?: number;
}

/** What is said, with the round; and who is asked in each. */
const play = async (rounds: readonly Round[]) => {
  const abort = new AbortController();
  const said: { round: number; reasons: readonly HealthReason[] }[] = [];
  const asked: string[][] = [[]];
  let round = 0;
  let nowMs = 1_000_000;
  const ports: FrontProbePorts = {
    clock: { nowMs: () => nowMs },
    async asks({ address }) {
      asked[round]!.push(address);
      return rounds[round]!.answer.includes(address);
    },
    routersOf: () => (rounds[round]!.routers ?? []) as Ip[],
    neighboursOf: async () => (rounds[round]!.known ?? []) as Ip[],
    async sleep(ms) {
      nowMs += ms;
      if (++round === rounds.length) abort.abort();
      else asked.push([]);
      nowMs += rounds[round]?.laterMs ?? 0;
    },
    say: (reasons) => said.push({ round, reasons }),
  };
  await runFrontProbe(config, ports, abort.signal);
  return { said, asked };
};

const two = ['10.10.0.1', '10.10.0.2'];

test('two that have answered fall silent together: said after two rounds, and taken back by the first answer', async (t) => {
  const { said, asked } = await play([
    { known: two, answer: two },
    { known: two, answer: two },
    { known: two, answer: [] },
    { known: two, answer: [] },
    // The kernel has forgotten them.
    { known: [], answer: [] },
    { known: [], answer: ['10.10.0.2'] },
  ]);
  t.deepEqual(
    said.map(({ round, reasons }) => [round, reasons.map(({ weight }) => weight)]),
    [
      [3, [40]],
      [5, []],
    ],
  );
  t.regex(said[0]!.reasons[0]!.text, /^none of 2 neighbours answers on front0 any more \(10\.10\.0\./);
  t.deepEqual(asked[4]!.toSorted(), two);
});

test('one machine that is switched off proves nothing; a router does', async (t) => {
  const one = ['10.10.0.1'];
  const silence = [{ answer: one }, { answer: one }, { answer: [] }, { answer: [] }, { answer: [] }];
  t.deepEqual((await play(silence.map((round) => ({ ...round, known: one })))).said, []);
  const { said } = await play(silence.map((round) => ({ ...round, routers: one })));
  t.is(said.length, 1);
});

test('who has not answered for a long time, or never, proves nothing', async (t) => {
  t.deepEqual((await play([1, 2, 3].map(() => ({ known: two, answer: [] })))).said, []);
  const { said } = await play([
    { known: two, answer: two },
    { known: two, answer: two },
    { known: two, answer: [], laterMs: 100_000 },
    { known: two, answer: [] },
    { known: two, answer: [] },
  ]);
  t.deepEqual(said, []);
});

test('nodes of the cluster, floating addresses and other networks are not asked', async (t) => {
  const known = ['10.10.0.11', '10.10.0.12', '10.10.0.100', '10.99.0.1', '10.10.0.7'];
  const { asked } = await play([{ known, answer: [] }]);
  t.deepEqual(asked, [['10.10.0.7']]);
});

test('each interface on its own: answers on one are none on the other', async (t) => {
  const address = { address: '10.20.0.100' as Ip, prefixLength: 24, interface: 'back0' };
  const both = {
    ...config,
    groups: [{ ...config.groups[0]!, addresses: [...config.groups[0]!.addresses, address] }],
  };
  const abort = new AbortController();
  const said: (readonly HealthReason[])[] = [];
  let asked = 0;
  await runFrontProbe(
    both,
    {
      clock: { nowMs: () => asked },
      async asks({ interface: device }) {
        asked++;
        return device === 'back0' || asked < 20;
      },
      routersOf: () => [],
      neighboursOf: async (device) => (device === 'back0' ? ['10.20.0.1', '10.20.0.2'] : two) as Ip[],
      async sleep() {
        await new Promise((resolve) => setImmediate(resolve));
        if (asked > 60) abort.abort();
      },
      say: (reasons) => said.push(reasons),
    },
    abort.signal,
  );
  t.deepEqual(
    said.map((reasons) => reasons.length),
    [1],
  );
  t.regex(said[0]![0]!.text, /on front0/);
});

test('one that never answers does not blind the node for those who come later', async (t) => {
  const dead = { known: ['10.10.0.9'], answer: [] };
  const { said } = await play([
    ...[dead, dead, dead],
    { known: two, answer: two },
    { known: two, answer: two },
    { known: two, answer: [] },
    { known: two, answer: [] },
  ]);
  t.deepEqual(
    said.flatMap(({ reasons }) => reasons.map(({ weight }) => weight)),
    [40],
  );
});
