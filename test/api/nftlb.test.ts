/** nftlb's interface: statuses, bodies, merging, and that a request is applied whole or not at all. */

import test from 'ava';
import { noFacts } from '../../src/app/feature-engine.js';
import { RelevoError } from '../../src/errors.js';
import { backend, createBed, farm, key } from './nftlb-support.js';

test('a farm comes back with every attribute of nftlb, in its order, as text', async (t) => {
  const { send } = createBed();
  const reply = await send('POST', '/farms', { farms: [farm(1, { persistence: 'srcip' })] });
  t.is(reply.status, 200);
  t.deepEqual(reply.json, { response: 'success' });
  const { json, text } = await send('GET', '/farms/s1');
  t.regex(text, /^\{\n {8}"farms"/);
  t.deepEqual(Object.entries(json.farms?.[0] ?? {}), [
    ['name', 's1'],
    ['family', 'ipv4'],
    ['virtual-addr', '192.0.2.1'],
    ['virtual-ports', '80'],
    ['source-addr', ''],
    ['mode', 'dnat'],
    ['protocol', 'tcp'],
    ['scheduler', 'rr'],
    ['sched-param', 'none'],
    ['persistence', 'srcip'],
    ['persist-ttl', '60'],
    ['helper', 'none'],
    ['log', 'none'],
    ['log-rtlimit', '0/second'],
    ['mark', '0x0'],
    ['priority', '1'],
    ['state', 'up'],
    ['limits-ttl', '120'],
    ['new-rtlimit', '0/second'],
    ['new-rtlimit-burst', '0'],
    ['rst-rtlimit', '0/second'],
    ['rst-rtlimit-burst', '0'],
    ['est-connlimit', '0'],
    ['tcp-strict', 'off'],
    ['queue', '-1'],
    ['verdict', 'log drop accept'],
    [
      'addresses',
      [
        {
          name: 's1-addr',
          family: 'ipv4',
          'ip-addr': '192.0.2.1',
          ports: '80',
          protocol: 'tcp',
          used: '1',
        },
      ],
    ],
    [
      'backends',
      [1, 2].map((index) => ({
        name: `b${index}`,
        'ip-addr': `10.1.0.${index}`,
        port: '8080',
        weight: '1',
        priority: '1',
        mark: '0x0',
        'est-connlimit': '0',
        state: 'up',
      })),
    ],
    ['policies', []],
    ['replicate', 'all'],
  ]);
});

const refusedKey = test.macro(async (t, headers: object) => {
  const { send } = createBed();
  const { status, text } = await send('GET', '/farms', undefined, headers);
  t.is(status, 401);
  t.is(text, '');
  t.is((await send('POST', '/nothing', '{', headers)).status, 401);
});
test('no key', refusedKey, {});
test('a wrong key', refusedKey, { Key: `${key}x` });
test('an empty key', refusedKey, { Key: '' });

test('the name of the header is any case', async (t) => {
  const { send } = createBed();
  for (const name of ['key', 'KEY', 'kEy'])
    t.is((await send('GET', '/farms', undefined, { [name]: key })).status, 200);
});

test('there are no policies and no addresses outside farms', async (t) => {
  const { send } = createBed();
  for (const list of ['policies', 'addresses']) {
    for (const url of [`/${list}`, `/${list}/any`]) {
      const { status, json } = await send('GET', url);
      t.is(status, 200);
      t.deepEqual(json, { [list]: [] });
    }
  }
});

test('a value that is unknown becomes the default, and the answer says so', async (t) => {
  const { send, farms } = createBed();
  const reply = await send('POST', '/farms', { farms: [farm(1, { state: 'weird' })] });
  t.is(reply.status, 200);
  t.is(reply.response, "success. Parsing unknown value 'weird' in 'state', using default 'up'");
  t.is((await farms())[0]?.state, 'up');
});

test('defect 14: numbers are values, and the name may come last', async (t) => {
  const { send, farms } = createBed();
  const { name, ...rest } = farm(1, { 'virtual-ports': 80, 'persist-ttl': 30 });
  const numbers = { ...rest, backends: [{ weight: 5, port: 8080, 'ip-addr': '10.1.0.1', name: 'b1' }], name };
  t.is((await send('POST', '/farms', { farms: [numbers] })).status, 200);
  const [found] = await farms();
  t.is(found?.['persist-ttl'], '30');
  t.is(found?.backends[0]?.weight, '5');
});

test('PUT and POST of a part change that part only', async (t) => {
  const { send, farms, saved } = createBed();
  await send('POST', '/farms', { farms: [farm(1), farm(2)] });
  const before = await farms();
  const part = {
    farms: [{ name: 's1', scheduler: 'weight', backends: [{ name: 'b2', weight: 3 }, backend(3)] }],
  };
  t.is((await send('PUT', '/policies', part)).status, 200);
  const [changed, other] = await farms();
  t.deepEqual(other, before[1]);
  t.deepEqual(
    changed?.backends.map(({ name, weight }) => `${name} ${weight}`),
    ['b1 1', 'b2 3', 'b3 1'],
  );
  t.like(changed, { mode: 'dnat', scheduler: 'weight', 'virtual-ports': '80' });
  t.deepEqual(saved, ['document', 'document']);
});

test('one state of one backend needs no document', async (t) => {
  const { send, farms, saved, nft } = createBed();
  await send('POST', '/farms', { farms: [farm(1)] });
  const state = (name: string, value: string) =>
    send('PUT', '/farms', { farms: [{ name: 's1', backends: [{ name, state: value }] }] });
  t.is((await state('b1', 'down')).status, 200);
  t.is((await farms())[0]?.backends[0]?.state, 'down');
  t.deepEqual(saved, ['document', 's1 b1 down']);
  t.is(nft.committed.at(-1)?.reason, 's1: backend b1 is down');
});

test('a level that is not in use is available', async (t) => {
  const { send, farms } = createBed();
  const states = async () => (await farms())[0]?.backends.map(({ state }) => state);
  await send('POST', '/farms', {
    farms: [farm(1, { backends: [backend(1), backend(2, { priority: '4' })] })],
  });
  t.deepEqual(await states(), ['up', 'available']);
  await send('PUT', '/farms', { farms: [{ name: 's1', backends: [{ name: 'b1', state: 'down' }] }] });
  t.deepEqual(await states(), ['down', 'up']);
  t.is((await farms())[0]?.priority, '4');
});

test('GET then POST is the identity, here and on an empty node', async (t) => {
  const one = createBed();
  const several = [
    { name: 'plain', 'ip-addr': '192.0.2.7', ports: '80,443', protocol: 'tcp' },
    { name: 'quic', 'ip-addr': '192.0.2.7', ports: '443', protocol: 'udp' },
  ];
  const { 'virtual-addr': _address, 'virtual-ports': _ports, ...rest } = farm(3, { addresses: several });
  const snat = farm(2, {
    mode: 'snat',
    'source-addr': '10.1.0.200',
    scheduler: 'hash',
    'sched-param': 'srcip srcport ',
  });
  const levels = farm(1, {
    backends: [
      backend(1, { state: 'off' }),
      backend(2, { port: '', priority: 3 }),
      backend(3, { priority: 7 }),
    ],
  });
  t.is((await one.send('POST', '/farms', { farms: [levels, snat, rest] })).status, 200);
  const printed = await one.send('GET', '/farms');
  t.regex(printed.text, /"plain"[\s\S]*"80,443"[\s\S]*"quic"/);
  const commits = one.nft.committed.length;
  t.is((await one.send('POST', '/farms', printed.text)).status, 200);
  t.is((await one.send('GET', '/farms')).text, printed.text);
  t.deepEqual(
    one.nft.committed.slice(commits).flatMap(({ operations }) => operations),
    [],
  );
  const other = createBed();
  t.is((await other.send('POST', '/farms', printed.text)).status, 200);
  t.is((await other.send('GET', '/farms')).text, printed.text);
});

test('farms, backends and what a body names are deleted', async (t) => {
  const { send, farms } = createBed();
  const names = async () =>
    (await farms()).map(({ name, backends }) => `${name}:${backends.map((one) => one.name)}`);
  await send('POST', '/farms', { farms: [1, 2, 3, 4].map((index) => farm(index)) });
  t.deepEqual((await send('DELETE', '/farms/s1')).json, { response: 'success' });
  t.is((await send('DELETE', '/farms/s2/backends/b1')).status, 200);
  t.is((await send('DELETE', '/farms/s3/backends')).status, 200);
  t.deepEqual(await names(), ['s2:b2', 's3:', 's4:b1,b2']);
  t.is(
    (await send('DELETE', '/farms', { farms: [{ name: 's3' }, { name: 's4', backends: [{ name: 'b2' }] }] }))
      .status,
    200,
  );
  t.deepEqual(await names(), ['s2:b2', 's4:b1']);
  t.is((await send('DELETE', '/farms')).status, 200);
  t.deepEqual(await names(), []);
});

test('sessions of a farm', async (t) => {
  const { send, session } = createBed();
  await send('POST', '/farms', {
    farms: [farm(1, { persistence: 'srcip' }), farm(2, { persistence: 'srcip' })],
  });
  session('203.0.113.9', 1, 2);
  session('203.0.113.10', 2, 1);
  const { status, json } = await send('GET', '/farms/s1/sessions');
  t.is(status, 200);
  t.deepEqual(json as unknown, { sessions: [{ client: '203.0.113.9', backend: 'b2', expiration: '60s' }] });
});

test('sessions of more than one block are printed as every other answer, those of other farms left out', async (t) => {
  const { send, session } = createBed();
  const backends = [backend(1, { name: 'Zähler' }), backend(2)];
  await send('POST', '/farms', {
    farms: [farm(1, { persistence: 'srcip', backends }), farm(2, { persistence: 'srcip', backends })],
  });
  const expected = Array.from({ length: 1_500 }, (_, at) => {
    const client = `203.0.${at >> 8}.${at & 255}`;
    session(client, 1, 1 + (at % 2));
    session(client, 2, 1);
    return { client, backend: at % 2 === 0 ? 'Zähler' : 'b2', expiration: '60s' };
  });
  const { text } = await send('GET', '/farms/s1/sessions');
  t.is(text, `${JSON.stringify({ sessions: expected }, null, 8)}\n`);
});

test('what the kernel refuses is an error with its reason, and nothing has changed', async (t) => {
  const { send, farms, nft, saved } = createBed();
  await send('POST', '/farms', { farms: [farm(1)] });
  const before = await farms();
  nft.refuse(new RelevoError('kernel-full', 'the set is full (ENOSPC)'));
  const reply = await send('POST', '/farms', { farms: [farm(2)] });
  t.is(reply.status, 500);
  t.is(reply.response, 'the kernel refused the change and nothing was changed. the set is full (ENOSPC)');
  t.deepEqual(await farms(), before);
  t.deepEqual(saved, ['document']);
});

test('requests at the same moment lose nothing of each other', async (t) => {
  const { send, farms } = createBed();
  const many = Array.from({ length: 20 }, (_, index) => index + 1);
  const replies = await Promise.all(many.map((index) => send('POST', '/farms', { farms: [farm(index)] })));
  t.true(replies.every(({ status }) => status === 200));
  t.is((await farms()).length, 20);
});

test('what is taken and not served is named beside success, with the reason that GET prints', async (t) => {
  const { send } = createBed({ ...noFacts, supports: (feature) => feature !== 'flowtable' });
  const body = {
    farms: [farm(1, { 'flow-offload': 'on' }), farm(2), farm(3, { 'flow-offload': 'on', state: 'down' })],
  };
  const { status, response, json } = await send('POST', '/farms', body);
  t.is(status, 200);
  t.is(response, 'success');
  const [printed] = (await send('GET', '/farms/s1')).json.farms!;
  t.is(printed!.state, 'config_error');
  const unserved = [{ farm: 's1', 'state-reason': printed!['state-reason'] }];
  t.deepEqual(json as unknown, { response: 'success', unserved });
  const state = await send('PUT', '/farms', {
    farms: [{ name: 's1', backends: [{ name: 'b2', state: 'off' }] }],
  });
  t.deepEqual(state.json as unknown, { response: 'success', unserved });
  const other = await send('POST', '/farms', { farms: [{ name: 's2', priority: '2' }] });
  t.deepEqual(other.json as unknown, { response: 'success' });
  const mended = await send('POST', '/farms', { farms: [{ name: 's1', 'flow-offload': 'off' }] });
  t.deepEqual(mended.json as unknown, { response: 'success' });
});
