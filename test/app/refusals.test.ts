/**
 * The kernel refuses, or loses its answer, at every step of a change: what was in force stays whole, the engine's picture is right, and
 * the next change works.
 */

import test from 'ava';
import { type FeatureFacts, noFacts } from '../../src/app/feature-engine.js';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Reconciler } from '../../src/app/reconcile-types.js';
import { parseServices } from '../../src/config/services.js';
import type { ErrorCode, RelevoError } from '../../src/errors.js';
import type { ServicesDocument } from '../../src/model/service.js';
import { errnoError } from '../../src/netlink/message.js';
import type { Nft } from '../../src/ports.js';
import { plainContext } from '../../src/ruleset/context.js';
import { createFakeNft, type FakeNft } from '../fakes/nft.js';
import { createLog } from '../support/log.js';

const errnos = { ENOENT: 2, EBUSY: 16, EEXIST: 17, ENOSPC: 28, ENOBUFS: 105 } as const;

const clock = { nowMs: () => 0 };
const facts: FeatureFacts = {
  ...noFacts,
  devices: ['eth0'],
  neighbour: () => ({ etherAddress: '02:00:00:00:00:05', device: 'eth0' }),
  link: () => ({ index: 2, etherAddress: '02:00:00:00:00:01' }),
};

/** Every step that asks the kernel for something is counted; `fails` says which of them are refused, and how. */
const start = (kernel: FakeNft, fails: (step: number) => RelevoError | undefined) => {
  let step = 0;
  const turn = (): void => {
    const error = fails(step++);
    if (error) throw error;
  };
  const nft: Nft = {
    ...kernel,
    async commit(transaction) {
      turn();
      await kernel.commit(transaction);
    },
    async dumpElements(table, set) {
      turn();
      return kernel.dumpElements(table, set);
    },
    async readTable(table) {
      turn();
      return kernel.readTable(table);
    },
  };
  const engine = createReconciler({ nft, log: createLog(), clock, facts }, plainContext);
  return { engine, steps: () => step };
};

const parse = (farms: readonly object[], policies: readonly object[] = []): ServicesDocument => {
  const result = parseServices({ farms, policies });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.document;
};

const backends = (...states: string[]): object[] =>
  states.map((state, at) => ({ name: `b${at + 1}`, 'ip-addr': `10.5${at + 1}.0.2`, port: 8080, state }));
const web = {
  name: 'web',
  'virtual-addr': '192.0.2.1',
  'virtual-ports': '80',
  mode: 'dnat',
  persistence: 'srcip',
};
const range = {
  name: 'range',
  'virtual-addr': '192.0.2.2',
  'virtual-ports': '90-99',
  mode: 'snat',
  persistence: 'srcip srcport',
};
const six = {
  name: 'six',
  'virtual-addr': '2001:db8::1',
  'virtual-ports': '80',
  mode: 'dnat',
  backends: [{ name: 'b1', 'ip-addr': '2001:db8:1::1', port: 8080, state: 'up' }],
};
const past = {
  name: 'past',
  'virtual-addr': '192.0.2.3',
  'virtual-ports': '80',
  mode: 'dsr',
  backends: [{ name: 'b1', 'ip-addr': '10.51.0.2', state: 'up' }],
};
const bad = {
  name: 'bad',
  type: 'blacklist',
  elements: [{ data: '10.9.0.0/16' }, { data: '10.8.0.1', timeout: 60 }],
};

const before = parse(
  [
    { ...web, backends: backends('up', 'up'), policies: [{ name: 'bad' }] },
    { ...range, backends: backends('up', 'up', 'down'), 'est-connlimit': 4, mark: '0x1' },
    past,
  ],
  [bad],
);
const after = parse(
  [
    {
      ...web,
      scheduler: 'hash',
      backends: backends('up', 'down'),
      log: 'input',
      policies: [{ name: 'bad' }],
    },
    six,
    { ...past, name: 'newcomer', mode: 'stlsdnat', 'virtual-ports': '81' },
  ],
  [{ ...bad, elements: [{ data: '10.9.0.0/16' }, { data: '10.7.0.0/24' }] }],
);

const changes: readonly (readonly [string, (engine: Reconciler) => Promise<unknown>])[] = [
  ['a document', (engine) => engine.apply(after)],
  ['nothing left', (engine) => engine.apply({ services: [] })],
  ['a backend that fails', (engine) => engine.setBackendState('web', 'b1', 'down')],
  ['a backend of a range', (engine) => engine.setBackendState('range', 'b2', 'down')],
  [
    'elements of a policy',
    (engine) =>
      engine.changePolicy('bad', {
        added: [{ address: '10.6.0.0' as never, prefixLength: 16 }],
        removed: [{ address: '10.8.0.1' as never, prefixLength: 32 }],
      }),
  ],
];

