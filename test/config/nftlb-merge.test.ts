/** nftlb's merge on its own: what a request makes of the farms in force. */

import test from 'ava';
import type { JsonObject, Refusal } from '../../src/config/nftlb-list.js';
import {
  deleteNamed,
  deletePart,
  type MergeResult,
  mergeFarms,
  onlyStateChange,
} from '../../src/config/nftlb-merge.js';
import { parseServices } from '../../src/config/services.js';
import { formatService } from '../../src/config/services-format.js';

const inForce = (...farms: object[]): JsonObject[] => {
  const parsed = parseServices({ farms });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document.services.map(formatService);
};
const backend = (index: number, more: object = {}) => ({
  name: `b${index}`,
  'ip-addr': `10.1.0.${index}`,
  port: 80,
  ...more,
});
const web = (more: object = {}) => ({
  name: 'web',
  'virtual-addr': '192.0.2.1',
  'virtual-ports': '80',
  mode: 'dnat',
  backends: [backend(1), backend(2)],
  ...more,
});
const two = {
  addresses: [
    { name: 'a', 'ip-addr': '192.0.2.1', ports: '80' },
    { name: 'b', 'ip-addr': '192.0.2.2', ports: '53', protocol: 'udp' },
  ],
};
const without = ({ 'virtual-addr': _a, 'virtual-ports': _p, ...rest }: Record<string, unknown>): object =>
  rest;

/** The farms as they would be printed once they are in force. */
const printed = (result: MergeResult): Record<string, unknown>[] => {
  if ('refusal' in result) throw new Error(result.refusal.detail);
  return inForce(...result.farms);
};
const addresses = (result: MergeResult): string[] =>
  (printed(result)[0]!.addresses as Record<string, string>[]).map(
    (one) => `${one.name} ${one.protocol} ${one['ip-addr']} ${one.ports}`,
  );
const backends = (result: MergeResult): string[] =>
  (printed(result)[0]!.backends as Record<string, string>[]).map(
    (one) => `${one.name} ${one.weight} ${one.state}`,
  );

const oldForm = test.macro((t, current: object, change: object, wanted: string[]) => {
  t.deepEqual(addresses(mergeFarms(inForce(current), [{ name: 'web', ...change }])), wanted);
});
test('virtual-ports change the first address', oldForm, web(), { 'virtual-ports': '443' }, [
  'web-addr tcp 192.0.2.1 443',
]);
test('virtual-addr changes the first address', oldForm, web(), { 'virtual-addr': '192.0.2.9' }, [
  'web-addr tcp 192.0.2.9 80',
]);
test('protocol changes the first address', oldForm, without(web(two)), { protocol: 'udp' }, [
  'a udp 192.0.2.1 80',
  'b udp 192.0.2.2 53',
]);
test('the same again changes nothing', oldForm, web(), web(), ['web-addr tcp 192.0.2.1 80']);
test(
  'an address is changed by its name',
  oldForm,
  without(web(two)),
  { addresses: [{ name: 'b', ports: '5353' }] },
  ['a tcp 192.0.2.1 80', 'b udp 192.0.2.2 5353'],
);
test(
  'an address is added',
  oldForm,
  web(),
  { addresses: [{ name: 'tls', 'ip-addr': '192.0.2.1', ports: 443 }] },
  ['web-addr tcp 192.0.2.1 80', 'tls tcp 192.0.2.1 443'],
);
test('an address is deleted', oldForm, without(web(two)), { addresses: [{ name: 'a', action: 'delete' }] }, [
  'b udp 192.0.2.2 53',
]);
test(
  'both forms sent back with the old one changed',
  oldForm,
  web(),
  { ...inForce(web())[0], 'virtual-ports': '8080' },
  ['web-addr tcp 192.0.2.1 8080'],
);
test(
  'both forms sent back with the list changed',
  oldForm,
  web(),
  { ...inForce(web())[0], addresses: [{ name: 'web-addr', ports: '8080' }] },
  ['web-addr tcp 192.0.2.1 8080'],
);

