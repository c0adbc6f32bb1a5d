/** Where nftlb's interface listens, and the key that opens it. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { RelevoError } from '../errors.js';

/** What is needed of a fastify instance. */
export interface ApiServer {
  listen(options: { host: string; port: number }): Promise<string>;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that says nothing about the key, not even its length. */
export const createKeyCheck = (key: string): ((given: string) => boolean) => {
  const wanted = digest(key);
  return (given) => timingSafeEqual(digest(given), wanted);
};

export const listenOnAddress = async (
  server: ApiServer,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<void> => {
  try {
    await server.listen({ host: address, port });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const reason =
      code === 'EADDRINUSE' ? 'another program listens there' : (code ?? (thrown as Error).message);
    throw new RelevoError(
      'conflict',
      `api.listen: ${address}:${port}: ${reason}: choose another port or stop it`,
      {},
      thrown,
    );
  }
};
