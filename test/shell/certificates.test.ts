import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { RelevoError } from '../../src/errors.js';
import { initAuthority, issueCertificate } from '../../src/shell/certificates.js';

const folder = async (t: { teardown(fn: () => Promise<void>): void }): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'relevo-cert-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
};

test('an authority and a node: signed, named, for both directions of TLS', async (t) => {
  const dir = await folder(t);
  const authority = await initAuthority(dir, 'prod');
  const node = await issueCertificate(dir, 'lb1');
  const ca = new X509Certificate(await readFile(authority.ca));
  const certificate = new X509Certificate(await readFile(node.cert));
  t.true(ca.ca);
  t.true(ca.verify(ca.publicKey));
  t.true(certificate.checkIssued(ca));
  t.true(certificate.verify(ca.publicKey));
  t.false(certificate.ca);
  t.is(certificate.subject, 'O=prod\nCN=lb1');
  t.is(certificate.subjectAltName, 'DNS:lb1');
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  t.true(Date.parse(certificate.validFrom) < Date.now());
  for (const path of [authority.caKey, authority.secret, node.key])
    t.is((await stat(path)).mode & 0o777, 0o600);
  t.regex(await readFile(authority.secret, 'utf8'), /^[0-9a-f]{64}\n$/);
});

test('openssl agrees, with its strict rules', async (t) => {
  const dir = await folder(t);
  const { ca } = await initAuthority(dir, 'prod');
  const { cert } = await issueCertificate(dir, 'lb1');
  const said = execFileSync('/usr/bin/openssl', ['verify', '-x509_strict', '-CAfile', ca, cert], {
    encoding: 'utf8',
  });
  t.regex(said, /lb1\.crt: OK/);
});

test('nothing is overwritten, and nothing half made stays', async (t) => {
  const dir = await folder(t);
  const { caKey } = await initAuthority(dir, 'prod');
  const before = await readFile(caKey, 'utf8');
  const error = await t.throwsAsync(initAuthority(dir, 'prod'), { instanceOf: RelevoError });
  t.is(error.code, 'conflict');
  t.regex(error.message, /ca\.key is there already: move it away/);
  t.is(await readFile(caKey, 'utf8'), before);
  const { cert, key } = await issueCertificate(dir, 'lb1');
  await rm(key);
  await t.throwsAsync(issueCertificate(dir, 'lb1'), { message: /lb1\.crt is there already/ });
  await t.throwsAsync(stat(key));
  t.truthy(await stat(cert));
});

test('bad names, a missing authority and a foreign key are refused with the remedy', async (t) => {
  const dir = await folder(t);
  await t.throwsAsync(initAuthority(dir, ''), { message: /cannot be the name of a cluster/ });
  await t.throwsAsync(issueCertificate(dir, 'lb1'), {
    message: /ca\.crt \(ENOENT\): make the authority first/,
  });
  await initAuthority(dir, 'prod');
  await t.throwsAsync(issueCertificate(dir, '../lb1'), { message: /cannot be the name of a node/ });
  const other = await folder(t);
  const { caKey } = await initAuthority(other, 'prod');
  await rm(join(dir, 'ca.key'));
  execFileSync('/bin/cp', [caKey, join(dir, 'ca.key')]);
  await chmod(join(dir, 'ca.key'), 0o600);
  await t.throwsAsync(issueCertificate(dir, 'lb1'), { message: /do not belong together/ });
});
