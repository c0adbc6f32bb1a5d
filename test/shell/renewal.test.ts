/** Certificates are replaced while the links stand: SIGHUP, real TLS, an old and a new authority. */

import { X509Certificate } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { readTlsPair } from '../../src/shell/api-access.js';
import { initAuthority, issueCertificate } from '../../src/shell/certificates.js';
import { createRenewedLinks, renewServer } from '../../src/shell/renewal.js';
import { createLog } from '../support/log.js';
import { folder, freePort, node, Recorder } from './links-support.js';

const cluster = async (t: ExecutionContext) => {
  const [before, after] = [await folder(t), await folder(t)];
  for (const authority of [before, after]) {
    await initAuthority(authority, 'prod');
    for (const name of ['lb1', 'lb2']) await issueCertificate(authority, name);
  }
  const ca = {
    before: await readFile(join(before, 'ca.crt'), 'utf8'),
    after: await readFile(join(after, 'ca.crt'), 'utf8'),
  };
  const nodes = [node('lb1', await freePort()), node('lb2', await freePort())];
  const start = async (name: string) => {
    const own = await folder(t);
    const tls = { ca: join(own, 'ca.crt'), cert: join(own, 'node.crt'), key: join(own, 'node.key') };
    const install = async (from: string): Promise<void> => {
      await copyFile(join(from, `${name}.crt`), tls.cert);
      await copyFile(join(from, `${name}.key`), tls.key);
    };
    const accept = (text: string): Promise<void> => writeFile(tls.ca, text);
    await install(before);
    await accept(ca.before);
    const log = createLog();
    const links = createRenewedLinks({ node: name, nodes, tls }, { next: () => 0.5 }, log);
    const heard = new Recorder();
    await links.start(heard);
    t.teardown(() => links.close());
    return { log, heard, install, accept, links, tls };
  };
  const lb2 = await start('lb2');
  const lb1 = await start('lb1');
  await lb1.heard.until(() => lb1.heard.opened.length === 1);
  await lb2.heard.until(() => lb2.heard.opened.length === 1);
  /** As `systemctl reload` does; both nodes are of this process. */
  const reload = async (): Promise<string[]> => {
    const said = [lb1, lb2].map(({ log }) => log.records.length);
    process.kill(process.pid, 'SIGHUP');
    await lb1.heard.until(() => [lb1, lb2].every(({ log }, at) => log.records.length === said[at]! + 1));
    return [lb1, lb2].map(({ log }) => log.records.at(-1)!.message);
  };
  /** A frame gets through the newest link. */
  const speak = async (text: string): Promise<void> => {
    lb1.heard.opened.at(-1)!.send(Buffer.from(text));
    await lb2.heard.until(() => lb2.heard.frames.includes(text));
  };
  return { before, after, ca, lb1, lb2, reload, speak };
};

test.serial('from one authority to another without losing a link', async (t) => {
  const { after, ca, lb1, lb2, reload, speak } = await cluster(t);
  for (const { accept } of [lb1, lb2]) await accept(ca.before + ca.after);
  const [bundle] = await reload();
  t.regex(bundle!, /^certificates renewed: accepts the authority O=prod, CN=relevo prod valid until 20/);
  await lb2.install(after);
  const [same, issued] = await reload();
  t.is(same, 'the certificates in the files are those in force');
  t.regex(issued!, /^certificates renewed: a new certificate of this node, valid until 20/);
  await speak('the link of old certificates');
  t.is(lb1.heard.opened.length, 1);
  lb2.heard.opened[0]!.close('to see a new one');
  await lb1.heard.until(() => lb1.heard.opened.length === 2);
  await speak('a link of an old and a new certificate');
  await lb1.install(after);
  for (const { accept } of [lb1, lb2]) await accept(ca.after);
  const [only] = await reload();
  t.regex(only!, /a new certificate of this node.*; accepts no more the authority .*Standing links stay/);
  await speak('it still stands');
  lb2.heard.opened[1]!.close('to see a new one');
  await lb1.heard.until(() => lb1.heard.opened.length === 3);
  await speak('a link of new certificates');
  t.deepEqual(
    [lb1, lb2].flatMap(({ heard }) => heard.failures),
    [],
  );
});

