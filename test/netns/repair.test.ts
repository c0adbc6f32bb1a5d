/** Foreign hands, bad documents and refusals by the kernel: a running service is not harmed, or repaired within a second. */

import test from 'ava';
import { parseServices } from '../../src/config/services.js';
import { RelevoError } from '../../src/errors.js';
import { plainContext } from '../../src/ruleset/context.js';
import { backends, createBed, document, farm, vip } from '../support/bed.js';
import { request, stream } from '../support/traffic.js';

const bed = await createBed({ backends: 2 });
test.after.always(() => bed.dispose());
test.afterEach((t) => {
  t.notThrows(() => bed.listing(), 'stock nft lists what is there');
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (holds: () => boolean | Promise<boolean>, boundMs: number): Promise<number> => {
  const startMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startMs > boundMs) throw new Error(`still not after ${boundMs} ms`);
    await wait(5);
  }
  return performance.now() - startMs;
};

const answers = (port: number): Promise<boolean> =>
  request(vip, port, undefined, 150).then(
    () => true,
    () => false,
  );

test.serial('a foreign flush is repaired within a second, with its reason in the log', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply(document(farm({})));
  const open = await stream(vip, 80);
  const text = bed.listing();
  bed.nft('flush', 'ruleset');
  const tookMs = await until(() => answers(80), 1000);
  t.true(tookMs < 1000);
  t.is(bed.listing(), text);
  await open.echo('still here');
  open.close();
  const line = engine.lines.find(({ message }) => message.startsWith('repaired'));
  t.regex(JSON.stringify(line?.facts), /and \d+ more by nft \(process \d+.*"persistenceLost":true/);
  t.is(engine.reconciler.status().repairs, 1);
  await engine.stop();
});

test.serial(
  'smaller changes are repaired too: elements, rules, chains; what is not ours stays',
  async (t) => {
    const engine = bed.engine();
    await engine.reconciler.apply(document(farm({ persistence: 'srcip' })));
    bed.nft('add', 'table', 'ip', 'theirs');
    const text = bed.listing();
    const hands: string[][] = [
      ['delete', 'element', 'ip', 'relevo', 'services', `{ ${vip} . tcp . 80 }`],
      ['add', 'element', 'ip', 'relevo', 'services', '{ 9.9.9.9 . tcp . 80 : 0:4 }'],
      ['flush', 'chain', 'ip', 'relevo', 'prerouting_nat'],
      ['flush', 'map', 'ip', 'relevo', 'slots'],
      ['insert', 'rule', 'ip', 'relevo', 'prerouting_filter', 'drop'],
      ['delete', 'chain', 'ip', 'relevo', 'prerouting_filter'],
    ];
    for (const hand of hands) {
      bed.nft(...hand);
      await until(() => sorted(bed.listing()) === sorted(text), 1000).catch(() =>
        t.fail(`${hand.join(' ')}:\n${bed.listing()}`),
      );
      t.true(await answers(80), hand.join(' '));
      await wait(220);
    }
    bed.nft('delete', 'table', 'ip', 'theirs');
    await engine.stop();
  },
);

/** Chains and elements come back in another order: the same lines all the same. Sessions are not ruleset. */
const sorted = (listing: string): string =>
  listing
    .replace(/\s*elements = \{[^}]*expires[^}]*\}/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort()
    .join('\n');

