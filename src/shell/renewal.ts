/** SIGHUP: the certificates of the links, of nftlb's interface and for etcd are read again from their files. */

import type { Server } from 'node:tls';

import type { EtcdTls } from '../election/etcd-state.js';
import { errorFrom } from '../errors.js';
import { leastTls } from '../limits.js';
import type { NodeConfig } from '../model/node.js';
import type { Log, PeerLinks, Random } from '../ports.js';
import type { TlsPair } from './api-access.js';
import { readEtcdTls } from './etcd-thread.js';
import { createPeerLinks } from './peer-links.js';

/** `systemctl reload` sends it. */
const renewSignal = 'SIGHUP';

/** From here on the signal does not end the process, also before there is anything to renew. */
export const surviveRenewals = (): void => {
  process.on(renewSignal, () => {});
};

/** `work` at each signal, one after the other: the last one to come has read the newest files. Returns how to stop. */
const atRenewal = (work: () => Promise<string>, what: string, log: Log): (() => void) => {
  let last = Promise.resolve();
  const renew = (): void => {
    last = last.then(work).then(
      (said) => log.info({}, said),
      (thrown) =>
        log.error({}, `${what} not renewed, those read before stay in force: ${errorFrom(thrown).message}`),
    );
  };
  process.on(renewSignal, renew);
  return () => process.off(renewSignal, renew);
};

/** Until it is told to stop. Connections that stand keep what they began with; requests under way are not touched. */
export const renewServer = (
  server: Pick<Server, 'setSecureContext'>,
  read: () => Promise<TlsPair>,
  log: Log,
): (() => void) =>
  atRenewal(
    async () => {
      server.setSecureContext({ ...(await read()), minVersion: leastTls });
      return "the certificate of nftlb's interface was read again";
    },
    "certificate and key of nftlb's interface",
    log,
  );

/** Calls under way are not touched; a certificate that etcd refuses is named as a problem of the node, as at a start. */
export const renewEtcd = (
  { coordination }: Pick<NodeConfig, 'coordination'>,
  renew: (tls: EtcdTls) => void,
  log: Log,
): (() => void) => {
  const files = coordination?.driver === 'etcd' ? coordination.tls : undefined;
  if (!files) return () => {};
  return atRenewal(
    async () => {
      renew(readEtcdTls(files));
      return 'the certificates for etcd were read again';
    },
    'certificates for etcd',
    log,
  );
};

/** Links that renew their certificates at SIGHUP for as long as they are up. */
export const createRenewedLinks = (
  config: Pick<NodeConfig, 'node' | 'nodes' | 'tls'>,
  random: Random,
  log: Log,
): PeerLinks => {
  const links = createPeerLinks(config, random);
  let stop = (): void => {};
  return {
    ...links,
    async start(listener) {
      stop = atRenewal(links.reload, 'certificates', log);
      await links.start(listener);
      for (const problem of links.problems()) log.warn({}, problem);
    },
    async close() {
      stop();
      await links.close();
    },
  };
};
