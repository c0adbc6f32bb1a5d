/** Policies and addresses outside farms: this version has none, lists none, and says so to whoever wants to make one. */

import type { FastifyInstance } from 'fastify';
import { RelevoError } from '../../errors.js';
import { answering, sendJson, success } from './answers.js';

const missing = (what: string, name: string): RelevoError =>
  new RelevoError('not-found', `there is no ${what} '${name}'`);

const refuse = (): never => {
  throw new RelevoError('unsupported', 'policies cannot be used yet');
};

export const addPolicyRoutes = (app: FastifyInstance): void => {
  for (const [list, what] of [
    ['policies', 'policy'],
    ['addresses', 'address'],
  ] as const) {
    app.get(`/${list}`, (_request, reply) => sendJson(reply, { [list]: [] }));
    app.get(`/${list}/:name`, (_request, reply) => sendJson(reply, { [list]: [] }));
    // All of none are gone.
    app.delete(`/${list}`, async () => success);
    app.delete<{ Params: { name: string } }>(`/${list}/:name`, (request) =>
      answering(`error stopping ${what}`, async () => {
        throw missing(what, request.params.name);
      }),
    );
  }
  app.patch('/farms/:farm/policies', async () => refuse());
  app.patch('/policies/:name', async () => refuse());
  app.delete<{ Params: { name: string } }>('/farms/:farm/policies/:name', (request) =>
    answering('error deleting farm policy', async () => {
      throw missing('policy', request.params.name);
    }),
  );
  for (const path of ['', '/:element', '/:element/:prefix']) {
    app.delete<{ Params: { name: string } }>(`/policies/:name/elements${path}`, (request) =>
      answering('error deleting policy element', async () => {
        throw missing('policy', request.params.name);
      }),
    );
  }
};
