/** Certificates that have run out, or soon will, in the words that an operator reads. */

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  type CertificateFacts,
  certificateProblems,
  certificatesIn,
  describeRenewal,
} from '../../src/shell/certificate-words.js';
import { initAuthority, issueCertificate } from '../../src/shell/certificates.js';
import { createPeerLinks } from '../../src/shell/peer-links.js';
import { writeCertificate } from '../../src/shell/x509.js';
import { folder, freePort, node, Recorder } from './links-support.js';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 5, 15, 12);
const facts = (days: number, name = 'CN=lb1'): CertificateFacts => ({
  ...{ subject: name, fingerprint256: `${name} ${days}` },
  validFrom: new Date(nowMs - dayMs).toUTCString(),
  validTo: new Date(nowMs + days * dayMs).toUTCString(),
});
const problems = (own: CertificateFacts, ...authorities: CertificateFacts[]) =>
  certificateProblems({ certificate: own, authorities }, 'lb1', nowMs);

test('30 days before the end, and after it, with the remedy', (t) => {
  t.deepEqual(problems(facts(31), facts(400)), []);
  const [soon, ...more] = problems(facts(29), facts(400));
  t.deepEqual(more, []);
  t.regex(
    soon!,
    /^the certificate of this node expires on 2026-07-14, in 29 days: .*'relevo cert issue lb1'.*reload/,
  );
  t.regex(problems(facts(-1), facts(400))[0]!, /^the certificate of this node expired on 2026-06-14, peers/);
  const early = { ...facts(400), validFrom: new Date(nowMs + 2 * dayMs).toUTCString() };
  t.regex(problems(early, facts(400))[0]!, /is not valid before 2026-06-17: is the clock of this node right/);
});

test('an authority at its end matters when no other is accepted', (t) => {
  t.deepEqual(problems(facts(100), facts(-3, 'CN=old'), facts(400, 'CN=new')), []);
  t.regex(
    problems(facts(100), facts(5, 'CN=old'))[0]!,
    /^the cluster's authority expires on 2026-06-20, in 5/,
  );
});

test('a renewal says what came and what went', (t) => {
  const before = { certificate: facts(3), authorities: [facts(5, 'O=prod\nCN=old')] };
  t.is(describeRenewal(before, before), 'the certificates in the files are those in force');
  const after = { certificate: facts(500), authorities: [facts(900, 'O=prod\nCN=new')] };
  t.is(
    describeRenewal(before, after),
    'certificates renewed: a new certificate of this node, valid until 2027-10-28; accepts the authority O=prod, CN=new valid until 2028-12-01; ' +
      'accepts no more the authority O=prod, CN=old valid until 2026-06-20. Standing links stay, new ones use them',
  );
});

test('every certificate of a file is read, and a text without one is refused', async (t) => {
  const dirs = [await folder(t), await folder(t)];
  for (const dir of dirs) await initAuthority(dir, 'prod');
  const texts = await Promise.all(dirs.map((dir) => readFile(join(dir, 'ca.crt'), 'utf8')));
  t.is(certificatesIn(`# old\n${texts[0]}\n# new\n${texts[1]}`).length, 2);
  t.throws(() => certificatesIn('nothing'), { message: /no certificate/ });
});

test('links with an expired certificate start, say so, and are refused by their peer', async (t) => {
  const dir = await folder(t);
  await initAuthority(dir, 'prod');
  for (const name of ['lb1', 'lb2']) await issueCertificate(dir, name);
  const key = createPrivateKey(await readFile(join(dir, 'ca.key'), 'utf8'));
  const expired = writeCertificate({
    ...{ commonName: 'lb2', organization: 'prod', role: 'node' },
    notBefore: new Date(Date.now() - 30 * dayMs),
    notAfter: new Date(Date.now() - dayMs),
    publicKey: createPublicKey(await readFile(join(dir, 'lb2.key'), 'utf8')),
    issuer: {
      ...{ commonName: 'relevo prod', organization: 'prod', privateKey: key },
      publicKey: createPublicKey(key),
    },
  });
  await writeFile(join(dir, 'lb2.crt'), expired);
  const nodes = [node('lb1', await freePort()), node('lb2', await freePort())];
  const start = async (name: string) => {
    const tls = { ca: join(dir, 'ca.crt'), cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
    const links = createPeerLinks({ node: name, nodes, tls }, { next: () => 0.5 });
    const heard = new Recorder();
    await links.start(heard);
    t.teardown(() => links.close());
    return { links, heard };
  };
  const lb2 = await start('lb2');
  const lb1 = await start('lb1');
  t.regex(lb2.links.problems().join(), /^the certificate of this node expired on /);
  t.deepEqual(lb1.links.problems(), []);
  await lb1.heard.until(() => lb1.heard.failures.length > 0);
  t.regex(lb1.heard.failures[0]!, /peer lb2 at .*: CERT_HAS_EXPIRED: its certificate has expired/);
  t.is(lb1.heard.opened.length, 0);
});
