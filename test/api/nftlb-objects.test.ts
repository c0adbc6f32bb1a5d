/** Policies, addresses, sessions and links through nftlb's interface. */

import test from 'ava';
import fc from 'fast-check';
import { RelevoError } from '../../src/errors.js';
import { goodDocument } from '../config/farm-generator.js';
import { createBed, farm } from './nftlb-support.js';

const policy = (more: object = {}) => ({
  name: 'pol',
  type: 'blacklist',
  elements: [{ data: '10.0.0.1' }, { data: '10.2.0.0/16' }],
  ...more,
});
type Listed = Record<string, { [key: string]: unknown; name: string; elements?: { data: string }[] }[]>;
const list = async ({ send }: ReturnType<typeof createBed>, key: string) =>
  ((await send('GET', `/${key}`)).json as unknown as Listed)[key]!;

test('a policy comes back as nftlb prints it', async (t) => {
  const bed = createBed();
  t.is((await bed.send('POST', '/policies', { policies: [policy()] })).status, 200);
  const counted = { 'counter-packets': '0', 'counter-bytes': '0' };
  t.deepEqual(await list(bed, 'policies'), [
    {
      name: 'pol',
      family: 'ipv4',
      type: 'blacklist',
      route: 'in',
      timeout: '0',
      used: '0',
      elements: [
        { data: '10.0.0.1', ...counted },
        { data: '10.2.0.0/16', ...counted },
      ],
    },
  ]);
});

test('elements are added, replaced and deleted, alone and with their length', async (t) => {
  const bed = createBed();
  const data = async () => (await list(bed, 'policies'))[0]?.elements?.map((one) => one.data);
  await bed.send('POST', '/policies', { policies: [policy()] });
  await bed.send('POST', '/policies', {
    policies: [{ name: 'pol', elements: [{ data: '10.9.9.9/8' }, '10.0.0.1'] }],
  });
  t.deepEqual(await data(), ['10.0.0.1', '10.2.0.0/16', '10.0.0.0/8']);
  t.is((await bed.send('DELETE', '/policies/pol/elements/10.2.0.0/16')).status, 200);
  t.is((await bed.send('DELETE', '/policies/pol/elements/10.0.0.1')).status, 200);
  t.deepEqual(await data(), ['10.0.0.0/8']);
  const missing = await bed.send('DELETE', '/policies/pol/elements/10.0.0.7');
  t.is(missing.status, 404);
  t.is(missing.response, "error deleting policy element. Unknown element '10.0.0.7' in policy 'pol'");
  await bed.send('PATCH', '/policies/pol', {
    policies: [{ name: 'pol', elements: [{ data: '192.0.2.1' }] }],
  });
  t.deepEqual(await data(), ['192.0.2.1']);
  await bed.send('POST', '/policies', { policies: [{ name: 'pol', action: 'flush' }] });
  t.deepEqual(await data(), []);
});

test('elements alone are written as they are named: judged as a document, and the disk gets lines', async (t) => {
  const bed = createBed();
  await bed.send('POST', '/policies', { policies: [policy()] });
  bed.saved.length = 0;
  const put = (...elements: object[]) =>
    bed.send('PUT', '/policies', { policies: [{ name: 'pol', elements }] });
  const refusals: [object, number, RegExp][] = [
    [{ data: '10.0.0.0/33' }, 400, /policies\['pol'\]\.elements\[1\]\.data: must be an address/],
    [{ data: 'fd00::1' }, 400, /policies\['pol'\]\.elements\[1\]: .*family, which is ipv4/],
    [{ data: '10.0.0.8', colour: 'red' }, 500, /elements\[1\]\.colour: unknown attribute/],
    [{ data: '10.0.0.8', timeout: 'soon' }, 400, /elements\[1\]\.timeout: /],
  ];
  const before = bed.nft.committed.length;
  for (const [element, status, message] of refusals) {
    const answer = await put({ data: '10.0.0.7' }, element);
    t.is(answer.status, status, JSON.stringify(element));
    t.regex(answer.response, message);
  }
  t.is(bed.nft.committed.length, before, 'nothing half applied');
  t.deepEqual(bed.saved, []);
  await put({ data: '10.0.0.7', timeout: '9' }, { data: '10.0.0.1', action: 'delete' });
  await bed.send('DELETE', '/policies', { policies: [{ name: 'pol', elements: [{ data: '10.2.0.0/16' }] }] });
  t.is(bed.nft.committed.length, before + 2, 'one transaction each');
  t.deepEqual(bed.saved, ['elements of pol', 'elements of pol']);
  const listed = (await list(bed, 'policies'))[0]?.elements as object[];
  t.deepEqual(listed, [
    { data: '10.0.0.7', time: '9', timeout: '9', 'counter-packets': '0', 'counter-bytes': '0' },
  ]);
});

test('defect 16: links to policies are replaced in one transaction, and go with the policy', async (t) => {
  const bed = createBed();
  const links = async () => ((await bed.farms())[0]!.policies as { name: string }[]).map(({ name }) => name);
  await bed.send('POST', '/farms', {
    policies: [policy(), policy({ name: 'other' })],
    farms: [farm(1, { policies: [{ name: 'pol' }] })],
  });
  const before = bed.nft.committed.length;
  t.is((await bed.send('PATCH', '/farms/s1/policies', { policies: [{ name: 'other' }] })).status, 200);
  t.deepEqual(await links(), ['other']);
  t.true(bed.nft.committed.length <= before + 1);
  const unknown = await bed.send('POST', '/farms', { farms: [{ name: 's1', policies: [{ name: 'no' }] }] });
  t.is(unknown.status, 404);
  t.is(unknown.response, "the object to modify is unknown. Unknown policy 'no'");
  t.is((await bed.send('POST', '/policies', { policies: [{ name: 'other', newname: 'new' }] })).status, 200);
  t.deepEqual(await links(), ['new']);
  t.is((await bed.send('DELETE', '/policies/new')).status, 200);
  t.deepEqual(await links(), []);
});

