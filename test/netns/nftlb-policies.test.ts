/** Lists changed through nftlb's interface, seen by packets: an element more or less costs what it names, and counters are the kernel's. */

import test from 'ava';
import { createBed, farm, vip } from '../support/bed.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { request } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 4 });
test.after.always(() => bed.dispose());

const client = (index: number): string => `10.40.1.${index}`;
const isServed = async (index: number): Promise<boolean> =>
  request(vip, 80, client(index), 400).then(
    () => true,
    () => false,
  );
interface Listed {
  readonly elements: readonly Readonly<Record<string, string>>[];
}

test.serial('one address more and less on a list of 100,000, and what it refused', async (t) => {
  const engine = bed.engine();
  const { done, send } = nftlbOn(engine);
  const long = Array.from({ length: 100_000 }, (_, index) => ({
    data: `10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
  }));
  await done('POST', '/policies', { policies: [{ name: 'bad', type: 'blacklist', elements: long }] });
  await done('POST', '/farms', { farms: [farm({ policies: [{ name: 'bad' }] })] });
  t.true(await isServed(1));
  const counters = async (data: string) => {
    const [policy] = (await done('GET', '/policies/bad')).policies as Listed[];
    return policy?.elements.find((one) => one.data === data);
  };
  t.is(await counters(client(1)), undefined);

  const operations: number[] = [];
  engine.reconciler.onEvent((event) => event.kind === 'applied' && operations.push(event.operations));
  await done('POST', '/policies', { policies: [{ name: 'bad', elements: [{ data: client(1) }] }] });
  t.false(await isServed(1));
  t.true(await isServed(2));
  t.is(Number((await counters(client(1)))?.['counter-packets']) > 0, true);
  await done('DELETE', `/policies/bad/elements/${client(1)}`);
  t.true(await isServed(1));
  t.is(await counters(client(1)), undefined);
  t.is((await send('DELETE', `/policies/bad/elements/${client(1)}`)).status, 404);

  // The first network of its length is a rule more; the way back is the last one less.
  await done('POST', '/policies', { policies: [{ name: 'bad', elements: [{ data: '10.40.1.2/31' }] }] });
  t.false(await isServed(3));
  await done('DELETE', '/policies/bad/elements/10.40.1.2/31');
  t.true(await isServed(3));

  await done('POST', '/policies', {
    policies: [{ name: 'bad', elements: [{ data: client(4), timeout: '1' }] }],
  });
  t.false(await isServed(4));
  let isBack = false;
  for (let tries = 0; tries < 20 && !isBack; tries++) isBack = await isServed(4);
  t.true(isBack);
  t.is(await counters(client(4)), undefined, 'whose time is over is not listed');
  t.deepEqual(operations, [], 'no document was compared');
  t.deepEqual(engine.lines, []);
  await engine.stop();
});
