/** nftlb's interface: requests that change nothing, each with its status and its reason. */

import test from 'ava';
import fc from 'fast-check';
import { backend, createBed, farm } from './nftlb-support.js';

const answers = test.macro(
  async (t, method: string, url: string, body: unknown, status: number, response: RegExp) => {
    const { send, farms, nft } = createBed();
    await send('POST', '/farms', { farms: [farm(1), farm(2)] });
    const [before, commits] = [await farms(), nft.committed.length];
    const reply = await send(method, url, body);
    t.is(reply.status, status, reply.text);
    t.regex(reply.response, response);
    t.deepEqual(await farms(), before);
    t.is(nft.committed.length, commits);
  },
);
const broken = {
  farms: [farm(3), farm(4, { backends: [backend(1), backend(2, { 'ip-addr': '999.1.1.1' })] })],
};

test('nothing to do: {}', answers, 'POST', '/farms', {}, 200, /^success$/);
test('nothing to do: []', answers, 'POST', '/farms', [], 200, /^success$/);
test('no body', answers, 'POST', '/farms', undefined, 400, /^the structure is invalid\. there is no body/);
test('bad JSON', answers, 'POST', '/farms', '{"farms": [', 400, /^the structure is invalid\. .*line 1/);
test('not an object', answers, 'POST', '/farms', '"farms"', 400, /^the structure is invalid/);
test('farms is no list', answers, 'POST', '/farms', { farms: {} }, 400, /^the structure is invalid/);
test('a farm is no object', answers, 'POST', '/farms', { farms: [null] }, 400, /^the structure is invalid/);
test('a farm has no name', answers, 'POST', '/farms', { farms: [{ mode: 'dnat' }] }, 400, /needs a name/);
test('POST with a name in the path', answers, 'POST', '/farms/x', {}, 404, /^invalid request/);
test('an unknown path', answers, 'GET', '/nothing', undefined, 400, /^invalid request/);
test('an unknown verb', answers, 'OPTIONS', '/farms', undefined, 400, /^invalid request/);
test('an unknown farm', answers, 'GET', '/farms/x', undefined, 404, /^invalid request/);
test(
  'sessions of an unknown farm',
  answers,
  'GET',
  '/farms/x/sessions',
  undefined,
  404,
  /^invalid request\. Unknown farm 'x'/,
);
test('deleting an unknown farm', answers, 'DELETE', '/farms/x', undefined, 404, /^error deleting farm\. /);
test(
  'deleting an unknown backend',
  answers,
  'DELETE',
  '/farms/s1/backends/x',
  undefined,
  404,
  /^error deleting backend\. /,
);
test(
  'deleting an unknown address',
  answers,
  'DELETE',
  '/farms/s1/addresses/x',
  undefined,
  404,
  /^error deleting farm address\. /,
);
test(
  'an address',
  answers,
  'POST',
  '/addresses',
  { addresses: [{ name: 'a' }] },
  400,
  /^error parsing buffer\. addresses\['a'\]\.ip-addr: is missing/,
);
test(
  'policies of a farm',
  answers,
  'PATCH',
  '/farms/s1/policies',
  {},
  400,
  /^the structure is invalid\. .*list of policies/,
);
test(
  'elements of a policy',
  answers,
  'DELETE',
  '/policies/p/elements/1.2.3.0/24',
  undefined,
  404,
  /^could not get the policy elements\. Unknown policy 'p'/,
);
test(
  'defect 7: one bad backend refuses the whole request',
  answers,
  'POST',
  '/farms',
  broken,
  400,
  /^error parsing buffer\. farms\['s4'\]\.backends\['b2'\]\.ip-addr: /,
);
test(
  'defect 8: a duplicate VIP and port',
  answers,
  'POST',
  '/farms',
  { farms: [farm(3, { 'virtual-addr': '192.0.2.1' })] },
  400,
  /both serve tcp 192\.0\.2\.1 port 80/,
);
test(
  'defect 8: a VIP that is none',
  answers,
  'POST',
  '/farms',
  { farms: [farm(3, { 'virtual-addr': '999.1.1.1' })] },
  400,
  /999\.1\.1\.1/,
);
test(
  'defect 14: an unknown attribute leaves nothing applied',
  answers,
  'POST',
  '/farms',
  { farms: [farm(3), farm(4, { wieght: 1 })] },
  500,
  /^error parsing buffer\. farms\['s4'\]\.wieght: unknown attribute/,
);
test(
  'an unknown list leaves nothing applied',
  answers,
  'POST',
  '/farms',
  { farms: [farm(3)], frams: [] },
  500,
  /frams/,
);
test(
  'one state of a backend that is not there',
  answers,
  'PUT',
  '/farms',
  { farms: [{ name: 's1', backends: [{ name: 'x', state: 'up' }] }] },
  404,
  /^the object to modify is unknown/,
);
test(
  'an action that is none',
  answers,
  'POST',
  '/farms',
  { farms: [{ name: 's1', action: 'dance' }] },
  400,
  /action/,
);

test('any JSON gets an answer, and what is refused has changed nothing', async (t) => {
  const { send, farms, nft, log } = createBed();
  await send('POST', '/farms', { farms: [farm(1), farm(2)] });
  const name = fc.constantFrom('s1', 's2', 'b1', 'b2', 's1-addr', '__proto__', '', 7, null);
  const value = fc.oneof(
    fc.constantFrom('up', 'down', 'dnat', '80', '10.1.0.3', '192.0.2.1', 1, -1, 70000),
    fc.jsonValue(),
  );
  const keys = [
    'state',
    'mode',
    'port',
    'ip-addr',
    'virtual-addr',
    'virtual-ports',
    'weight',
    'action',
    'newname',
    'priority',
  ];
  const part = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record(
        { name, ...Object.fromEntries(keys.map((key) => [key, value])) },
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const parts = fc.oneof(
    { weight: 9, arbitrary: fc.array(part, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const one = fc
    .tuple(part, fc.record({ backends: parts, addresses: parts, policies: parts }, { requiredKeys: [] }))
    .map(([own, lists]) => (typeof own === 'object' && own !== null ? { ...own, ...lists } : own));
  const body = fc.oneof(
    fc.record({ farms: fc.oneof(fc.array(one, { maxLength: 3 }), fc.jsonValue()) }),
    fc.jsonValue(),
  );
  const method = fc.constantFrom('POST', 'PUT', 'DELETE');
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(method, body, async (verb, content) => {
      const [before, commits] = [JSON.stringify(await farms()), nft.committed.length];
      const { status, response } = await send(verb, '/farms', content);
      if (![200, 400, 404, 500, 501].includes(status)) throw new Error(`status ${status}`);
      if (status === 500 && !response.includes('unknown attribute')) throw new Error(response);
      if (status === 200) accepted++;
      else if (JSON.stringify(await farms()) !== before || nft.committed.length !== commits)
        throw new Error(`${status} and a change`);
      // What is in force can always be sent back.
      const printed = { farms: await farms() };
      if ((await send('PUT', '/farms', printed)).status !== 200) throw new Error('not the identity');
      if (printed.farms.length === 0) await send('POST', '/farms', { farms: [farm(1), farm(2)] });
    }),
    { numRuns: 300 },
  );
  t.true(accepted > 0);
  t.deepEqual(
    log.records.filter(({ facts }) => 'code' in facts && facts.code === 'internal'),
    [],
  );
});
