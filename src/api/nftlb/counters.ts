/** What services have carried: not nftlb's, and under paths that its clients do not ask for. */

import type { FastifyInstance } from 'fastify';
import type { ServicesInForce } from '../../app/services-in-force.js';
import { mapped } from '../../config/format-values.js';
import { RelevoError } from '../../errors.js';
import type { ServiceCounters, Traffic } from '../../model/status.js';
import { listPieces, sendPieces } from './answers.js';

interface FarmPath {
  readonly Params: { readonly farm: string };
}

const formatTraffic = ({ packetsIn, bytesIn, packetsOut, bytesOut }: Traffic) => ({
  'packets-in': String(packetsIn),
  'bytes-in': String(bytesIn),
  'packets-out': String(packetsOut),
  'bytes-out': String(bytesOut),
});

const format = ({ service, backends, ...traffic }: ServiceCounters) => ({
  name: service,
  ...formatTraffic(traffic),
  backends: backends.map(({ backend, ...one }) => ({ name: backend, ...formatTraffic(one) })),
});

/** Services that are not counted are not listed. */
export const addCounterRoutes = (app: FastifyInstance, services: ServicesInForce): void => {
  app.get('/counters', async (_request, reply) =>
    sendPieces(reply, listPieces('counters', mapped(await services.counters(), format))),
  );
  app.get<FarmPath>('/farms/:farm/counters', async ({ params: { farm } }, reply) => {
    if (!services.view().services.has(farm)) {
      throw new RelevoError('not-found', `Unknown farm '${farm}'`, { answer: 'invalid request' });
    }
    return sendPieces(reply, listPieces('counters', mapped(await services.counters(farm), format)));
  });
};
