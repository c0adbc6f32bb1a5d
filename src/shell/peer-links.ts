/** The port PeerLinks: TLS 1.3 websockets between the nodes. Of two nodes the one with the lower name dials. */

import type { NodeConfig } from '../model/node.js';
import type { PeerLinkListener, PeerLinks, Random } from '../ports.js';
import { certificateProblems, describeRenewal } from './certificate-words.js';
import { createSyncClient } from './sync-client.js';
import { readSyncCredentials, type SyncCredentials } from './sync-credentials.js';
import { createSyncServer, type SyncServer } from './sync-server.js';

export interface RenewableLinks extends PeerLinks {
  /**
   * Takes renewed certificates from the same files: new connections use them, standing ones stay. Returns what changed. Rejects with
   * `bad-config` when the files are no good: those in force stay so.
   */
  reload(): Promise<string>;
}

export const createPeerLinks = (
  config: Pick<NodeConfig, 'node' | 'nodes' | 'tls'>,
  random: Random,
): RenewableLinks => {
  const self = config.nodes.find(({ name }) => name === config.node);
  const others = config.nodes.filter(({ name }) => name !== config.node);
  let server: SyncServer | undefined;
  let clients: { close(): void }[] = [];
  let credentials: SyncCredentials | undefined;
  return {
    async start(listener: PeerLinkListener) {
      if (!self || others.length === 0) return;
      const first = await readSyncCredentials(config);
      credentials = first;
      const peers = others.map(({ name }) => name);
      server = await createSyncServer({
        ...{ node: config.node, peers, listen: self.sync, credentials: first, listener },
      });
      clients = others
        .filter(({ name }) => config.node < name)
        .map(({ name, sync }) =>
          createSyncClient({
            peer: name,
            at: sync,
            credentials: () => credentials ?? first,
            random,
            listener,
          }),
        );
    },
    async reload() {
      if (!credentials) return 'this node has no links: no certificates are in force';
      const renewed = await readSyncCredentials(config);
      const said = describeRenewal(credentials, renewed);
      credentials = renewed;
      server?.renew(renewed);

      return said;
    },
    problems: () => (credentials ? certificateProblems(credentials, config.node, Date.now()) : []),
    async close() {
      for (const client of clients) client.close();
      await server?.close();
    },
  };
};
