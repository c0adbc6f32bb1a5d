/** Requests that come at once on one connection: each sees what those before it have done (RFC 9112 section 9.3.2). */

import type { FastifyInstance } from 'fastify';

export const keepOrder = (app: FastifyInstance): void => {
  const lastOf = new WeakMap<object, Promise<void>>();
  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw;
    const before = lastOf.get(socket);
    // When it is answered, or its client is gone.
    lastOf.set(socket, new Promise((resolve) => void reply.raw.once('close', resolve)));
    await before;
  });
};
