/** Whose answer a packet is that a backend sends: clear, or somebody else leads clients to the same place. */

import test from 'ava';
import fc from 'fast-check';
import type { Service } from '../../src/model/service.js';
import { createClaims } from '../../src/ruleset/claims.js';

interface Shape {
  readonly mode: Service['mode'];
  readonly port: number;
  readonly backends: readonly (readonly [number, number?])[];
  readonly protocol?: 'tcp' | 'udp' | 'all';
  readonly state?: 'up' | 'down';
}

const service = (name: string, { mode, port, backends, protocol = 'tcp', state = 'up' }: Shape): Service =>
  ({
    name,
    mode,
    state,
    addresses: [{ address: '10.40.1.100', protocol, ports: [{ first: port, last: port }] }],
    backends: backends.map(([host, to]) => ({
      name: `b${host}`,
      address: `10.40.2.${host}`,
      ...(to === undefined ? {} : { port: to }),
    })),
  }) as unknown as Service;

const told = (...all: readonly Service[]) => {
  const held = new Map(all.map((one) => [one.name, one]));
  const claims = createClaims(() => held.values());
  for (const one of all) claims.note(one.name, one);
  return claims;
};
const one: Shape = { mode: 'stlsdnat', port: 80, backends: [[11], [12]] };

test('clear alone, and beside services that answer by another way or on another port', (t) => {
  const claims = told(
    service('a', one),
    service('direct', { ...one, mode: 'dsr' }),
    service('udp', { ...one, mode: 'dnat', protocol: 'udp' }),
    service('off', { ...one, mode: 'dnat', state: 'down' }),
    service('else', { ...one, mode: 'dnat', port: 81 }),
  );
  t.false(claims.isUnclear('a'));
});

test('unclear while another service leads to the same address and port, by whatever front port', (t) => {
  for (const mode of ['dnat', 'stlsdnat'] as const) {
    const other = service('b', { mode, port: 8080, backends: [[12, 80]] });
    const claims = told(service('a', one), other);
    t.true(claims.isUnclear('a'), mode);
    t.deepEqual(claims.note('b', undefined), ['a'], 'and it is told when the other one goes');
    t.false(claims.isUnclear('a'));
    t.deepEqual(claims.note('b', other), ['a']);
  }
});

test('unclear with two addresses or ports of its own that lead to one place', (t) => {
  const { addresses, ...rest } = service('a', { ...one, backends: [[11, 80]] });
  const second = { ...addresses[0]!, address: '10.40.1.101' as (typeof addresses)[number]['address'] };
  t.true(told({ ...rest, addresses: [...addresses, second] }).isUnclear('a'));
});

test('services of before the first stlsdnat are looked at when it comes', (t) => {
  const held = new Map([['b', service('b', { ...one, mode: 'dnat' })]]);
  const claims = createClaims(() => held.values());
  claims.note('b', held.get('b'));
  const a = service('a', one);
  held.set('a', a);
  claims.note('a', a);
  t.true(claims.isUnclear('a'));
});

test('whatever comes and goes: the same as told from the beginning, and whoever changes is named', (t) => {
  const shape = fc.record({
    mode: fc.constantFrom<Service['mode']>('dnat', 'stlsdnat', 'dsr'),
    port: fc.constantFrom(80, 81),
    backends: fc.array(fc.tuple(fc.constantFrom(11, 12, 13), fc.constantFrom(undefined, 80, 81)), {
      maxLength: 2,
    }),
  });
  const step = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(shape, { nil: undefined }));
  const names = ['a', 'b', 'c'];
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const held = new Map<string, Service>();
      const claims = createClaims(() => held.values());
      for (const [name, wanted] of steps) {
        const isStlsdnat = (of: string): boolean => held.get(of)?.mode === 'stlsdnat';
        const were = new Map(names.map((of) => [of, claims.isUnclear(of)]));
        const next = wanted && service(name, wanted as Shape);
        if (next) held.set(name, next);
        else held.delete(name);
        const changed = claims.note(name, next);
        const anew = told(...held.values());
        for (const of of names.filter(isStlsdnat)) {
          if (claims.isUnclear(of) !== anew.isUnclear(of)) return false;
          if (of !== name && were.get(of) !== claims.isUnclear(of) && !changed.includes(of)) return false;
        }
      }
      return true;
    }),
  );
  t.pass();
});
