/** `relevo cert`: a cluster's own certificate authority, the nodes' certificates, and the secret of their heartbeats, as files. */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RelevoError } from '../errors.js';
import { writeCertificate } from './x509.js';

export interface AuthorityFiles {
  readonly caKey: string;
  readonly ca: string;
  readonly secret: string;
}

export interface NodeFiles {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

const dayMs = 86_400_000;
const authorityDays = 3650;
const nodeDays = 1825;
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/;

const checkName = (what: string, name: string): void => {
  if (namePattern.test(name)) return;
  throw new RelevoError(
    'bad-request',
    `'${name}' cannot be the name of a ${what}: use 1 to 32 letters, digits, - or _, starting with a letter or digit`,
    { name },
  );
};

/** Valid since yesterday: the clocks of the nodes may differ. */
const validity = (days: number) => {
  const now = Date.now();
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + days * dayMs) };
};

/** All files or none; one that is there already is never touched. */
const writeNew = async (files: readonly { path: string; content: string; mode: number }[]): Promise<void> => {
  const written: string[] = [];
  try {
    for (const { path, content, mode } of files) {
      await writeFile(path, content, { mode, flag: 'wx' });
      written.push(path);
    }
  } catch (thrown) {
    for (const path of written) await rm(path, { force: true });
    const { code, path = '' } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new RelevoError('conflict', `${path} is there already: move it away if it is to be made anew`, {
        path,
      });
    }
    throw new RelevoError('not-permitted', `cannot write ${path}: ${code}`, { path, code }, thrown);
  }
};

const readNeeded = async (path: string, remedy: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw new RelevoError('not-found', `cannot read ${path} (${code}): ${remedy}`, { path, code }, thrown);
  }
};

const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
};

/** Makes `ca.key`, `ca.crt` and `heartbeat.secret` in `folder`, which is created if needed. Keep `ca.key` off the nodes. */
export const initAuthority = async (folder: string, cluster: string): Promise<AuthorityFiles> => {
  checkName('cluster', cluster);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKey, publicKey, pem } = newKey();
  const subject = { commonName: `relevo ${cluster}`, organization: cluster };
  const certificate = writeCertificate({
    ...subject,
    ...validity(authorityDays),
    publicKey,
    role: 'authority',
    issuer: { ...subject, publicKey, privateKey },
  });
  const files = {
    caKey: join(folder, 'ca.key'),
    ca: join(folder, 'ca.crt'),
    secret: join(folder, 'heartbeat.secret'),
  };
  await writeNew([
    { path: files.caKey, content: pem, mode: 0o600 },
    { path: files.ca, content: certificate, mode: 0o644 },
    { path: files.secret, content: `${randomBytes(32).toString('hex')}\n`, mode: 0o600 },
  ]);
  return files;
};

const attributeOf = (distinguishedName: string, attribute: string): string =>
  distinguishedName
    .split('\n')
    .find((line) => line.startsWith(`${attribute}=`))
    ?.slice(attribute.length + 1) ?? '';

/** Makes `<node>.key` and `<node>.crt` in `folder`, signed by the authority there. The node's name is the certificate's. */
export const issueCertificate = async (
  folder: string,
  node: string,
  addresses: readonly string[] = [],
): Promise<NodeFiles> => {
  checkName('node', node);
  const remedy = `make the authority first: relevo cert init --dir ${folder} --cluster <name>`;
  const caPath = join(folder, 'ca.crt');
  const authority = new X509Certificate(await readNeeded(caPath, remedy));
  const caKey = createPrivateKey(await readNeeded(join(folder, 'ca.key'), remedy));
  if (!authority.checkPrivateKey(caKey)) {
    throw new RelevoError(
      'conflict',
      `ca.key and ca.crt in ${folder} do not belong together: restore the pair`,
    );
  }
  const organization = attributeOf(authority.subject, 'O');
  const { publicKey, pem } = newKey();
  const certificate = writeCertificate({
    commonName: node,
    organization,
    addresses,
    ...validity(nodeDays),
    publicKey,
    role: 'node',
    issuer: {
      commonName: attributeOf(authority.subject, 'CN'),
      organization,
      publicKey: createPublicKey(caKey),
      privateKey: caKey,
    },
  });
  const files = { key: join(folder, `${node}.key`), cert: join(folder, `${node}.crt`), ca: caPath };
  await writeNew([
    { path: files.key, content: pem, mode: 0o600 },
    { path: files.cert, content: certificate, mode: 0o644 },
  ]);
  return files;
};
