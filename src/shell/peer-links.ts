/** The port PeerLinks: TLS 1.3 websockets between the nodes. Of two nodes the one with the lower name dials. */

import type { NodeConfig } from '../model/node.js';
import type { PeerLinkListener, PeerLinks, Random } from '../ports.js';
import { createSyncClient } from './sync-client.js';
import { readSyncCredentials } from './sync-credentials.js';
import { createSyncServer, type SyncServer } from './sync-server.js';

/** `reload` takes renewed certificates from the same files: new connections use them, standing ones stay. */
export const createPeerLinks = (
  config: Pick<NodeConfig, 'node' | 'nodes' | 'tls'>,
  random: Random,
): PeerLinks & { reload(): Promise<void> } => {
  const self = config.nodes.find(({ name }) => name === config.node);
  const others = config.nodes.filter(({ name }) => name !== config.node);
  let server: SyncServer | undefined;
  let clients: { close(): void }[] = [];
  let credentials: Awaited<ReturnType<typeof readSyncCredentials>>;
  return {
    async start(listener: PeerLinkListener) {
      if (!self || others.length === 0) return;
      credentials = await readSyncCredentials(config);
      const peers = others.map(({ name }) => name);
      server = await createSyncServer({ node: config.node, peers, listen: self.sync, credentials, listener });
      clients = others
        .filter(({ name }) => config.node < name)
        .map(({ name, sync }) =>
          createSyncClient({ peer: name, at: sync, credentials: () => credentials, random, listener }),
        );
    },
    async reload() {
      credentials = await readSyncCredentials(config);
      server?.renew(credentials);
    },
    async close() {
      for (const client of clients) client.close();
      await server?.close();
    },
  };
};