test('an address and the farms that have it say the same', async (t) => {
  const bed = createBed();
  const vip = async () => (await bed.farms())[0]?.['virtual-ports'];
  await bed.send('POST', '/addresses', { addresses: [{ name: 'vip', 'ip-addr': '192.0.2.50', ports: 80 }] });
  await bed.send('POST', '/farms', { farms: [{ name: 'f', addresses: [{ name: 'vip' }] }] });
  t.is(await vip(), '80');
  await bed.send('POST', '/addresses', { addresses: [{ name: 'vip', ports: '81-83' }] });
  t.is(await vip(), '81-83');
  await bed.send('POST', '/farms', { farms: [{ name: 'f', addresses: [{ name: 'vip', ports: '90' }] }] });
  t.like((await list(bed, 'addresses'))[0], { name: 'vip', ports: '90', used: '1' });
  t.is((await bed.send('DELETE', '/addresses/vip')).status, 200);
  t.deepEqual((await bed.farms())[0]?.addresses, []);
  t.deepEqual(await list(bed, 'addresses'), []);
});

test('a farm’s own address is listed, changed and given policies by its name', async (t) => {
  const bed = createBed();
  await bed.send('POST', '/farms', { farms: [farm(1)], policies: [policy()] });
  const body = { addresses: [{ name: 's1-addr', ports: '8443', policies: [{ name: 'pol' }] }] };
  t.is((await bed.send('POST', '/addresses', body)).status, 200);
  t.is((await bed.farms())[0]?.['virtual-ports'], '8443');
  t.like((await list(bed, 'addresses'))[0], {
    name: 's1-addr',
    ports: '8443',
    used: '1',
    policies: [{ name: 'pol' }],
  });
  t.is((await bed.send('DELETE', '/farms/s1')).status, 200);
  t.deepEqual(await list(bed, 'addresses'), []);
});

test('sessions are dropped: all, of a backend, of a client; static ones, too', async (t) => {
  const bed = createBed();
  const clients = async () =>
    (
      (await bed.send('GET', '/farms/s1/sessions')).json as unknown as { sessions: { client: string }[] }
    ).sessions.map(({ client }) => client);
  await bed.send('POST', '/farms', {
    farms: [farm(1, { persistence: 'srcip', sessions: [{ client: '10.7.7.7', backend: 'b1' }] })],
  });
  for (const [index, client] of ['10.7.0.1', '10.7.0.2', '10.7.0.3'].entries())
    bed.session(client, 1, (index % 2) + 1);
  t.deepEqual(await clients(), ['10.7.7.7', '10.7.0.1', '10.7.0.2', '10.7.0.3']);
  t.is((await bed.send('DELETE', '/farms/s1/sessions/10.7.0.1')).status, 200);
  t.deepEqual(await clients(), ['10.7.7.7', '10.7.0.2', '10.7.0.3']);
  t.is((await bed.send('DELETE', '/farms/s1/backends/b2/sessions')).status, 200);
  t.deepEqual(await clients(), ['10.7.7.7', '10.7.0.3']);
  t.is((await bed.send('DELETE', '/farms/s1/sessions')).status, 200);
  t.deepEqual(await clients(), []);
  t.is((await bed.send('DELETE', '/farms/s1/sessions/1.2.3.4_._80')).status, 400);
  t.is(
    (await bed.send('DELETE', '/farms/none/sessions')).response,
    "error deleting session. Unknown farm 'none'",
  );
});

test('defects 13 and 25: GET then POST is the identity in every mode', async (t) => {
  await fc.assert(
    fc.asyncProperty(goodDocument, async (document) => {
      const [one, other] = [createBed(), createBed()];
      const first = await one.send('POST', '/farms', document);
      t.is(first.status, 200, first.text);
      const read = async ({ send }: typeof one): Promise<string[]> =>
        Promise.all(
          ['/farms?full', '/policies', '/addresses'].map(async (url) => (await send('GET', url)).text),
        );
      const before = await read(one);
      const body = Object.assign({}, ...before.map((text) => JSON.parse(text) as object)) as object;
      for (const bed of [one, other]) {
        const again = await bed.send('POST', '/farms', body);
        t.is(again.status, 200, again.text);
        t.deepEqual(await read(bed), before);
        t.deepEqual(
          other === bed ? bed.engine.document().services : [],
          other === bed ? one.engine.document().services : [],
        );
      }
    }),
    { numRuns: 40 },
  );
});

test('a kernel that refuses leaves everything as it was, and is told', async (t) => {
  const bed = createBed();
  await bed.send('POST', '/farms', { farms: [farm(1)] });
  const before = await bed.farms();
  bed.nft.refuse(new RelevoError('kernel-full', 'no space left'));
  const reply = await bed.send('POST', '/farms', { farms: [farm(2)] });
  t.is(reply.status, 500);
  t.deepEqual(await bed.farms(), before);
  t.is((await bed.send('POST', '/farms', { farms: [farm(2)] })).status, 200, 'and its address is free');
});
