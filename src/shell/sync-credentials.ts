/** The certificate and key with which this node speaks to its peers, and whose certificates it accepts. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';

export interface SyncCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** For dialling: making one for every attempt would cost 100 KB outside of the heap each. */
  readonly context: SecureContext;
}

const read = async (path: string, what: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const remedy = `make it with 'relevo cert' and correct 'tls' in node.yaml`;
    throw new RelevoError(
      'bad-config',
      `cannot read the ${what} ${path} (${code}): ${remedy}`,
      { path },
      thrown,
    );
  }
};

const parse = <T>(path: string, what: string, parser: () => T): T => {
  try {
    return parser();
  } catch (thrown) {
    throw new RelevoError('bad-config', `${path} is not a ${what} in PEM form`, { path }, thrown);
  }
};

export const nameIn = (distinguishedName: string): string =>
  /(?:^|\n)CN=(.*)/.exec(distinguishedName)?.[1] ?? '';

/** Reads and checks all three files, so that a mistake is told at start and not as a failed handshake. */
export const readSyncCredentials = async (
  config: Pick<NodeConfig, 'node' | 'tls'>,
): Promise<SyncCredentials> => {
  const { tls, node } = config;
  const [ca, cert, key] = await Promise.all([
    read(tls.ca, "cluster's authority"),
    read(tls.cert, "node's certificate"),
    read(tls.key, "node's key"),
  ]);
  const authority = parse(tls.ca, 'certificate', () => new X509Certificate(ca));
  const certificate = parse(tls.cert, 'certificate', () => new X509Certificate(cert));
  const privateKey = parse(tls.key, 'private key', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new RelevoError('bad-config', `${tls.key} is not the key of ${tls.cert}: restore the pair`);
  }
  if (!certificate.verify(authority.publicKey)) {
    throw new RelevoError(
      'bad-config',
      `${tls.cert} was not signed by ${tls.ca}: issue it with 'relevo cert issue ${node}'`,
    );
  }
  const name = nameIn(certificate.subject);
  if (name !== node) {
    throw new RelevoError(
      'bad-config',
      `${tls.cert} belongs to '${name}', this node is '${node}': issue one with 'relevo cert issue ${node}'`,
    );
  }
  return { ca, cert, key, context: createSecureContext({ ca, cert, key, minVersion: 'TLSv1.3' }) };
};