test.serial(
  'shared chains and their rules stand there while a service needs them, from one start to the next',
  async (t) => {
    const chains = (): string[] =>
      ['prerouting_nat', 'record', 'postrouting_nat'].filter((name) =>
        bed.listing().includes(`chain ${name} {`),
      );
    const rules = (): string[] =>
      bed
        .nft('list', 'chain', 'ip', 'relevo', 'postrouting_nat')
        .split('\n')
        .flatMap((line) => /comment "(snat[a-z ]*) #/.exec(line)?.[1] ?? []);
    const from = '10.51.0.1';
    const local = farm({ name: 'here', mode: 'local', 'virtual-ports': '81', backends: [] });
    const translating = farm({ name: 'one' });
    const masquerading = farm({ name: 'two', mode: 'snat', 'virtual-ports': '82' });
    const sourced = farm({ name: 'three', mode: 'snat', 'virtual-ports': '83', 'source-addr': from });
    const sticky = farm({ name: 'four', persistence: 'srcip', 'virtual-ports': '84' });
    const first = bed.engine();
    await first.reconciler.apply({ services: [] });
    await first.reconciler.apply(document(local));
    t.deepEqual(chains(), []);
    await first.reconciler.apply(document(local, translating));
    t.deepEqual(chains(), ['prerouting_nat']);
    t.true(await answers(80));
    await first.reconciler.apply(document(local, translating, masquerading));
    t.deepEqual(rules(), ['snat without a source']);
    await first.reconciler.apply(document(local, translating, masquerading, sourced, sticky));
    t.deepEqual(rules(), ['snat', 'snat without a source'], 'in the order that a start would write');
    t.deepEqual(chains(), ['prerouting_nat', 'record', 'postrouting_nat']);
    for (const port of [80, 82, 83, 84]) t.true(await answers(port), String(port));
    t.is((await request(vip, 83)).peer, from);
    await first.stop();
    const second = bed.engine();
    await second.reconciler.adopt();
    const report = await second.reconciler.apply(document(local, translating, masquerading, sourced, sticky));
    t.is(report.operations, 0, 'a restart finds all of it');
    await second.stop();
    const third = bed.engine();
    await third.reconciler.adopt();
    await third.reconciler.apply(document(local, translating, sourced));
    t.deepEqual(rules(), ['snat']);
    t.deepEqual(chains(), ['prerouting_nat', 'postrouting_nat']);
    t.is((await request(vip, 83)).peer, from);
    await third.stop();
    const last = bed.engine();
    await last.reconciler.adopt();
    await last.reconciler.apply(document(local));
    t.deepEqual(chains(), []);
    await last.stop();
  },
);

test.serial('a bad document leaves the running service unharmed', async (t) => {
  const engine = bed.engine();
  const { reconciler } = engine;
  await reconciler.apply(document(farm({})));
  const before = bed.listing();
  const open = await stream(vip, 80);
  const bad = parseServices({ farms: [farm({ backends: backends(2, { 2: { 'ip-addr': 'nonsense' } }) })] });
  t.true('problems' in bad);
  t.is(bed.listing(), before);
  await open.echo('undisturbed');
  open.close();
  await engine.stop();
});

test.serial('what the kernel refuses is refused as a whole, and changes go on afterwards', async (t) => {
  const engine = bed.engine(plainContext, { watch: false });
  const { reconciler } = engine;
  const running = document(farm({}));
  await reconciler.apply(running);
  const before = bed.listing();
  const open = await stream(vip, 80);
  // A chain with a hook in the place of a kind's: no element may lead there.
  const hook = '{ type filter hook forward priority 7; }';
  bed.nft('add', 'chain', 'ip', 'relevo', 'pick_random_m1', hook);
  const wanted = document(
    farm({ backends: backends(2, { 1: { weight: 2 } }) }),
    farm({ name: 'other', 'virtual-ports': 81, backends: backends(1) }),
  );
  const error = await t.throwsAsync(reconciler.apply(wanted), { instanceOf: RelevoError });
  t.is((error as RelevoError).code, 'unsupported');
  t.deepEqual(reconciler.document(), running);
  t.true(await answers(80));
  t.false(await answers(81));
  await open.echo('undisturbed');
  open.close();
  t.is(sorted(bed.listing()), sorted(before), 'what was in the way is gone as well: the table is ours');
  await reconciler.apply(wanted);
  t.true(await answers(81));
  await engine.stop();
});
