/** Actions, PATCH and DELETE with a body: what is in force afterwards, where Debian's nftlb does not do what it was asked. */

import test from 'ava';
import { backend, createBed, farm } from './nftlb-support.js';

type Bed = ReturnType<typeof createBed>;
type Listed = Record<string, { name: string; type?: string; elements?: { data: string }[] }[]>;
type Request = readonly [method: string, url: string, body: unknown, status: number, response?: RegExp];

const policy = (name: string, ...elements: string[]) => ({
  name,
  elements: elements.map((data) => ({ data })),
});
const start = async (): Promise<Bed> => {
  const bed = createBed();
  const { status } = await bed.send('POST', '/farms', {
    policies: [policy('p', '10.0.0.1', '10.0.7.2'), policy('q', '10.0.0.0/25', '10.0.0.128/25', '10.0.0.5')],
    addresses: [{ name: 'vip', 'ip-addr': '192.0.2.77', ports: '80', protocol: 'tcp' }],
    farms: [farm(1, { policies: [{ name: 'p' }] }), farm(2), farm(3, { backends: [backend(1)] })],
  });
  if (status !== 200) throw new Error(`${status}`);
  return bed;
};

/** Everything there is, in a few words. */
const summary = async ({ send, farms, engine }: Bed): Promise<string[]> => {
  const list = async (key: string) => ((await send('GET', `/${key}`)).json as unknown as Listed)[key]!;
  const own = (name: string): boolean => !/^s\d-addr$/.test(name);
  return [
    ...(await farms()).map((one) => {
      const backends = one.backends.map(({ name, state }) => `${name} ${state}`).join(', ');
      const policies = (one.policies as { name: string }[]).map(({ name }) => name).join(', ');
      // What is wished: without devices there are no lists.
      const { state } = engine.view().services.get(String(one.name))!;
      return `${one.name} ${state}: ${backends}; ${policies}`;
    }),
    ...(await list('addresses')).map(({ name }) => name).filter(own),
    ...(await list('policies')).map(
      ({ name, type, elements }) => `${name} ${type}: ${elements?.map(({ data }) => data).join(', ')}`,
    ),
  ];
};
const before = [
  's1 up: b1 up, b2 up; p',
  's2 up: b1 up, b2 up; ',
  's3 up: b1 up; ',
  'vip',
  'p blacklist: 10.0.0.1, 10.0.7.2',
  'q blacklist: 10.0.0.0/25, 10.0.0.128/25, 10.0.0.5',
];
/** `changes`: the line of this beginning is another afterwards, or gone. */
const after = (changes: Readonly<Record<string, string>>): string[] =>
  before.flatMap((line) => {
    const key = line.split(/[ :]/)[0]!;
    const next = changes[key];
    return next === undefined ? [line] : next === '' ? [] : [next];
  });

const gives = test.macro(
  async (t, requests: readonly Request[], changes: Readonly<Record<string, string>>) => {
    const bed = await start();
    t.deepEqual(await summary(bed), before);
    for (const [method, url, body, status, response = /^success$/] of requests) {
      const reply = await bed.send(method, url, body);
      t.is(reply.status, status, `${method} ${url} ${JSON.stringify(body)}: ${reply.text}`);
      t.regex(reply.response, response);
    }
    t.deepEqual(await summary(bed), after(changes));
  },
);
const put = (more: object, status = 200, response = /^success$/): Request => [
  'PUT',
  '/farms',
  { farms: [{ name: 's1', ...more }] },
  status,
  response,
];
const putPolicy = (more: object, status = 200, response = /^success$/): Request => [
  'PUT',
  '/policies',
  { policies: [{ name: 'p', ...more }] },
  status,
  response,
];

