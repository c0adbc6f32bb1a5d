/** SIGHUP: the certificates of the links are read again from their files. */

import { errorFrom } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import type { Log, PeerLinks, Random } from '../ports.js';
import { createPeerLinks } from './peer-links.js';

/** `systemctl reload` sends it. */
const renewSignal = 'SIGHUP';

/** From here on the signal does not end the process, also before there is anything to renew. */
export const surviveRenewals = (): void => {
  process.on(renewSignal, () => {});
};

/** Links that renew their certificates at SIGHUP for as long as they are up. */
export const createRenewedLinks = (
  config: Pick<NodeConfig, 'node' | 'nodes' | 'tls'>,
  random: Random,
  log: Log,
): PeerLinks => {
  const links = createPeerLinks(config, random);
  let last = Promise.resolve();
  const renew = (): void => {
    // One after the other: the last one to come has read the newest files.
    last = last.then(links.reload).then(
      (said) => log.info({}, said),
      (thrown) =>
        log.error(
          {},
          `certificates not renewed, those read before stay in force: ${errorFrom(thrown).message}`,
        ),
    );
  };
  return {
    ...links,
    async start(listener) {
      process.on(renewSignal, renew);
      await links.start(listener);
      for (const problem of links.problems()) log.warn({}, problem);
    },
    async close() {
      process.off(renewSignal, renew);
      await links.close();
    },
  };
};
