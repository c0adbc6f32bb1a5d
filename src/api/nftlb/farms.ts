/** Farms, their backends, addresses, links and sessions. */

import type { FastifyInstance } from 'fastify';
import type { ServicesInForce } from '../../app/services-in-force.js';
import { namedAddresses } from '../../config/address-names.js';
import { mapped } from '../../config/format-values.js';
import { clientText, readClient } from '../../config/service-sessions.js';
import type { JsonObject } from '../../config/service-values.js';
import { formatService, type StateReasons } from '../../config/services-format.js';
import { RelevoError } from '../../errors.js';
import type { ServicesView } from '../../model/change.js';
import type { Service } from '../../model/service.js';
import type { Draining } from '../../model/status.js';
import { answering, listPieces, responseOf, sendPieces, sendWhile } from './answers.js';
import type { Changes } from './changes.js';
import { parseBody } from './requests.js';

interface FarmPath {
  readonly Params: { readonly farm: string };
  readonly Querystring: { readonly full?: string };
}
interface PartPath {
  readonly Params: { readonly farm: string; readonly part: string };
}

const unknownFarm = (farm: string, facts: Readonly<Record<string, string>> = {}): RelevoError =>
  new RelevoError('not-found', `Unknown farm '${farm}'`, facts);

const farmIn = (view: ServicesView, farm: string): Service => {
  const service = view.services.get(farm);
  if (service) return service;
  throw unknownFarm(farm);
};

const sessionsHead = '{\n        "sessions": [';
const sessionIndent = `\n${' '.repeat(16)}`;
const attributeIndent = `\n${' '.repeat(24)}`;
const nextSession = `,${sessionIndent}{${attributeIndent}"client": "`;
const firstSession = `${sessionsHead}${nextSession.slice(1)}`;

type List = 'backends' | 'addresses' | 'policies';
const nouns: Readonly<Record<List, string>> = {
  backends: 'backend',
  addresses: 'farm address',
  policies: 'farm policy',
};
const namesOf: Readonly<Record<List, (service: Service) => readonly string[]>> = {
  backends: ({ backends }) => backends.map(({ name }) => name),
  addresses: (service) => namedAddresses(service).map(({ name }) => name),
  policies: ({ policies = [] }) => policies,
};

/** The wish to take parts of a farm away: the one that is named, or all. */
const withoutParts = (view: ServicesView, farm: string, list: List, part: string | undefined): JsonObject => {
  const names = namesOf[list](farmIn(view, farm));
  if (part !== undefined && !names.includes(part)) {
    throw new RelevoError('not-found', `Unknown ${nouns[list]} '${part}' in farm '${farm}'`);
  }
  const gone = (part === undefined ? names : [part]).map((name) => ({ name, action: 'delete' }));
  return { farms: [{ name: farm, [list]: gone }] };
};

export const addFarmRoutes = (app: FastifyInstance, services: ServicesInForce, changes: Changes): void => {
  const failures = (farm: string, backend: string) => services.checked()?.failure(farm, backend);
  const reasons: StateReasons = { of: (service) => services.shortcomings(service) };

  // The keys of the body decide what is changed, not the path.
  for (const url of ['/farms', '/policies', '/addresses']) {
    app.route({ method: ['POST', 'PUT'], url, handler: ({ body }) => changes.upsert(body) });
  }
  const drainingOf = async (farm?: string): Promise<Map<string, Map<string, Draining>>> => {
    const found = new Map<string, Map<string, Draining>>();
    for (const one of await services.draining(farm)) {
      const known = found.get(one.service);
      if (known) known.set(one.backend, one);
      else found.set(one.service, new Map([[one.backend, one]]));
    }
    return found;
  };
  app.get<FarmPath>('/farms', async ({ query }, reply) => {
    const draining = await drainingOf();
    const refused = await services.persistRefused();
    const format = (one: Service) =>
      formatService(one, { reasons, draining, refused, failures, full: query.full !== undefined });
    return sendPieces(reply, listPieces('farms', mapped([...services.view().services.values()], format)));
  });
  app.get<FarmPath>('/farms/:farm', async ({ params, query }, reply) => {
    const draining = await drainingOf(params.farm);
    const refused = await services.persistRefused(params.farm);
    const service = services.view().services.get(params.farm);
    if (!service) throw unknownFarm(params.farm, { answer: 'invalid request' });
    const farm = formatService(service, {
      reasons,
      draining,
      refused,
      failures,
      full: query.full !== undefined,
    });
    return sendPieces(reply, listPieces('farms', [farm]));
  });

  app.delete('/farms', ({ body }) => changes.remove('error deleting farm', 'farms', body));
  app.delete<FarmPath>('/farms/:farm', ({ params: { farm } }) =>
    changes.perform('error deleting farm', `delete farm ${farm}`, () => ({
      farms: [{ name: farm, action: 'delete' }],
    })),
  );
  for (const list of ['backends', 'addresses', 'policies'] as const) {
    const remove = (farm: string, part: string | undefined) =>
      changes.perform(
        `error deleting ${nouns[list]}`,
        `${farm}: delete ${nouns[list]} ${part ?? '(all)'}`,
        (view) => withoutParts(view, farm, list, part),
      );
    app.delete<FarmPath>(`/farms/:farm/${list}`, ({ params }) => remove(params.farm, undefined));
    app.delete<PartPath>(`/farms/:farm/${list}/:part`, ({ params }) => remove(params.farm, params.part));
  }
  // `{ "policies": […] }`, or a farm with them.
  app.patch<FarmPath>('/farms/:farm/policies', ({ params: { farm }, body }) => {
    const { policies, farms } = parseBody(body);
    const wanted =
      policies ?? (Array.isArray(farms) ? (farms[0] as JsonObject | undefined)?.policies : undefined);
    if (!Array.isArray(wanted)) throw new RelevoError('bad-request', 'the body must have a list of policies');
    return changes.perform('the object to modify is unknown', `${farm}: replace the policies`, (view) => {
      // All of them, for the order to be the new one.
      const gone = (farmIn(view, farm).policies ?? []).map((name) => ({ name, action: 'delete' }));
      return { farms: [{ name: farm, policies: [...gone, ...wanted] }] };
    });
  });
};

