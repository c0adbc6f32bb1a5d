import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { limits } from '../../src/limits.js';
import type { ClusterNode } from '../../src/model/node.js';
import { initAuthority, issueCertificate } from '../../src/shell/certificates.js';
import { createPeerLinks } from '../../src/shell/peer-links.js';
import { folder, freePort, node, Recorder } from './links-support.js';

interface Setup {
  readonly dir: string;
  readonly ports: readonly number[];
  start(
    name: string,
    options?: { folder?: string; certificate?: string; nodes?: ClusterNode[] },
  ): Promise<Recorder>;
}

const setup = async (t: ExecutionContext): Promise<Setup> => {
  const dir = await folder(t);
  await initAuthority(dir, 'prod');
  const ports = [await freePort(), await freePort(), await freePort()];
  const defaults = [node('lb1', ports[0]!), node('lb2', ports[1]!)];
  return {
    dir,
    ports,
    async start(name, options = {}) {
      const from = options.folder ?? dir;
      const certificate = options.certificate ?? name;
      const files = await issueCertificate(from, certificate).catch(() => ({
        ca: join(from, 'ca.crt'),
        cert: join(from, `${certificate}.crt`),
        key: join(from, `${certificate}.key`),
      }));
      const links = createPeerLinks(
        { node: name, nodes: options.nodes ?? defaults, tls: files },
        { next: () => 0.5 },
      );
      const recorder = new Recorder();
      await links.start(recorder);
      t.teardown(() => links.close());
      return recorder;
    },
  };
};

test('two nodes, one connection, frames both ways', async (t) => {
  const { start } = await setup(t);
  const lb2 = await start('lb2');
  const lb1 = await start('lb1');
  await lb1.until(() => lb1.opened.length === 1);
  await lb2.until(() => lb2.opened.length === 1);
  t.is(lb1.opened[0]?.peer, 'lb2');
  t.is(lb2.opened[0]?.peer, 'lb1');
  lb1.opened[0]?.send(Buffer.from('to lb2'));
  lb2.opened[0]?.send(Buffer.from('to lb1'));
  await lb2.until(() => lb2.frames.includes('to lb2'));
  await lb1.until(() => lb1.frames.includes('to lb1'));
  lb2.opened[0]?.close('enough');
  await lb2.until(() => lb2.closed.includes('enough'));
  await lb2.until(() => lb2.opened.length === 2);
  t.pass('and the dialling node comes back by itself');
});

test('a certificate of another authority is refused on either side, with the remedy', async (t) => {
  const { start } = await setup(t);
  const foreign = await folder(t);
  await initAuthority(foreign, 'prod');
  const lb2 = await start('lb2');
  const stranger = await start('lb1', { folder: foreign });
  await stranger.until(() => stranger.failures.length > 0);
  t.regex(stranger.failures[0] ?? '', /peer lb2 at 127\.0\.0\.1:\d+: .*not of this cluster's authority/);
  t.is(lb2.opened.length, 0);
});

test('a server refuses strangers: no certificate, a foreign one, an unknown node, its own name', async (t) => {
  const { dir, ports, start } = await setup(t);
  const foreign = await folder(t);
  await initAuthority(foreign, 'prod');
  const lb2 = await start('lb2');
  const dial = async (from: string, name: string | undefined): Promise<void> => {
    if (name) await issueCertificate(from, name).catch(() => {});
    const credentials = name && {
      cert: await readFile(join(from, `${name}.crt`)),
      key: await readFile(join(from, `${name}.key`)),
    };
    const socket = new WebSocket(`wss://127.0.0.1:${ports[1]}/`, {
      rejectUnauthorized: false,
      ...credentials,
    });
    await new Promise<void>((resolve) => {
      socket.on('error', () => {});
      socket.once('open', () => t.fail(`${name} of ${from} came in`));
      socket.once('close', () => resolve());
    });
  };
  await dial(dir, undefined);
  await dial(foreign, 'lb1');
  await dial(dir, 'lb9');
  await dial(dir, 'lb2');
  await lb2.until(() => lb2.failures.length === 4);
  t.regex(lb2.failures[0] ?? '', /it shows no certificate/);
  t.regex(lb2.failures[1] ?? '', /of 'lb1' by its own word, is not accepted .*issue one of this cluster/);
  t.regex(lb2.failures[2] ?? '', /says 'lb9', which is not among 'nodes' \(lb1\)/);
  t.regex(lb2.failures[3] ?? '', /this node's own name 'lb2'/);
  const lb1 = await start('lb1');
  await lb1.until(() => lb1.opened.length === 1);
  t.pass('nothing else disturbed');
});

test('a peer under another name than configured is not spoken to', async (t) => {
  const { start, ports } = await setup(t);
  await start('lb3', { nodes: [node('lb1', ports[0]!), node('lb3', ports[1]!)] });
  const lb1 = await start('lb1');
  await lb1.until(() => lb1.failures.length > 0);
  t.regex(lb1.failures[0] ?? '', /shows the certificate of 'lb3': correct 'nodes'/);
});

test('an oversized frame, and a text, close the connection and nothing else', async (t) => {
  const { dir, ports, start } = await setup(t);
  const lb2 = await start('lb2');
  await issueCertificate(dir, 'lb1');
  const dial = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`wss://127.0.0.1:${ports[1]}/`, {
      rejectUnauthorized: false,
      cert: await readFile(join(dir, 'lb1.crt')),
      key: await readFile(join(dir, 'lb1.key')),
    });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  };
  (await dial()).send(new Uint8Array(limits.syncFrameBytes + 1));
  await lb2.until(() => lb2.closed.length === 1);
  t.regex(lb2.closed[0] ?? '', /frame of more than 1048576 bytes/);
  (await dial()).send('hello');
  await lb2.until(() => lb2.closed.length === 2);
  t.regex(lb2.closed[1] ?? '', /text where only binary/);
  t.deepEqual(lb2.frames, []);
  const first = await dial();
  await dial();
  await lb2.until(() => lb2.closed.length === 3);
  t.regex(lb2.closed[2] ?? '', /replaced by a newer connection of lb1/);
  first.terminate();
});

test('wrong files are told at start', async (t) => {
  const { dir, start } = await setup(t);
  await issueCertificate(dir, 'lb9');
  await t.throwsAsync(start('lb1', { certificate: 'lb9' }), {
    message: /lb9\.crt belongs to 'lb9', this node is 'lb1'/,
  });
  await rm(join(dir, 'lb9.key'));
  await t.throwsAsync(start('lb1', { certificate: 'lb9' }), {
    message: /cannot read the node's key .*relevo cert/,
  });
});
