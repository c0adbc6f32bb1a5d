/** The node's own HTTP interface, served on a Unix socket: one route per verb of `NodeControl`. */

import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type ErrorCode, errorFrom, RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { NodeControl } from '../model/status.js';
import type { Log } from '../ports.js';
import { dumpStream } from './dump-stream.js';
import { createLineStreams } from './event-stream.js';

const statusByCode: Partial<Record<ErrorCode, number>> = {
  'bad-document': 400,
  'bad-config': 400,
  'bad-request': 400,
  'not-found': 404,
  conflict: 409,
  'not-permitted': 403,
  unsupported: 422,
  'not-ready': 503,
  'disk-full': 507,
  timeout: 504,
};

const check = <T>(schema: z.ZodType<T>, value: unknown, what: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RelevoError(
    'bad-request',
    `${what}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`,
  );
};

const backendBody = z.strictObject({ state: z.enum(['up', 'down', 'off', 'drain']) });
const maintenanceBody = z.strictObject({
  on: z.boolean(),
  node: z.string().min(1).optional(),
  group: z.string().min(1).optional(),
});
const handoverBody = z.strictObject({ to: z.string().optional() });

const applyQuery = z.object({
  dryRun: z.stringbool().default(false),
  confirmMs: z.coerce.number().int().min(0).max(86_400_000).default(0),
  force: z.stringbool().default(false),
  reason: z.string().max(200).default(''),
});
const rollbackBody = z.strictObject({
  version: z.number().int().min(0).optional(),
  force: z.boolean().default(false),
});

/** Building does not listen; `shell/control-socket.ts` does. Errors answer `{error: {code, message, facts}}`. */
export const createControlApi = (control: NodeControl, log: Log): FastifyInstance => {
  const app = fastify({ bodyLimit: limits.controlBodyBytes, logger: false });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.setErrorHandler((thrown, _request, reply) => {
    const status = (thrown as { statusCode?: number }).statusCode;
    const error =
      !(thrown instanceof RelevoError) && status !== undefined && status < 500
        ? new RelevoError('bad-request', (thrown as Error).message)
        : errorFrom(thrown);
    if (error.code === 'internal') log.error({ err: error }, 'a control request failed');
    void reply
      .status(statusByCode[error.code] ?? 500)
      .send({ error: { code: error.code, message: error.message, facts: error.facts } });
  });
  app.setNotFoundHandler((request, reply) => {
    void reply.status(404).send({
      error: { code: 'not-found', message: `no such request: ${request.method} ${request.url}`, facts: {} },
    });
  });

  app.get('/v1/status', () => control.status());
  const streams = createLineStreams('events', control.events, control.onEvent);
  const changes = createLineStreams('changes of entries', () => [], control.syncWatch);
  app.addHook('preClose', async () => {
    streams.close();
    changes.close();
  });
  // With the clock that the events are timed by: who asks from another machine places them on its own.
  app.get('/v1/events', () => ({ events: control.events(), nowMs: Number(process.hrtime.bigint()) / 1e6 }));
  app.get('/v1/events/cluster', () => control.clusterEvents());
  app.get('/v1/events/follow', (_request, reply) => {
    streams.open(reply.raw);
    reply.hijack();
  });
  app.get('/v1/services', (_request, reply) => reply.type('application/json').send(control.services()));
  app.put('/v1/services', (request) => {
    if (typeof request.body !== 'string') {
      throw new RelevoError(
        'bad-request',
        'send the document as text (content type text/plain or application/yaml)',
      );
    }
    return control.apply(request.body, check(applyQuery, request.query, 'query'));
  });
  app.get('/v1/document/history', () => ({ versions: control.history() }));
  app.post('/v1/document/confirm', () => control.confirm());
  app.post('/v1/document/resolve', () => control.resolve());
  app.post('/v1/document/rollback', (request) => {
    const { version, force } = check(rollbackBody, request.body ?? {}, 'body');
    return control.rollback(version, force);
  });
  app.post<{ Params: { service: string; backend: string } }>(
    '/v1/services/:service/backends/:backend',
    async (request) => {
      const { state } = check(backendBody, request.body, 'body');
      await control.setBackendState(request.params.service, request.params.backend, state);
      return { ok: true };
    },
  );
  app.get<{ Querystring: { service?: string } }>('/v1/sessions', async (request) => ({
    sessions: await control.sessions(request.query.service),
  }));
  app.get<{ Querystring: { service?: string } }>('/v1/counters', async (request) => ({
    counters: await control.counters(request.query.service),
  }));
  app.post<{ Params: { group: string } }>('/v1/groups/:group/handover', (request) => {
    const { to } = check(handoverBody, request.body ?? {}, 'body');
    return control.handover(request.params.group, to);
  });
  app.post('/v1/node/handover', async (request) => {
    const { to } = check(handoverBody, request.body ?? {}, 'body');
    return { groups: await control.handoverAll(to) };
  });
  app.post('/v1/maintenance', async (request) => {
    const { node, group, on } = check(maintenanceBody, request.body ?? {}, 'body');
    await control.setMaintenance(node, group, on);
    return { ok: true };
  });
  app.get('/v1/sync/dump', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(dumpStream(control.syncDump())),
  );
  app.get<{ Querystring: { client?: string } }>('/v1/sync/show', (request) => {
    const { client } = request.query;
    if (!client)
      throw new RelevoError('bad-request', 'query: client is missing: name the address of a client');
    return { entries: control.syncShow(client) };
  });
  app.get('/v1/sync/watch', (_request, reply) => {
    changes.open(reply.raw);
    reply.hijack();
  });
  app.post('/v1/sync/verify', () => control.syncVerify());
  return app;
};