export const addSessionRoutes = (app: FastifyInstance, services: ServicesInForce, changes: Changes): void => {
  app.get<FarmPath>('/farms/:farm/sessions', async ({ params: { farm } }, reply) => {
    const service = services.view().services.get(farm);
    if (!service) throw unknownFarm(farm, { answer: 'invalid request' });
    return sendWhile(reply, async (write) => {
      let isFirst = true;
      const begin = (): string => {
        const text = isFirst ? firstSession : nextSession;
        isFirst = false;
        return text;
      };
      // As `listText` prints it: there may be a hundred thousand, of few backends, and many that end in the same second.
      const endings = new Map<string, string>();
      const endingOf = (backend: string): string => {
        const known = endings.get(backend);
        if (known !== undefined) return known;
        const made = `",${attributeIndent}"backend": ${JSON.stringify(backend)}`;
        endings.set(backend, made);
        return made;
      };
      for (const { client, backend } of service.staticSessions ?? [])
        write(`${begin()}${clientText(client)}${endingOf(backend)}${sessionIndent}}`);
      let second = -1;
      let expiration = '';
      await services.visitSessions(farm, (client, backend, remainingMs) => {
        const seconds = Math.ceil(remainingMs / 1000);
        if (seconds !== second) {
          second = seconds;
          expiration = `,${attributeIndent}"expiration": "${seconds}s"${sessionIndent}}`;
        }
        write(begin() + client + endingOf(backend) + expiration);
      });
      write(isFirst ? '{\n        "sessions": []\n}\n' : '\n        ]\n}\n');
    });
  });

  /** Static ones go by a change of the farm, those that packets made by the kernel's map. */
  const drop = (answer: string, farm: string, which: { backend?: string; clientText?: string }) =>
    answering(answer, async () => {
      const service = farmIn(services.view(), farm);
      if (which.backend !== undefined && service.persistence.length === 0) {
        throw new RelevoError('bad-request', `Farm '${farm}' without session persistence`);
      }
      if (which.backend !== undefined && !service.backends.some(({ name }) => name === which.backend)) {
        throw new RelevoError('not-found', `Unknown backend '${which.backend}' in farm '${farm}'`);
      }
      const read =
        which.clientText === undefined || service.persistence.length === 0
          ? undefined
          : readClient(which.clientText.replaceAll('_', ' '), service.persistence);
      if (read && 'wrong' in read) throw new RelevoError('bad-request', `the client ${read.wrong}`);
      const wanted = read && clientText(read.client);
      const gone = (service.staticSessions ?? []).filter(
        ({ client, backend }) =>
          (wanted === undefined || clientText(client) === wanted) &&
          (which.backend === undefined || which.backend === backend),
      );
      if (gone.length > 0) {
        await changes.perform(answer, `${farm}: delete ${gone.length} static sessions`, () => ({
          farms: [
            {
              name: farm,
              sessions: gone.map(({ client }) => ({ client: clientText(client), action: 'delete' })),
            },
          ],
        }));
      }
      await services.deleteSessions({
        service: farm,
        ...(which.backend !== undefined && { backend: which.backend }),
        ...(read && { client: read.client }),
      });
      return responseOf([]);
    });
  const one = 'error deleting session';
  app.delete<FarmPath>('/farms/:farm/sessions', ({ params }) => drop(one, params.farm, {}));
  app.delete<PartPath>('/farms/:farm/sessions/:part', ({ params }) =>
    drop(one, params.farm, { clientText: params.part }),
  );
  app.delete<PartPath>('/farms/:farm/backends/:part/sessions', ({ params }) =>
    drop('error deleting sessions from backend', params.farm, { backend: params.part }),
  );
};