test('farm: stop', gives, [put({ action: 'stop' })], { s1: 's1 down: b1 up, b2 up; p' });
test('farm: stop and start', gives, [put({ action: 'stop' }), put({ action: 'start' })], {});
test('farm: reload', gives, [put({ action: 'reload' })], {});
test('farm: flush', gives, [put({ action: 'flush' })], {});
test('farm: delete', gives, [put({ action: 'delete' })], { s1: '' });
test(
  'farm: an action that is none',
  gives,
  [put({ action: 'dance' }, 400, /must be one of start, stop/)],
  {},
);
for (const action of ['start', 'stop', 'reload', 'delete', 'flush']) {
  const unknown = /^the object to modify is unknown\. Unknown (farm|backend|policy) 'x'$/;
  test(
    `${action} of what is not there`,
    gives,
    [
      put({ name: 'x', action }, 404, unknown),
      put({ backends: [{ name: 'x', action }] }, 404, unknown),
      putPolicy({ name: 'x', action }, 404, unknown),
    ],
    {},
  );
}
test('backend: stop', gives, [put({ backends: [{ name: 'b1', action: 'stop' }] })], {
  s1: 's1 up: b1 down, b2 up; p',
});
test('backend: delete', gives, [put({ backends: [{ name: 'b1', action: 'delete' }] })], {
  s1: 's1 up: b2 up; p',
});
test('link: delete', gives, [put({ policies: [{ name: 'p', action: 'delete' }] })], {
  s1: 's1 up: b1 up, b2 up; ',
});
test('policy: flush', gives, [putPolicy({ action: 'flush' })], { p: 'p blacklist: ' });
test('policy: reload', gives, [putPolicy({ action: 'reload' })], {});
test('policy: delete', gives, [putPolicy({ action: 'delete' })], { p: '', s1: 's1 up: b1 up, b2 up; ' });
test(
  'policy: it has no state',
  gives,
  [
    putPolicy(
      { action: 'stop' },
      200,
      /^success\. 'stop' changes nothing of policy 'p', which has no state$/,
    ),
    putPolicy({ action: 'start' }, 200, /^success\. 'start' changes nothing/),
  ],
  {},
);
test('element: delete', gives, [putPolicy({ elements: [{ data: '10.0.0.1', action: 'delete' }] })], {
  p: 'p blacklist: 10.0.7.2',
});
test(
  'address: delete',
  gives,
  [['PUT', '/addresses', { addresses: [{ name: 'vip', action: 'delete' }] }, 200]],
  { vip: '' },
);

test(
  'PATCH of links: the new ones, in their order',
  gives,
  [['PATCH', '/farms/s1/policies', { policies: [{ name: 'q' }, { name: 'p' }] }, 200]],
  { s1: 's1 up: b1 up, b2 up; q, p' },
);
test(
  'PATCH of links: in a farm',
  gives,
  [['PATCH', '/farms/s1/policies', { farms: [{ name: 's1', policies: [{ name: 'q' }] }] }, 200]],
  { s1: 's1 up: b1 up, b2 up; q' },
);
test('PATCH of links: none', gives, [['PATCH', '/farms/s1/policies', { policies: [] }, 200]], {
  s1: 's1 up: b1 up, b2 up; ',
});
test(
  'PATCH of links: of what is not there',
  gives,
  [
    ['PATCH', '/farms/x/policies', { policies: [] }, 404, /Unknown farm 'x'/],
    ['PATCH', '/farms/s1/policies', { policies: [{ name: 'q' }, { name: 'x' }] }, 404, /Unknown policy 'x'/],
    ['PATCH', '/farms/s1/policies', {}, 400, /list of policies/],
  ],
  {},
);
test(
  'PATCH of elements: with what else it says',
  gives,
  [
    [
      'PATCH',
      '/policies/p',
      { policies: [{ name: 'p', type: 'whitelist', elements: [{ data: '10.3.0.1' }] }] },
      200,
    ],
  ],
  { p: 'p whitelist: 10.3.0.1' },
);
test(
  'PATCH of elements: alone, and by the longer path',
  gives,
  [
    ['PATCH', '/policies/p', { elements: ['10.3.0.1'] }, 200],
    ['PATCH', '/policies/p/elements', { elements: ['10.3.0.2'] }, 200],
  ],
  { p: 'p blacklist: 10.3.0.2' },
);
test('PATCH of elements: none', gives, [['PATCH', '/policies/p', { elements: [] }, 200]], {
  p: 'p blacklist: ',
});
test(
  'PATCH of elements: refused',
  gives,
  [
    ['PATCH', '/policies/x', { elements: [] }, 404, /Unknown policy 'x'/],
    [
      'PATCH',
      '/policies/p',
      { policies: [{ name: 'q', elements: [] }] },
      400,
      /the body names 'q' and the path 'p'/,
    ],
    ['PATCH', '/policies/p', { policies: [{ name: 'p' }] }, 400, /list of elements/],
    [
      'PATCH',
      '/policies/p',
      { elements: ['10.3.0.1', '10.3.0.256'] },
      400,
      /elements\[1\]\.data: must be an address/,
    ],
    ['PATCH', '/policies', { policies: [] }, 404, /^invalid request/],
  ],
  {},
);