test.serial('files that are no good leave in force what was, and say why', async (t) => {
  const { before, after, ca, lb1, lb2, reload, speak } = await cluster(t);
  await copyFile(join(after, 'lb1.key'), lb1.tls.key);
  await lb2.accept('-----BEGIN CERTIFICATE-----\nhalf of it\n');
  const [foreignKey, half] = await reload();
  t.regex(
    foreignKey!,
    /^certificates not renewed, those read before stay in force: .*node\.key is not the key of .*node\.crt/,
  );
  t.regex(half!, /^certificates not renewed.*ca\.crt is not a certificate in PEM form/);
  t.is(lb1.log.records.at(-1)!.level, 'error');
  // The new one before its authority is accepted.
  await lb1.install(after);
  await lb2.accept(ca.before);
  const [early] = await reload();
  t.regex(early!, /node\.crt was not signed by .*ca\.crt: issue it with 'relevo cert issue lb1'/);
  await speak('all the while');
  lb1.heard.opened[0]!.close('to see a new one');
  await lb1.heard.until(() => lb1.heard.opened.length === 2);
  await speak('with what was in force');
  await lb1.install(before);
  t.is((await reload())[0], 'the certificates in the files are those in force');
});

test.serial(
  "nftlb's interface shows the new certificate, and answers what was under way with the old one",
  async (t) => {
    const [before, after] = [await folder(t), await folder(t)];
    for (const authority of [before, after]) {
      await initAuthority(authority, 'prod');
      await issueCertificate(authority, 'lb1');
    }
    const own = await folder(t);
    const files = { cert: join(own, 'api.crt'), key: join(own, 'api.key') };
    const install = async (from: string): Promise<void> => {
      await copyFile(join(from, 'lb1.crt'), files.cert);
      await copyFile(join(from, 'lb1.key'), files.key);
    };
    await install(before);
    let answer: (() => void) | undefined;
    const server = createServer(await readTlsPair(files), (request, response) => {
      if (request.url === '/slow') answer = () => response.end('done');
      else response.end('at once');
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const log = createLog();
    const stop = renewServer(server, () => readTlsPair(files), log);
    t.teardown(stop);
    const said = async (): Promise<string> => {
      const count = log.records.length;
      process.kill(process.pid, 'SIGHUP');
      while (log.records.length === count) await new Promise((resolve) => setTimeout(resolve, 5));
      return log.records.at(-1)!.message;
    };
    const ask = (path: string): Promise<{ text: string; serial: string }> =>
      new Promise((resolve, reject) => {
        const sent = request({ port, path, host: '127.0.0.1', agent: false, rejectUnauthorized: false });
        sent.on('response', (response) => {
          const { serialNumber: serial } = (response.socket as TLSSocket).getPeerCertificate();
          response.on('data', (data) => resolve({ text: String(data), serial }));
        });
        sent.on('error', reject).end();
      });
    const serialIn = async (from: string): Promise<string> =>
      new X509Certificate(await readFile(join(from, 'lb1.crt'))).serialNumber;
    const slow = ask('/slow');
    while (!answer) await new Promise((resolve) => setTimeout(resolve, 5));
    await copyFile(join(after, 'lb1.key'), files.key);
    t.regex(
      await said(),
      /^certificate and key of nftlb's interface not renewed, .* is not the key of the cert/,
    );
    t.is((await ask('/')).serial, await serialIn(before));
    await install(after);
    t.regex(await said(), /was read again/);
    t.is((await ask('/')).serial, await serialIn(after));
    (answer as () => void)();
    t.deepEqual(await slow, { text: 'done', serial: await serialIn(before) });
  },
);
