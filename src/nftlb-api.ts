/** nftlb's interface, listening: made, opened by its key, its certificate renewed at SIGHUP. */

import type { Server } from 'node:tls';
import { createNftlbApi } from './api/nftlb/api.js';
import type { Lifetime } from './app/lifetime.js';
import type { ServicesInForce } from './app/services-in-force.js';
import type { Log } from './ports.js';
import { readTlsPair, type TlsPair } from './shell/api-access.js';
import { createKeyCheck, listenOnAddress } from './shell/api-server.js';
import { renewServer } from './shell/renewal.js';

export interface ServedApi {
  readonly listen: { readonly address: string; readonly port: number };
  readonly key: string;
  readonly tls?: TlsPair | undefined;
  /** Where `tls` comes from. */
  readonly tlsFiles?: { readonly cert: string; readonly key: string } | undefined;
  readonly log: Log;
}

/** Until `lifetime` ends. Rejects with `conflict` when the address is taken. */
export const serveNftlbApi = async (
  services: ServicesInForce,
  { listen, key, tls, tlsFiles, log }: ServedApi,
  lifetime: Pick<Lifetime, 'onStop'>,
): Promise<void> => {
  const api = createNftlbApi(services, { isKey: createKeyCheck(key), log, ...(tls && { tls }) });
  lifetime.onStop(() => api.close());
  await listenOnAddress(api, listen);
  // An HTTPS server is one of TLS; fastify's type says HTTP.
  if (tls && tlsFiles)
    lifetime.onStop(renewServer(api.server as unknown as Server, () => readTlsPair(tlsFiles), log));
};
