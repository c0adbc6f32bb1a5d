import test from 'ava';
import fc from 'fast-check';
import type { Ip } from '../../src/model/address.js';
import { createFlowCounter, type Load, shareNewcomers } from '../../src/ruleset/leastconn.js';
import { fillSlots } from '../../src/ruleset/slots.js';
import { backendsAt, plainService } from '../support/services.js';

const load = (connections: number, weight = 1, warming = false): Load => ({ connections, weight, warming });
const rounded = (shares: readonly number[]): number[] =>
  shares.map((share) => Math.round(share * 1000) / 1000);

test('nothing there: by weight', (t) => {
  t.deepEqual(rounded(shareNewcomers([load(0), load(0, 3)], 0)), [0.25, 0.75]);
});

test('who has many gets none until the others have caught up', (t) => {
  t.deepEqual(rounded(shareNewcomers([load(24), load(0), load(0)], 0)), [0, 0.5, 0.5]);
  t.deepEqual(rounded(shareNewcomers([load(30, 3), load(0, 1)], 0)), [0, 1]);
  t.deepEqual(rounded(shareNewcomers([load(30, 3), load(10, 1)], 0)), [0.75, 0.25]);
});

test('as many newcomers as are expected lead to equal load, not past it', (t) => {
  const loads = [load(10), load(4), load(1, 2)];
  const shares = shareNewcomers(loads, 30);
  const after = loads.map(({ connections, weight }, index) => (connections + shares[index]! * 30) / weight);
  for (const one of after) t.true(Math.abs(one - after[0]!) < 1e-9, after.join());
});

test('a small difference between large numbers does not turn everything to one side', (t) => {
  const [a, b] = shareNewcomers([load(1000), load(990)], 0);
  t.true(a! > 0.45 && b! < 0.55);
});

test('one that comes back gets at most twice its share, and never all', (t) => {
  t.deepEqual(rounded(shareNewcomers([load(20), load(20), load(0, 1, true)], 0)), [0.167, 0.167, 0.667]);
  t.deepEqual(rounded(shareNewcomers([load(20), load(0, 1, true)], 0)), [0.25, 0.75]);
  const ten = shareNewcomers([...Array.from({ length: 9 }, () => load(50)), load(0, 1, true)], 3);
  t.is(Math.round(ten[9]! * 1000), 200);
});

test('shares are never negative and come to one', (t) => {
  const loads = fc.array(
    fc.record({
      connections: fc.nat(100_000),
      weight: fc.integer({ min: 1, max: 65_535 }),
      warming: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(loads, fc.nat(10_000), (list, arrivals) => {
      const shares = shareNewcomers(list, arrivals);
      t.true(shares.every((share) => share >= 0 && share <= 1 + 1e-9));
      t.true(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-6, shares.join());
    }),
  );
});

const flow = {
  id: 1,
  protocol: 6,
  serviceAddress: '198.51.100.10' as Ip,
  servicePort: 80,
  backendAddress: '10.51.0.2' as Ip,
  backendPort: 8080,
  open: true,
};

test('only open flows of the service to its backends count; ended ones are known', (t) => {
  const counter = createFlowCounter([plainService({ scheduler: 'leastconn' })]);
  t.deepEqual(counter.addresses, ['198.51.100.10']);
  counter.see(flow);
  counter.see({ ...flow, id: 2 });
  counter.see({ ...flow, id: 3, open: false });
  counter.see({ ...flow, id: 4, servicePort: 81 });
  counter.see({ ...flow, id: 5, protocol: 17 });
  counter.see({ ...flow, id: 6, backendPort: 9090 });
  counter.see({ ...flow, id: 7, backendAddress: '10.52.0.2' as Ip });
  const { open, ids } = counter.result().get('web')!;
  t.deepEqual(
    [...open],
    [
      ['b1', 2],
      ['b2', 1],
    ],
  );
  t.deepEqual([...ids], [1, 2, 3, 6, 7]);
});

test('slots follow the shares; without all of them, the weights; M stays', (t) => {
  const service = { scheduler: 'leastconn' as const, backends: backendsAt(3) };
  const count = (shares?: Map<string, number>): number[] => {
    const { modulus, owners } = fillSlots(service, [1, 2, 3], shares);
    t.is(modulus, 256);
    t.is(owners.length, 256);
    return [0, 1, 2].map((index) => owners.filter((owner) => owner === index).length);
  };
  t.deepEqual(count(), [86, 85, 85]);
  t.deepEqual(
    count(
      new Map([
        ['b1', 1],
        ['b2', 1],
      ]),
    ),
    [86, 85, 85],
  );
  t.deepEqual(
    count(
      new Map([
        ['b1', 0],
        ['b2', 1],
        ['b3', 3],
      ]),
    ),
    [0, 64, 192],
  );
  t.deepEqual(
    count(
      new Map([
        ['b1', 0],
        ['b2', 0],
        ['b3', 0],
      ]),
    ),
    [86, 85, 85],
  );
});
