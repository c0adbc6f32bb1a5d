/** Every combination of fields that a scheduler hashes, or that tells clients apart, on the real kernel: taken, listed by stock nft, adopted again without a change. */

import test from 'ava';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Ip } from '../../src/model/address.js';
import type { HashField, Service } from '../../src/model/service.js';
import { plainContext } from '../../src/ruleset/context.js';
import { backendsAt, plainService } from '../support/services.js';
import { enterKernel, listing, silentLog } from './kernel.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());
const engine = () =>
  createReconciler(
    { nft: kernel.nft, log: silentLog, clock: { nowMs: () => performance.now() } },
    plainContext,
  );

const fields: readonly HashField[] = ['srcip', 'dstip', 'srcport', 'dstport', 'srcmac', 'dstmac'];
const combinations: readonly (readonly HashField[])[] = Array.from({ length: 63 }, (_, index) =>
  fields.filter((_field, bit) => ((index + 1) & (1 << bit)) !== 0),
);

const services = (
  family: 'ipv4' | 'ipv6',
  use: (fields: readonly HashField[]) => Partial<Service>,
): Service[] =>
  combinations.map((combination, index) => {
    const address = (family === 'ipv4' ? '198.51.100.10' : 'fd98::10') as Ip;
    return plainService({
      name: combination.join('-'),
      family,
      addresses: [{ address, protocol: 'tcp', ports: [{ first: 8000 + index, last: 8000 + index }] }],
      endpoints:
        family === 'ipv4' ? [{ protocol: 'tcp', address: address as never, port: 8000 + index }] : [],
      backends: backendsAt(2, {}, (at) => (family === 'ipv4' ? `10.5${at}.0.2` : `fd5${at}::2`)),
      ...use(combination),
    });
  });

for (const family of ['ipv4', 'ipv6'] as const) {
  for (const [what, use] of [
    ['hash', (hashFields) => ({ scheduler: 'hash', hashFields })],
    ['symhash', (hashFields) => ({ scheduler: 'symhash', hashFields })],
    ['persistence', (persistence) => ({ scheduler: 'weight', persistence })],
  ] as readonly (readonly [string, (fields: readonly HashField[]) => Partial<Service>])[]) {
    test.serial(`${family}: ${what}`, async (t) => {
      const all = services(family, use);
      const first = engine();
      await first.apply({ services: all });
      const without = first.shortcomings().map(({ service }) => service);
      const isTooLong = (one: readonly HashField[]): boolean =>
        one.includes('srcip') &&
        one.includes('dstip') &&
        one.some((field) => field.endsWith('mac')) &&
        one.length > 3;
      const tooLong = family === 'ipv6' && what === 'persistence' ? combinations.filter(isTooLong) : [];
      t.deepEqual(
        without,
        tooLong.map((one) => one.join('-')),
      );
      const text = listing(kernel);
      if (what === 'persistence') {
        for (const one of combinations) {
          const isPlain = family === 'ipv4' && one.join() === 'srcip';
          t.is(text.includes(`map sticky_${one.join('_')} `), !isPlain && !tooLong.includes(one), one.join());
        }
      }
      const again = engine();
      await again.adopt();
      t.is((await again.apply({ services: all })).operations, 0);
      await again.apply({ services: [] });
    });
  }
}
