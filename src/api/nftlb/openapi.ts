/** The description of nftlb's interface, made from the schemas of its objects (OpenAPI 3.1). */

import { z } from 'zod';
import { version } from '../../model/version.js';

const value = z.union([z.string(), z.number(), z.boolean()]);
const action = z.enum(['start', 'stop', 'reload', 'delete', 'flush']).optional();
const changeable = { newname: z.string().optional(), action };
const values = (...names: string[]) => Object.fromEntries(names.map((name) => [name, value.optional()]));
const link = z.object({ name: z.string() });

const backend = z.object({
  name: z.string(),
  ...values(
    'ip-addr',
    'port',
    'source-addr',
    'weight',
    'priority',
    'mark',
    'est-connlimit',
    'est-connlimit-log-prefix',
    'ether-addr',
  ),
  state: z.enum(['up', 'down', 'off', 'drain', 'available', 'config_error']).optional(),
  'state-reason': z.string().optional(),
  ...values('drain-sessions', 'drain-connections'),
  ...changeable,
});
const farmAddress = z.object({
  name: z.string().optional(),
  ...values('family', 'ip-addr', 'ports', 'protocol', 'used'),
  ...changeable,
});
const address = farmAddress.extend({
  ...values('verdict', 'log-prefix', 'log-rtlimit'),
  policies: z.array(link).optional(),
});
const session = z.object({ client: z.string(), backend: z.string(), expiration: z.string().optional() });
const element = z.object({
  data: z.string(),
  ...values('time', 'timeout', 'counter-packets', 'counter-bytes'),
});
const policy = z.object({
  name: z.string(),
  family: z.enum(['ipv4', 'ipv6']).optional(),
  type: z.enum(['blacklist', 'whitelist']).optional(),
  ...values('route', 'timeout', 'log-prefix', 'used', 'global'),
  elements: z.array(element).optional(),
  ...changeable,
});
const farm = z.object({
  name: z.string(),
  family: z.enum(['ipv4', 'ipv6', 'dual', 'inet']).optional(),
  ...values('virtual-addr', 'virtual-ports', 'source-addr'),
  mode: z.enum(['snat', 'dnat', 'dsr', 'stlsdnat', 'local']).optional(),
  protocol: z.enum(['tcp', 'udp', 'sctp', 'all']).optional(),
  scheduler: z.enum(['rr', 'weight', 'hash', 'symhash', 'maglev', 'leastconn']).optional(),
  ...values(
    'sched-param',
    'persistence',
    'persist-ttl',
    'persist-full',
    'persist-refused',
    'responsettl',
    'log',
    'log-prefix',
    'log-rtlimit',
  ),
  helper: z.enum(['none', 'ftp', 'pptp', 'sip', 'snmp', 'tftp']).optional(),
  ...values('mark', 'priority', 'limits-ttl', 'new-rtlimit', 'new-rtlimit-burst', 'new-rtlimit-log-prefix'),
  ...values(
    'rst-rtlimit',
    'rst-rtlimit-burst',
    'rst-rtlimit-log-prefix',
    'est-connlimit',
    'est-connlimit-log-prefix',
  ),
  ...values('service-connlimit', 'tcp-strict', 'tcp-strict-log-prefix', 'synproxy', 'queue', 'verdict'),
  ...values('counters', 'flow-offload', 'intra-connect', 'iface', 'oface', 'ether-addr', 'state-reason'),
  state: z.enum(['up', 'down', 'off', 'config_error']).optional(),
  replicate: z.enum(['all', 'persistence', 'none']).optional(),
  health: z
    .union([
      z.literal(['', 'none']),
      z.object({
        kind: z.enum(['tcp', 'http', 'https']),
        ...values('interval-ms', 'timeout-ms', 'rise', 'fall', 'port', 'path', 'host', 'status'),
      }),
    ])
    .optional(),
  addresses: z.array(farmAddress).optional(),
  backends: z.array(backend).optional(),
  policies: z.array(link).optional(),
  sessions: z.array(session).optional(),
  ...changeable,
});
const document = z.object({
  farms: z.array(farm).optional(),
  addresses: z.array(address).optional(),
  policies: z.array(policy).optional(),
});
const response = z.object({
  response: z.string(),
  unserved: z
    .array(z.object({ farm: z.string(), backend: z.string().optional(), 'state-reason': z.string() }))
    .optional(),
});
const traffic = values('packets-in', 'bytes-in', 'packets-out', 'bytes-out');
const counters = z.object({
  counters: z.array(
    z.object({
      name: z.string(),
      ...traffic,
      backends: z.array(z.object({ name: z.string(), ...traffic })),
    }),
  ),
});
const sessions = z.object({ sessions: z.array(session) });

