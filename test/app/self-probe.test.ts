/** When a node says that it reaches no backend, and when it takes that back. */

import test from 'ava';
import { backendsUnreached, type ProbeTarget, probeTargets, runSelfProbe } from '../../src/app/self-probe.js';
import { parseServices } from '../../src/config/services.js';
import type { HealthReason } from '../../src/election/health.js';
import { parseIpv4 } from '../../src/model/address.js';

const backend = (last: number): ProbeTarget => ({ address: parseIpv4(`10.51.0.${last}`)!, port: 8080 });

/** Runs rounds; before each, `alive` says who answers. Returns what was said in each round, and who was asked. */
const play = async (targets: readonly ProbeTarget[], rounds: readonly (readonly number[])[]) => {
  const abort = new AbortController();
  const asked: number[][] = [];
  const said: (readonly HealthReason[])[] = [];
  const pauses: number[] = [];
  let round = 0;
  asked.push([]);
  await runSelfProbe(
    {
      async reaches({ address }) {
        const last = Number(address.split('.').at(-1));
        asked[round]!.push(last);
        return rounds[round]!.includes(last);
      },
      async sleep(ms) {
        pauses.push(ms);
        if (++round === rounds.length) abort.abort();
        else asked.push([]);
      },
      targets: () => targets,
      reasonsOf: backendsUnreached,
      say: (reasons) => said.push(reasons),
    },
    abort.signal,
  );
  return { asked, said, pauses };
};

test('one backend is asked at a time, in turns, as long as it answers', async (t) => {
  const { asked, said, pauses } = await play([1, 2, 3].map(backend), [[1, 2, 3], [1, 2, 3], [1, 2, 3], [1]]);
  t.deepEqual(asked, [[1], [2], [3], [1]]);
  t.deepEqual(said, []);
  t.deepEqual(new Set(pauses), new Set([2_000]));
});

test('a dead backend is no reason while another answers', async (t) => {
  const { asked, said } = await play([1, 2, 3].map(backend), [[3], [3], [3]]);
  t.deepEqual(asked, [[1, 2, 3], [2, 1, 3], [3]]);
  t.deepEqual(said, []);
});

test('nobody answers twice: said once, and taken back with the first answer', async (t) => {
  const { said, pauses } = await play([1, 2].map(backend), [[1], [], [], [], [2], [1, 2]]);
  t.is(said.length, 2);
  t.like(said[0]![0], { weight: 40 });
  t.regex(said[0]![0]!.text, /^none of 2 backends can be reached from here \(10\.51\.0\.1 /);
  t.deepEqual(said[1], []);
  t.deepEqual(pauses, [2_000, 500, 500, 500, 2_000, 2_000]);
});

test('a moment without answers is no reason', async (t) => {
  t.deepEqual((await play([backend(1)], [[], [1], [], [1]])).said, []);
});

test('without backends there is nothing to say', async (t) => {
  t.deepEqual((await play([], [[], [], []])).said, []);
});

test('who is asked: each address once, none that is off, none of local services', (t) => {
  const farm = (name: string, port: string, more: object) => ({
    ...{ name, 'virtual-addr': '10.10.0.1', 'virtual-ports': port, state: 'up', mode: 'dnat' },
    ...more,
  });
  const one = { name: 'b1', 'ip-addr': '10.51.0.1', port: '8080', state: 'up' };
  const parsed = parseServices({
    farms: [
      farm('a', '80', { backends: [one, { name: 'b2', 'ip-addr': '10.51.0.2', state: 'off' }] }),
      farm('b', '81', { backends: [one, { name: 'b3', 'ip-addr': '10.51.0.3', state: 'down' }] }),
      farm('c', '82', { mode: 'local' }),
    ],
  });
  t.false('problems' in parsed, JSON.stringify(parsed));
  if ('problems' in parsed) return;
  t.deepEqual(probeTargets(parsed.document.services), [
    { address: parseIpv4('10.51.0.1')!, port: 8080 },
    { address: parseIpv4('10.51.0.3')!, port: 81 },
  ]);
});