test('DELETE with a body: a farm', gives, [['DELETE', '/farms', { farms: [{ name: 's2' }] }, 200]], {
  s2: '',
});
test(
  'DELETE with a body: a backend',
  gives,
  [['DELETE', '/farms', { farms: [{ name: 's1', backends: [{ name: 'b1' }] }] }, 200]],
  { s1: 's1 up: b2 up; p' },
);
test(
  'DELETE with a body: a link',
  gives,
  [['DELETE', '/farms', { farms: [{ name: 's1', policies: [{ name: 'p' }] }] }, 200]],
  { s1: 's1 up: b1 up, b2 up; ' },
);
test(
  'DELETE with a body: an element, an address',
  gives,
  [
    ['DELETE', '/policies', { policies: [{ name: 'p', elements: [{ data: '10.0.0.1' }] }] }, 200],
    ['DELETE', '/addresses', { addresses: [{ name: 'vip' }] }, 200],
  ],
  { p: 'p blacklist: 10.0.7.2', vip: '' },
);
test(
  'DELETE with a body: that names nothing, or what is not there',
  gives,
  [
    ['DELETE', '/farms', {}, 200],
    ['DELETE', '/farms', { farms: [] }, 200],
    [
      'DELETE',
      '/farms',
      { farms: [{ name: 's1' }, { name: 'x' }] },
      404,
      /^error deleting farm\. Unknown farm 'x'/,
    ],
    ['DELETE', '/farms', '{', 400, /^the structure is invalid\. the body is not JSON: line 1, column 2/],
  ],
  {},
);

test(
  'neighbours and networks within networks stay what they are',
  gives,
  [
    ['DELETE', '/policies/q/elements/10.0.0.0/25', undefined, 200],
    ['PUT', '/policies', { policies: [policy('q', '10.0.0.0/24', '10.0.0.6')] }, 200],
    ['DELETE', '/policies/q/elements/10.0.0.5', undefined, 200],
  ],
  { q: 'q blacklist: 10.0.0.128/25, 10.0.0.6, 10.0.0.0/24' },
);
test(
  'a range, as nftlb prints neighbours, is the networks that it is made of',
  gives,
  [
    ['PUT', '/policies', { policies: [policy('p', '10.0.0.1-10.0.0.6')] }, 200],
    ['DELETE', '/policies/p/elements/10.0.0.2-10.0.0.3', undefined, 200],
    [
      'DELETE',
      '/policies/p/elements/10.0.0.2-10.0.0.3',
      undefined,
      404,
      /Unknown element '10\.0\.0\.2-10\.0\.0\.3'/,
    ],
    putPolicy(
      { elements: ['10.0.0.9-10.0.0.8'] },
      400,
      /a range of addresses, not '10\.0\.0\.9-10\.0\.0\.8'/,
    ),
    putPolicy({ elements: ['10.0.0.9-fd00::1'] }, 400, /a range of addresses/),
  ],
  { p: 'p blacklist: 10.0.0.1, 10.0.7.2, 10.0.0.6, 10.0.0.4/31' },
);