/** Everything in the kernel's tables, in no order. */
const tables = [
  { family: 'ip', name: 'relevo' },
  { family: 'ip6', name: 'relevo' },
  { family: 'netdev', name: 'relevo_ingress' },
] as const;
const pictureOf = async (kernel: FakeNft): Promise<string[]> => {
  const lines: string[] = [];
  for (const table of tables) {
    const found = await kernel.readTable(table);
    if (!found) continue;
    for (const { name, ruleComments } of found.chains)
      lines.push(`${table.family} ${name}: ${ruleComments.join(', ')}`);
    for (const { name } of found.sets) {
      for (const { key, keyEnd, data, timeoutMs } of await kernel.dumpElements(table, name)) {
        const value = data instanceof Uint8Array ? data.join('.') : JSON.stringify(data);
        lines.push(`${table.family} ${name} ${key.join('.')}-${keyEnd?.join('.')} ${value} ${timeoutMs}`);
      }
      lines.push(`${table.family} ${name}`);
    }
  }
  return lines.sort();
};

/** Kernel and document agree: a process that starts now has nothing to add or to correct. */
const isWhole = async (kernel: FakeNft, document: ServicesDocument): Promise<string[]> => {
  const seen: string[] = [];
  const writing = createReconciler(
    {
      nft: {
        ...kernel,
        async commit({ operations }) {
          for (const one of operations) {
            if (
              one.op === 'add-elements' ||
              (one.op === 'delete-elements' && !one.set.name.endsWith('kinds'))
            )
              seen.push(`${one.op} ${one.set.name}`);
          }
        },
      },
      log: createLog(),
      clock,
      facts,
    },
    plainContext,
  );
  await writing.adopt();
  await writing.apply(document);
  return seen;
};

const prepared = async () => {
  const kernel = createFakeNft(clock);
  let fails: (step: number) => RelevoError | undefined = () => undefined;
  const { engine, steps } = start(kernel, (step) => fails(step));
  await engine.apply(before);
  return {
    kernel,
    engine,
    steps,
    failing: (when: typeof fails) => {
      fails = when;
    },
  };
};

const errorOf = (name: keyof typeof errnos): RelevoError => errnoError(errnos[name], 'a step of a test');

for (const [title, change] of changes) {
  for (const name of Object.keys(errnos) as (keyof typeof errnos)[]) {
    test(`${title}: ${name} at every step, once and for good`, async (t) => {
      const whole = await prepared();
      const first = whole.steps();
      await change(whole.engine);
      const reached = whole.engine.document();
      const count = whole.steps() - first;
      t.true(count > 0);
      for (let at = 0; at < count; at++) {
        for (const forGood of [false, true]) {
          const { kernel, engine, steps, failing } = await prepared();
          const [was, start] = [await pictureOf(kernel), steps()];
          const documentBefore = JSON.stringify(engine.document());
          // The second try is refused, too, and the way back begins with a refusal: what follows must make it good.
          let refusals = 0;
          const isRefused = (step: number): boolean =>
            forGood ? step >= start + at && refusals < 3 : step === start + at;
          failing((step) => {
            if (!isRefused(step)) return undefined;
            refusals++;
            return errorOf(name);
          });
          const error = await change(engine).then(
            () => undefined,
            (thrown: unknown) => thrown as RelevoError,
          );
          const place = `${title}, ${name} at step ${at} of ${count}${forGood ? ' and on' : ''}`;
          failing(() => undefined);
          if (error) {
            const codes: readonly ErrorCode[] = [
              'kernel-missing',
              'kernel-busy',
              'kernel-exists',
              'kernel-full',
              'kernel-overrun',
            ];
            t.true(codes.includes(error.code), `${place}: ${error.message}`);
            t.is(JSON.stringify(engine.document()), documentBefore, place);
            t.deepEqual(await isWhole(kernel, before), [], place);
            if (!forGood) t.deepEqual(await pictureOf(kernel), was, place);
          } else {
            t.is(JSON.stringify(engine.document()), JSON.stringify(reached), place);
            t.deepEqual(await isWhole(kernel, reached), [], place);
          }
          // And it goes on.
          await engine.apply(after);
          t.deepEqual(await isWhole(kernel, after), [], `${place}, and on`);
        }
      }
    });
  }
}

test('a refused change leaves every service its number, and with it its sessions', async (t) => {
  const { kernel, engine } = await prepared();
  await engine.apply(before);
  // After a restart the lowest numbers are given out again.
  let refuse = false;
  const { engine: heir } = start(kernel, () => {
    if (!refuse) return undefined;
    refuse = false;
    return errorOf('ENOSPC');
  });
  await heir.adopt();
  await heir.apply(before);
  const was = await pictureOf(kernel);
  const number = heir.idOf('range');
  const [newcomer] = parse([
    { ...range, name: 'newcomer', 'virtual-addr': '192.0.2.9', backends: backends('up') },
  ]).services;
  refuse = true;
  await t.throwsAsync(
    heir.change(
      {
        services: new Map([
          ['range', undefined],
          ['newcomer', newcomer],
        ]),
        addresses: new Map(),
        policies: new Map(),
      },
      'one for another',
    ),
  );
  t.is(heir.idOf('range'), number);
  t.deepEqual(await pictureOf(kernel), was);
});