const backendChange = test.macro((t, change: object[], wanted: string[]) => {
  t.deepEqual(backends(mergeFarms(inForce(web()), [{ name: 'web', backends: change }])), wanted);
});
test(
  'a backend keeps what is not said',
  backendChange,
  [{ name: 'b2', weight: '7' }],
  ['b1 1 up', 'b2 7 up'],
);
test(
  'a backend is renamed where it stands',
  backendChange,
  [{ name: 'b1', newname: 'first' }],
  ['first 1 up', 'b2 1 up'],
);
test('a backend is stopped', backendChange, [{ name: 'b1', action: 'stop' }], ['b1 1 down', 'b2 1 up']);
test(
  'a backend is deleted, another added',
  backendChange,
  [{ name: 'b1', action: 'delete' }, backend(3)],
  ['b2 1 up', 'b3 1 up'],
);
test(
  'later entries see earlier ones',
  backendChange,
  [backend(3), { name: 'b3', weight: 2 }],
  ['b1 1 up', 'b2 1 up', 'b3 2 up'],
);

test('farms are renamed, stopped and deleted', (t) => {
  const current = inForce(web(), web({ name: 'two', 'virtual-addr': '192.0.2.2' }));
  const [renamed] = printed(mergeFarms(current, [{ name: 'web', newname: 'www', state: 'off' }]));
  t.like(renamed, { name: 'www', state: 'off' });
  t.is(printed(mergeFarms(current, [{ name: 'web', action: 'stop' }]))[0]?.state, 'down');
  t.deepEqual(
    printed(mergeFarms(current, [{ name: 'web', action: 'delete' }])).map(({ name }) => name),
    ['two'],
  );
});

const refused = test.macro((t, change: unknown, kind: Refusal['kind'], detail: RegExp) => {
  const result = mergeFarms(inForce(web()), change);
  if (!('refusal' in result)) return t.fail('was accepted');
  t.is(result.refusal.kind, kind);
  t.regex(result.refusal.detail, detail);
});
test('deleting what is not there', refused, [{ name: 'x', action: 'delete' }], 'unknown', /no farm 'x'/);
test('renaming what is not there', refused, [{ name: 'x', newname: 'y' }], 'unknown', /no farm 'x'/);
test(
  'a name that is taken',
  refused,
  [web({ name: 'x' }), { name: 'x', newname: 'web' }],
  'invalid',
  /'web' is taken/,
);
test('no list', refused, 'web', 'invalid', /must be a list/);
test(
  'a backend without a name',
  refused,
  [{ name: 'web', backends: [{}] }],
  'invalid',
  /every backend needs a name/,
);
test('flush', refused, [{ name: 'web', action: 'flush' }], 'invalid', /action/);

test('what is not named stays the very same object', (t) => {
  const current = inForce(web(), web({ name: 'two', 'virtual-addr': '192.0.2.2' }));
  const before = JSON.stringify(current);
  const result = mergeFarms(current, [{ name: 'web', mode: 'snat' }]);
  t.true('farms' in result && result.farms[1] === current[1]);
  t.is(JSON.stringify(current), before);
});

test('names of prototypes are names', (t) => {
  const body: unknown = JSON.parse(
    '[{"name":"__proto__","__proto__":{"mode":"snat"},"backends":[{"name":"constructor"}]}]',
  );
  const result = mergeFarms(inForce(web()), body);
  t.true('farms' in result && Object.hasOwn(result.farms[1]!, '__proto__'));
  t.is(({} as Record<string, unknown>).mode, undefined);
});

test('parts are deleted by name or all at once', (t) => {
  const current = inForce(without(web(two)));
  t.deepEqual(backends(deletePart(current, 'web', 'backends', 'b1')), ['b2 1 up']);
  t.deepEqual(backends(deletePart(current, 'web', 'backends', undefined)), []);
  t.deepEqual(addresses(deletePart(current, 'web', 'addresses', 'a')), ['b udp 192.0.2.2 53']);
  t.true('refusal' in deletePart(current, 'web', 'backends', 'x'));
  t.deepEqual(backends(deleteNamed(current, [{ name: 'web', backends: [{ name: 'b2' }] }])), ['b1 1 up']);
  t.true('refusal' in deleteNamed(current, [null]));
});

test('one state and nothing else', (t) => {
  const body = (farm: object, one: object) => ({
    farms: [{ name: 'web', ...farm, backends: [{ name: 'b1', ...one }] }],
  });
  t.deepEqual(onlyStateChange(body({}, { state: 'off' })), { farm: 'web', backend: 'b1', state: 'off' });
  for (const other of [
    body({ mode: 'snat' }, { state: 'off' }),
    body({}, { state: 'odd' }),
    body({}, { weight: 1 }),
    { farms: [] },
    [],
    null,
    3,
  ]) {
    t.is(onlyStateChange(other), undefined);
  }
});
