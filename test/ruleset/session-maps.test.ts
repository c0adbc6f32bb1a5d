import test from 'ava';
import { parseServices } from '../../src/config/services.js';
import { createEntryColumns, pushEntry } from '../../src/model/columns.js';
import { sessionMaps } from '../../src/ruleset/session-maps.js';

const farm = (name: string, address: string, backends: readonly string[]) => ({
  name,
  'virtual-addr': address,
  'virtual-ports': '80',
  mode: 'dnat',
  persistence: 'srcip',
  backends: backends.map((host) => ({
    name: `${name}-${host}`,
    'ip-addr': `10.1.0.${host}`,
    port: '8080',
    state: 'up',
  })),
});

test('entries of several services in any order are told apart by where they came in', (t) => {
  const parsed = parseServices({
    farms: [farm('a', '192.0.2.1', ['1', '2']), farm('b', '192.0.2.2', ['1'])],
  });
  if ('problems' in parsed) return t.fail();
  const entries = createEntryColumns();
  const add = (address: string, port: number, host: string, protocol: 'tcp' | 'udp' = 'tcp'): void =>
    pushEntry(entries, {
      client: '203.0.113.9',
      address,
      port,
      protocol,
      backendAddress: `10.1.0.${host}`,
      backendPort: 8080,
      ttlMs: 1,
      remainingMs: 1,
    } as Parameters<typeof pushEntry>[1]);
  add('192.0.2.1', 80, '1');
  add('192.0.2.2', 80, '1');
  add('192.0.2.1', 80, '2');
  add('192.0.2.1', 81, '2');
  add('192.0.2.1', 80, '3');
  add('192.0.2.1', 80, '2');
  add('192.0.2.1', 80, '2', 'udp');
  const [a, b] = parsed.document.services.map(
    (service) => sessionMaps(service, { of: () => 1 })[0]!.backendAt!,
  );
  const all = entries.client.map((_, at) => at);
  t.deepEqual(
    all.map((at) => a!(entries, at)),
    ['a-1', undefined, 'a-2', undefined, undefined, 'a-2', undefined],
  );
  t.deepEqual(
    all.map((at) => b!(entries, at)),
    [undefined, 'b-1', undefined, undefined, undefined, undefined, undefined],
  );
});