const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
const json = (schema: z.ZodType) => ({ 'application/json': { schema: schemaOf(schema) } });

interface Route {
  readonly path: string;
  readonly verbs: Readonly<Record<string, string>>;
  readonly answer?: z.ZodType;
  readonly body?: z.ZodType;
}
const upsert = 'adds, or changes what the body names';
const routes: readonly Route[] = [
  ...['farms', 'addresses', 'policies'].flatMap((list): Route[] => [
    {
      path: `/${list}`,
      verbs: { get: 'all', post: upsert, put: upsert, delete: 'all, or what the body names' },
      answer: document,
      body: document,
    },
    { path: `/${list}/{name}`, verbs: { get: 'one', delete: 'one' }, answer: document },
  ]),
  {
    path: '/farms/{name}/sessions',
    verbs: { get: 'static ones, then those in the kernel', delete: 'all' },
    answer: sessions,
  },
  { path: '/farms/{name}/sessions/{client}', verbs: { delete: 'of one client' } },
  { path: '/counters', verbs: { get: 'what services that are counted have carried' }, answer: counters },
  { path: '/farms/{name}/counters', verbs: { get: 'what one has carried' }, answer: counters },
  { path: '/farms/{name}/backends', verbs: { delete: 'all' } },
  { path: '/farms/{name}/backends/{backend}', verbs: { delete: 'one' } },
  { path: '/farms/{name}/backends/{backend}/sessions', verbs: { delete: 'of one backend' } },
  { path: '/farms/{name}/addresses', verbs: { delete: 'detaches all' } },
  { path: '/farms/{name}/addresses/{address}', verbs: { delete: 'detaches one' } },
  {
    path: '/farms/{name}/policies',
    verbs: { patch: 'replaces the links', delete: 'detaches all' },
    body: document,
  },
  { path: '/farms/{name}/policies/{policy}', verbs: { delete: 'detaches one' } },
  {
    path: '/policies/{name}/elements',
    verbs: { patch: 'replaces the elements', delete: 'all' },
    body: document,
  },
  { path: '/policies/{name}/elements/{element}', verbs: { delete: 'an address' } },
  { path: '/policies/{name}/elements/{element}/{prefix}', verbs: { delete: 'a network' } },
];
const patchPolicy: Route = {
  path: '/policies/{name}',
  verbs: { patch: 'replaces the elements' },
  body: document,
};

const operationsOf = ({ path, verbs, answer = response, body }: Route) => {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return Object.fromEntries(
    Object.entries(verbs).map(([verb, summary]) => [
      verb,
      {
        summary,
        parameters,
        ...(body && verb !== 'get' && { requestBody: { content: json(body), required: verb !== 'delete' } }),
        responses: {
          200: { description: 'done', content: json(verb === 'get' ? answer : response) },
          default: { description: 'nothing was changed; why', content: json(response) },
        },
      },
    ]),
  );
};

export const createOpenApi = () => {
  const paths: Record<string, object> = {};
  for (const route of [...routes, patchPolicy]) {
    paths[route.path] = { ...paths[route.path], ...operationsOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: "relevo: nftlb's interface", version },
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'Key' } } },
    paths,
  };
};
