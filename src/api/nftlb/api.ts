/** nftlb's HTTP interface over the services in force. Building does not listen; `shell/api-server.ts` does. */

import fastify, { type FastifyInstance } from 'fastify';
import type { ServicesInForce } from '../../app/services-in-force.js';
import { leastTls, limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import { failureOf } from './answers.js';
import { createChanges } from './changes.js';
import { addCounterRoutes } from './counters.js';
import { addFarmRoutes, addSessionRoutes } from './farms.js';
import { keepOrder } from './in-order.js';
import { createOpenApi } from './openapi.js';
import { addAddressRoutes, addPolicyRoutes } from './policies.js';

export interface NftlbApiOptions {
  /** Compares in constant time. */
  readonly isKey: (given: string) => boolean;
  readonly log: Log;
  /** Certificate and key in PEM; without them HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** nftlb answers 404 to a path that these do not have, and 400 to everything else. */
const changingVerbs = ['POST', 'PUT', 'PATCH', 'DELETE'];

export const createNftlbApi = (
  services: ServicesInForce,
  { isKey, log, tls }: NftlbApiOptions,
): FastifyInstance => {
  const app = fastify({
    logger: false,
    ...(tls && { https: { ...tls, minVersion: leastTls } }),
    bodyLimit: limits.nftlbBodyBytes,
    requestTimeout: limits.nftlbRequestMs,
    // Of silence in either direction: ends clients that do not read their answer.
    connectionTimeout: limits.nftlbIdleMs,
    http: { headersTimeout: limits.nftlbHeadersMs, connectionsCheckingInterval: 1_000 },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
  });
  app.server.maxConnections = limits.nftlbConnections;
  // Whatever a client calls it: curl says application/x-www-form-urlencoded.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  // Before the body is read.
  app.addHook('onRequest', async (request, reply) => {
    const { key } = request.headers;
    if (typeof key === 'string' && isKey(key)) return;
    log.warn({ from: request.ip }, 'a request without the right key was refused');
    await reply.status(401).header('connection', 'close').send();
  });
  keepOrder(app);
  app.setErrorHandler(async (thrown, request, reply) => {
    const { status, response, error } = failureOf(thrown);
    if (status >= 500) log.error({ error: error.message, code: error.code, url: request.url }, response);
    await reply.status(status).send({ response });
  });
  app.setNotFoundHandler(async (request, reply) => {
    const status = changingVerbs.includes(request.method) ? 404 : 400;
    const response = `invalid request. There is no ${request.method} ${request.url.slice(0, 200)}`;
    await reply.status(status).send({ response });
  });

  const openApi = JSON.stringify(createOpenApi());
  app.get('/openapi.json', (_request, reply) => reply.type('application/json').send(openApi));
  const changes = createChanges(services);
  addFarmRoutes(app, services, changes);
  addSessionRoutes(app, services, changes);
  addAddressRoutes(app, services, changes);
  addPolicyRoutes(app, services, changes);
  addCounterRoutes(app, services);
  return app;
};
