/** What opens nftlb's interface: its key, from a file or the environment, and its certificate. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import { readConfigText } from './config-files.js';

export interface TlsPair {
  /** PEM; the certificate first, then those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
}

/** Ours, and nftlb's own. */
const variables = ['RELEVO_NFTLB_KEY', 'NFTLB_SERVER_KEY'] as const;

/** As nftlb, an empty one does not count. */
export const keyFromEnvironment = (
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined =>
  variables.map((name) => environment[name]).find((key) => key !== undefined && key !== '');

const parse = <T>(path: string, what: string, make: () => T): T => {
  try {
    return make();
  } catch (thrown) {
    throw new RelevoError(
      'bad-config',
      `${path}: no ${what} in PEM: ${(thrown as Error).message}`,
      {},
      thrown,
    );
  }
};

/** Rejects with `bad-config` when one of them cannot be read, or when they do not belong together. */
export const readTlsPair = async (paths: {
  readonly cert: string;
  readonly key: string;
}): Promise<TlsPair> => {
  const cert = await readConfigText(paths.cert);
  const key = await readConfigText(paths.key);
  const certificate = parse(paths.cert, 'certificate', () => new X509Certificate(cert));
  const privateKey = parse(paths.key, 'private key without a password', () => createPrivateKey(key));
  if (certificate.checkPrivateKey(privateKey)) return { cert, key };
  throw new RelevoError('bad-config', `${paths.key} is not the key of the certificate in ${paths.cert}`);
};

const leastChars = 8;

/** What the header `Key` of every request must be. */
const readKey = async (keyFile: string | undefined): Promise<string> => {
  const key =
    keyFile === undefined ? keyFromEnvironment(process.env) : (await readConfigText(keyFile)).trim();
  if (key !== undefined && key.length >= leastChars) return key;
  const place = keyFile ?? variables[0];
  throw new RelevoError(
    'bad-config',
    key === undefined
      ? `api: no key: name a file (api.keyFile) or set ${variables[0]}`
      : `${place}: the key of the interface must have at least ${leastChars} characters, better 32 from a random source`,
  );
};

/** Rejects with `bad-config`. */
export const readApiAccess = async ({
  keyFile,
  tls,
}: NonNullable<NodeConfig['api']>): Promise<{ readonly key: string; readonly tls?: TlsPair }> => ({
  key: await readKey(keyFile),
  ...(tls && { tls: await readTlsPair(tls) }),
});
