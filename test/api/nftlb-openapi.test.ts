/** The description of the interface: every answer is as it says, and every path that it names is there. */

import test from 'ava';
import fc from 'fast-check';
import fastify from 'fastify';
import { createOpenApi } from '../../src/api/nftlb/openapi.js';
import { goodDocument } from '../config/farm-generator.js';
import { createBed, farm } from './nftlb-support.js';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; items?: Schema };
interface Operation {
  readonly requestBody?: { readonly content: { 'application/json': { schema: Schema } } };
  readonly responses: Record<string, { content: { 'application/json': { schema: Schema } } }>;
}
const { paths } = createOpenApi() as unknown as { paths: Record<string, Record<string, Operation>> };

/** Nothing that is not described: the description itself leaves room for what later versions add. */
const strict = (schema: Schema): Schema => {
  const { $schema: _dialect, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(items && { items: strict(items) }),
    ...(properties && {
      additionalProperties: false,
      properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, strict(one)])),
    }),
  };
};

/** fastify's own validator, with a route for each schema. */
const judge = fastify({
  ajv: { customOptions: { removeAdditional: false, coerceTypes: false, strict: false } },
});
const routeOf = (path: string, verb: string, what: string): string =>
  `/${verb}${path.replace(/[{}]/g, '')}/${what}`;
for (const [path, operations] of Object.entries(paths)) {
  for (const [verb, { requestBody, responses }] of Object.entries(operations)) {
    const schemas: [string, Schema][] = Object.entries(responses).map(([status, { content }]) => [
      status,
      content['application/json'].schema,
    ]);
    if (requestBody) schemas.push(['body', requestBody.content['application/json'].schema]);
    for (const [what, schema] of schemas) {
      judge.post(routeOf(path, verb, what), { schema: { body: strict(schema) } }, async () => 'as described');
    }
  }
}
/** What is wrong with a value; nothing when it is as described. */
const wrongWith = async (path: string, verb: string, what: string, value: unknown): Promise<string> => {
  const reply = await judge.inject({
    method: 'POST',
    url: routeOf(path, verb, what),
    payload: value as object,
  });
  return reply.statusCode === 200
    ? ''
    : `${verb} ${path} ${what}: ${reply.body} for ${JSON.stringify(value).slice(0, 900)}`;
};

test('answers to good documents are as described, and so are the documents', async (t) => {
  await fc.assert(
    fc.asyncProperty(goodDocument, async (document) => {
      const bed = createBed();
      t.is(await wrongWith('/farms', 'post', 'body', document), '');
      const { status, json } = await bed.send('POST', '/farms', document);
      t.is(status, 200);
      t.is(await wrongWith('/farms', 'post', '200', json), '');
      for (const [path, url] of [
        ['/farms', '/farms?full'],
        ['/farms/{name}', '/farms/s0'],
        ['/farms/{name}/sessions', '/farms/s0/sessions'],
        ['/addresses', '/addresses'],
        ['/policies', '/policies'],
        ['/policies/{name}', '/policies/bad'],
        ['/counters', '/counters'],
      ] as const) {
        const reply = await bed.send('GET', url);
        const what = reply.status === 200 ? '200' : 'default';
        t.true(reply.status === 200 || reply.status === 404, reply.text);
        t.is(await wrongWith(path, 'get', what, reply.json), '');
      }
    }),
    { numRuns: 25 },
  );
});

test('good documents have every attribute and every known value of a farm', (t) => {
  const { farms } = paths['/farms']!.post!.requestBody!.content['application/json'].schema.properties!;
  const inFarm = farms!.items!.properties!;
  const inBackend = inFarm.backends!.items!.properties!;
  const found = new Map<string, Set<unknown>>();
  const look = (kind: string, object: object): void => {
    for (const [key, value] of Object.entries(object)) {
      const known = found.get(`${kind} ${key}`);
      if (known) known.add(value);
      else found.set(`${kind} ${key}`, new Set([value]));
    }
  };
  for (const { farms: list } of fc.sample(goodDocument, { numRuns: 300, seed: 1 })) {
    for (const one of list) {
      look('farm', one);
      for (const backend of one.backends) look('backend', backend);
    }
  }
  // Counted or computed, and what only changes have; the first address in its old form.
  const others = [
    'newname',
    'action',
    'priority',
    'state-reason',
    'persist-refused',
    'virtual-addr',
    'virtual-ports',
  ];
  const ofBackends = ['newname', 'action', 'state-reason', 'drain-sessions', 'drain-connections'];
  const missing: string[] = [];
  for (const [kind, properties, left] of [
    ['farm', inFarm, others],
    ['backend', inBackend, ofBackends],
  ] as const) {
    for (const [key, schema] of Object.entries(properties)) {
      if (left.includes(key)) continue;
      const values = found.get(`${kind} ${key}`);
      if (!values) missing.push(`${kind}.${key}`);
      for (const value of (schema.enum as string[] | undefined) ?? []) {
        if (!values?.has(value) && value !== 'config_error' && value !== 'available')
          missing.push(`${kind}.${key}: ${value}`);
      }
    }
  }
  t.deepEqual(missing, []);
});

test('sessions and refusals are as described', async (t) => {
  const bed = createBed();
  const sessions = [{ client: '10.5.0.1', backend: 'b1' }];
  await bed.send('POST', '/farms', { farms: [farm(1, { persistence: 'srcip', sessions })] });
  bed.session('10.5.0.2', 1, 2);
  const listed = await bed.send('GET', '/farms/s1/sessions');
  t.regex(listed.text, /expiration/);
  t.is(await wrongWith('/farms/{name}/sessions', 'get', '200', listed.json), '');
  for (const [method, url, body] of [
    ['POST', '/farms', '{'],
    ['DELETE', '/farms/x', undefined],
    ['PATCH', '/farms/s1/policies', {}],
  ] as const) {
    const reply = await bed.send(method, url, body);
    t.true(reply.status >= 400);
    t.is(await wrongWith('/farms', 'post', 'default', reply.json), '');
  }
  t.not(
    await wrongWith('/farms', 'get', '200', { farms: [{ name: 's1', colour: 'red' }] }),
    '',
    'it can fail',
  );
});

test('every path and verb that is described is there', async (t) => {
  const bed = createBed();
  for (const [path, operations] of Object.entries(paths)) {
    for (const verb of Object.keys(operations)) {
      const { response } = await bed.send(verb.toUpperCase(), path.replace(/\{\w+\}/g, 'x'));
      t.notRegex(response, /There is no/, `${verb} ${path}`);
    }
  }
});
