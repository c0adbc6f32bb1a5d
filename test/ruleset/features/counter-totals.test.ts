/** What dumped counters come to: sums that never go backwards, whatever becomes of the elements. */

import test from 'ava';
import type { Ip } from '../../../src/model/address.js';
import type { Service } from '../../../src/model/service.js';
import { createTally, type Dump } from '../../../src/ruleset/features/counter-totals.js';
import { trafficElements } from '../../../src/ruleset/features/traffic-elements.js';
import { createServiceIds } from '../../../src/ruleset/service-ids.js';
import { backendsAt, plainService } from '../../support/services.js';

const ids = createServiceIds();

/** Every element of these services has counted `packets` of 100 bytes. */
const dumps = (services: readonly Service[], packets: number): Dump[] =>
  services.flatMap((service) =>
    trafficElements(service, ids).map(({ table, set, key }) => ({
      table,
      set: set.name,
      elements: [{ key, counter: { packets, bytes: packets * 100 } }],
    })),
  );
const elementsOf = (services: readonly Service[]) => services.flatMap((one) => trafficElements(one, ids));

test('sums by service and backend', (t) => {
  const services = [plainService(), plainService({ name: 'other' }, { port: 81 })];
  const [web, other] = createTally().take(elementsOf(services), dumps(services, 5));
  t.deepEqual(web!.in, { packets: 10, bytes: 1000 });
  t.deepEqual(web!.out, { packets: 10, bytes: 1000 });
  t.deepEqual(web!.backends.get('b2')!.in, { packets: 5, bytes: 500 });
  t.is(other!.service, 'other');
});

test('never backwards: a table made anew, an element that goes and comes back, a backend that leaves', (t) => {
  const services = [plainService()];
  const tally = createTally();
  const take = (of: readonly Service[], from: Dump[]) => tally.take(elementsOf(of), from)[0]!;
  t.is(take(services, dumps(services, 50)).in.packets, 100);
  t.is(take(services, dumps(services, 60)).in.packets, 120, 'the difference');
  t.is(take(services, dumps(services, 3)).in.packets, 126, 'from zero again');
  t.is(take(services, []).in.packets, 126, 'nothing there');
  t.is(take(services, dumps(services, 4)).in.packets, 134);
  const fewer = [plainService({ backends: backendsAt(1) })];
  const left = take(fewer, dumps(fewer, 5));
  t.is(left.in.packets, 135);
  t.deepEqual([...left.backends.keys()], ['b1']);
  t.deepEqual(tally.take([], []), []);
  t.is(take(services, dumps(services, 1)).in.packets, 2, 'a service that comes again is another');
});

test('ranges count by number; backends that share an address there are counted for the service only', (t) => {
  const service = plainService({
    addresses: [{ address: '198.51.100.1' as Ip, protocol: 'all', ports: [{ first: 1, last: 99 }] }],
    endpoints: [],
    backends: [...backendsAt(2), { ...backendsAt(1)[0]!, name: 'twin', port: 9999 }],
  });
  const elements = trafficElements(service, ids);
  t.deepEqual(
    elements.filter(({ direction }) => direction === 'in').map(({ backend, set }) => [backend, set.name]),
    [
      [undefined, 'traffic_ranges_in'],
      ['b2', 'traffic_ranges_in'],
    ],
  );
  const [traffic] = createTally().take(elements, dumps([service], 1));
  t.is(traffic!.in.packets, 2);
  t.is(traffic!.backends.get('b2')!.in.packets, 1);
});

test('one element per backend, port and direction; without connection tracking one per port', (t) => {
  const service = plainService({
    addresses: [
      { address: '198.51.100.1' as Ip, protocol: 'all', ports: [{ first: 80, last: 80 }] },
      {
        address: '2001:db8::1' as Ip,
        protocol: 'tcp',
        ports: [
          { first: 80, last: 80 },
          { first: 443, last: 443 },
        ],
      },
    ],
    backends: [
      ...backendsAt(2),
      ...backendsAt(1, { name: 'six' }, () => 'fd51::2').map((one) => ({ ...one, name: 'six' })),
    ],
  });
  t.is(trafficElements(service, ids).length, 2 * (3 * 2 + 2 * 1));
  const stateless = trafficElements({ ...service, mode: 'dsr' }, ids);
  t.is(stateless.length, 3 + 2);
  t.true(stateless.every(({ table, backend }) => table.family === 'netdev' && backend === undefined));
});
