/** The certificate and key with which this node speaks to its peers, and whose certificates it accepts. */

import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import { certificatesIn } from './certificate-words.js';

export interface SyncCredentials {
  /** Of this node. */
  readonly certificate: X509Certificate;
  /** Whose certificates are accepted: while an authority is replaced, the old and the new one. */
  readonly authorities: readonly X509Certificate[];
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
  const authorities = parse(tls.ca, 'certificate', () => certificatesIn(ca));
  const [certificate, ...between] = parse(tls.cert, 'certificate', () => certificatesIn(cert));
  const privateKey = parse(tls.key, 'private key', () => createPrivateKey(key));
  if (!certificate!.checkPrivateKey(privateKey)) {
    throw new RelevoError('bad-config', `${tls.key} is not the key of ${tls.cert}: restore the pair`);
  }
  if (!authorities.concat(between).some(({ publicKey }) => certificate!.verify(publicKey))) {
    throw new RelevoError(
      'bad-config',
      `${tls.cert} was not signed by ${tls.ca}: issue it with 'relevo cert issue ${node}'`,
    );
  }
  const name = nameIn(certificate!.subject);
  if (name !== node) {
    throw new RelevoError(
      'bad-config',
      `${tls.cert} belongs to '${name}', this node is '${node}': issue one with 'relevo cert issue ${node}'`,
    );
  }
  const context = createSecureContext({ ca, cert, key, minVersion: 'TLSv1.3' });
  return { ca, cert, key, context, certificate: certificate!, authorities };
};
