/** Farms, their backends, addresses and sessions. Every change is one transaction of the whole document. */

import type { FastifyInstance } from 'fastify';
import type { Session } from '../../app/reconcile-types.js';
import type { ServicesInForce } from '../../app/services-in-force.js';
import type { JsonObject } from '../../config/nftlb-list.js';
import {
  deleteNamed,
  deletePart,
  type MergeResult,
  mergeFarms,
  onlyStateChange,
} from '../../config/nftlb-merge.js';
import { formatService } from '../../config/services-format.js';
import { RelevoError } from '../../errors.js';
import type { ServicesDocument } from '../../model/service.js';
import { answering, sendJson, success } from './answers.js';
import { currentFarms, documentOf, farmsOf, parseBody } from './requests.js';

interface FarmPath {
  readonly Params: { readonly farm: string };
}
interface PartPath {
  readonly Params: { readonly farm: string; readonly part: string };
}

const has = (document: ServicesDocument, farm: string): boolean =>
  document.services.some(({ name }) => name === farm);

const formatSession = ({ client, backend, remainingMs }: Session) => ({
  client,
  backend,
  expiration: `${Math.ceil(remainingMs / 1000)}s`,
});

export const addFarmRoutes = (app: FastifyInstance, services: ServicesInForce): void => {
  const change = async (reason: string, merge: (current: JsonObject[]) => MergeResult) => {
    let notes: readonly string[] = [];
    await services.update(reason, (current) => {
      const wanted = documentOf(merge(currentFarms(current)));
      notes = wanted.notes;
      return wanted.document;
    });
    return notes.length > 0 ? { response: ['success', ...notes].join('. ') } : success;
  };

  /** Without a document when all there is to it is one backend's state. */
  const upsert = async (text: unknown) => {
    const body = parseBody(text);
    const state = onlyStateChange(body);
    if (state) {
      await services.setBackendState(state.farm, state.backend, state.state);
      return success;
    }
    const farms = farmsOf(body);
    if (Array.isArray(farms) && farms.length === 0) return success;
    return change('a request of the nftlb interface', (current) => mergeFarms(current, farms));
  };

  // The keys of the body decide what is changed, not the path.
  for (const path of ['/farms', '/policies', '/addresses']) {
    app.route({ method: ['POST', 'PUT'], url: path, handler: (request) => upsert(request.body) });
  }

  app.get('/farms', (_request, reply) =>
    sendJson(reply, { farms: services.document().services.map(formatService) }),
  );
  app.get<FarmPath>('/farms/:farm', (request, reply) => {
    const { farm } = request.params;
    const found = services.document().services.filter(({ name }) => name === farm);
    if (found.length === 0) {
      throw new RelevoError('not-found', `there is no farm '${farm}'`, { answer: 'invalid request' });
    }
    return sendJson(reply, { farms: found.map(formatService) });
  });
  app.get<FarmPath>('/farms/:farm/sessions', async (request, reply) => {
    const sessions = await answering('invalid request', () => services.sessions(request.params.farm));
    return sendJson(reply, { sessions: sessions.map(formatSession) });
  });

  app.delete('/farms', (request) => {
    const { body } = request;
    return answering('error deleting farm', () =>
      change('delete farms', (current) =>
        typeof body === 'string' && body.trim() !== ''
          ? deleteNamed(current, farmsOf(parseBody(body)))
          : { farms: [], notes: [] },
      ),
    );
  });
  app.delete<FarmPath>('/farms/:farm', (request) => {
    const { farm } = request.params;
    return answering('error deleting farm', () =>
      change(`delete farm ${farm}`, (current) => deleteNamed(current, [{ name: farm }])),
    );
  });
  for (const [list, what] of [
    ['backends', 'backend'],
    ['addresses', 'farm address'],
  ] as const) {
    const remove = (farm: string, part: string | undefined) =>
      answering(`error deleting ${what}`, () =>
        change(`${farm}: delete ${what} ${part ?? '(all)'}`, (current) =>
          deletePart(current, farm, list, part),
        ),
      );
    if (list === 'backends') {
      app.delete<FarmPath>('/farms/:farm/backends', (request) => remove(request.params.farm, undefined));
    }
    app.delete<PartPath>(`/farms/:farm/${list}/:part`, (request) =>
      remove(request.params.farm, request.params.part),
    );
  }

  const noSessions = (farm: string): Promise<never> =>
    answering('error deleting session', async () => {
      if (!has(services.document(), farm)) throw new RelevoError('not-found', `there is no farm '${farm}'`);
      throw new RelevoError(
        'unsupported',
        'sessions cannot be deleted one by one yet: they end with their backend (state down) or by persist-ttl',
      );
    });
  for (const path of ['/sessions', '/sessions/:part', '/backends/:part/sessions']) {
    app.delete<PartPath>(`/farms/:farm${path}`, (request) => noSessions(request.params.farm));
  }
};
