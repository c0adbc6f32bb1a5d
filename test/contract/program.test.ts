/** The built program as people start it: what it says, to whom, and what nftlb's flags do. Needs `npm run build`. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bind, bytesOfUnixAddress, close, readFd, socket } from '../../src/shell/libc.js';
import { builtProgram } from '../../src/shell/programs.js';
import { createSyslog } from '../../src/shell/syslog.js';
import { createNamespaces, systemPath } from '../support/netns.js';

const namespaces = createNamespaces();
const host = namespaces.add('h');
const folder = mkdtempSync(join(tmpdir(), 'relevo-program-'));
test.after.always(async () => {
  for (const pid of pids()) process.kill(pid, 'SIGKILL');
  await namespaces.dispose();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const inside = (environment: readonly string[], argv: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(
      '/usr/sbin/ip',
      ['netns', 'exec', host, 'env', ...environment, ...argv],
      { timeout: 60_000, env: { PATH: systemPath } },
      (error, stdout, stderr) => resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
const program = [process.execPath, builtProgram('bin/relevo.js')];
const relevo = (...args: readonly string[]): Promise<Ended> => inside([], [...program, ...args]);
const curl = async (key: string, url: string): Promise<string> =>
  (await inside([], ['curl', '-gsk', '-m', '10', '-w', '%{http_code}', '-H', `Key: ${key}`, url])).stdout;
const pids = (): number[] =>
  execFileSync('/usr/sbin/ip', ['netns', 'pids', host], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
/** Ends what runs in the background in there. */
const endAll = async (): Promise<void> => {
  for (const pid of pids()) process.kill(pid, 'SIGTERM');
  const end = performance.now() + 20_000;
  while (pids().length > 0 && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
};
const documentFile = (...farms: object[]): string => {
  const file = join(folder, 'farms.json');
  writeFileSync(file, JSON.stringify({ farms }));
  return file;
};
const farm = (changes: object = {}): object => ({
  name: 'web',
  'virtual-addr': '192.0.2.1',
  'virtual-ports': '80',
  mode: 'dnat',
  backends: [{ name: 'b1', 'ip-addr': '192.0.2.7', port: '8080', state: 'up' }],
  ...changes,
});
const ruleset = (): string => namespaces.run(host, 'nft', 'list', 'ruleset');

for (const command of ['agent', 'witness', 'nftlb']) {
  test.serial(`${command}: a configuration that is not there is named on standard error`, async (t) => {
    const { status, stderr } = await relevo(command, '-c', '/nonexistent/file');
    t.is(status, 1);
    t.regex(stderr, /\/nonexistent\/file: no such file/);
  });
}

test.serial(
  '-c -e: applies and ends, the rules stay; -l and -L say how much is logged, and where',
  async (t) => {
    const ended = await relevo('nftlb', '-e', '-c', documentFile(farm()), '-l', '7', '-L', '1');
    t.is(ended.status, 0, ended.stderr);
    t.regex(ended.stdout, /"level":20/);
    t.notRegex(ended.stdout, /Key:/);
    t.is(ended.stderr, '');
    t.regex(ruleset(), /192\.0\.2\.1 \. tcp \. 80/);
    const quiet = await relevo('nftlb', '-e', '-c', documentFile(farm()), '-l', '3');
    t.deepEqual(quiet, { status: 0, stdout: '', stderr: '' });
  },
);

test.serial('-e: what is not served is named, and the status says so; the rest is in force', async (t) => {
  const dsr = farm({
    name: 'two',
    'virtual-addr': '192.0.2.2',
    mode: 'dsr',
    backends: [{ name: 'x', 'ip-addr': '192.0.2.9' }],
  });
  const { status, stderr } = await relevo('nftlb', '-e', '-c', documentFile(farm(), dsr), '-l', '3');
  t.is(status, 1);
  t.regex(stderr, /farms\['two'\]/);
  t.regex(ruleset(), /192\.0\.2\.1 \. tcp \. 80/);
});

test.serial('-d -6 -P -k: returns when ::1 answers at that port to that key alone', async (t) => {
  const ended = await relevo('nftlb', '-d6', '-P', '5600', '-k', 'the key');
  t.is(ended.status, 0, ended.stderr);
  t.is(pids().length, 1);
  t.regex(await curl('the key', 'http://[::1]:5600/farms'), /"farms"[\s\S]*200$/);
  t.is(await curl('another', 'http://[::1]:5600/farms'), '401');
  await endAll();
});

test.serial('-d: an address that is taken is told to whoever started it', async (t) => {
  await relevo('nftlb', '-d', '-k', 'the key', '-P', '5601');
  const second = await relevo('nftlb', '-d', '-k', 'the key', '-P', '5601');
  t.is(second.status, 1);
  t.regex(second.stderr, /another program listens there/);
  await endAll();
});

test.serial('-H; an empty key does not count, one from the environment does; HTTPS', async (t) => {
  namespaces.run(host, 'ip', 'addr', 'add', '192.0.2.50/32', 'dev', 'lo');
  const cert = join(folder, 'api.crt');
  const key = join(folder, 'api.key');
  await inside(
    [],
    [
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=x',
      '-keyout',
      key,
      '-out',
      cert,
    ],
  );
  const args = ['nftlb', '-d', '-H', '192.0.2.50', '-k', '', '--tls-cert', cert, '--tls-key', key];
  const ended = await inside(['NFTLB_SERVER_KEY=from outside'], [...program, ...args]);
  t.is(ended.status, 0, ended.stderr);
  t.notRegex(ended.stdout, /Key:/);
  t.regex(await curl('from outside', 'https://192.0.2.50:5555/farms'), /200$/);
  for (const pid of pids()) process.kill(pid, 'SIGHUP');
  t.regex(await curl('from outside', 'https://192.0.2.50:5555/farms'), /200$/);
  await endAll();
  const wrong = await relevo('nftlb', '--tls-cert', key, '--tls-key', key);
  t.regex(wrong.stderr, /api\.key: no certificate in PEM/);
});

test.serial('--key-file: the key is its content', async (t) => {
  const file = join(folder, 'key');
  writeFileSync(file, 'from a file\n', { mode: 0o600 });
  const ended = await relevo('nftlb', '-d', '--key-file', file);
  t.is(ended.status, 0, ended.stderr);
  t.regex(await curl('from a file', 'http://127.0.0.1:5555/farms'), /200$/);
  t.is(await curl('from a fil', 'http://127.0.0.1:5555/farms'), '401');
  await endAll();
});

test.serial('a witness lives on when it is told to reload', async (t) => {
  const [config, secretFile] = [join(folder, 'witness.yaml'), join(folder, 'secret')];
  writeFileSync(secretFile, 'x'.repeat(32), { mode: 0o600 });
  writeFileSync(config, JSON.stringify({ cluster: 'prod', listen: ['127.0.0.1:7420'], secretFile }));
  const witness = namespaces.start(host, process.execPath, ...program.slice(1), 'witness', '-c', config);
  const ended = new Promise((resolve) => witness.once('exit', (...why) => resolve(why)));
  const end = performance.now() + 20_000;
  while (!/127\.0\.0\.1:7420/.test(namespaces.run(host, 'ss', '-lun')) && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
  for (const pid of pids()) process.kill(pid, 'SIGHUP');
  const later = new Promise((resolve) => setTimeout(resolve, 300, 'still there'));
  t.is(await Promise.race([ended, later]), 'still there');
  await endAll();
  t.deepEqual(await ended, [0, null]);
});

test.serial('without a key one is made and printed, and it is the key', async (t) => {
  const { stdout } = await relevo('nftlb', '-d');
  const [, key = ''] = /^Key: (\S+)$/m.exec(stdout) ?? [];
  t.regex(await curl(key, 'http://127.0.0.1:5555/farms'), /200$/);
  await endAll();
});

test.serial(
  '-S and -m are taken, and say that they do nothing; values that mean nothing are refused',
  async (t) => {
    const { status, stderr } = await relevo('nftlb', '-e', '-S', '-m', '0x80000000', '-l', '6');
    t.is(status, 0);
    t.regex(stderr, /--serial has no effect/);
    t.regex(stderr, /--masquerade-mark has no effect/);
    for (const wrong of [
      ['-m', 'xyz'],
      ['-l', '8'],
      ['-L', '5'],
      ['-P', '70000'],
    ]) {
      t.is((await relevo('nftlb', '-e', ...wrong)).status, 1, wrong.join(' '));
    }
  },
);

test.serial('syslog gets a line with its severity', (t) => {
  const path = join(folder, 'log');
  const fd = socket(1, 2, 0);
  const address = bytesOfUnixAddress(path);
  t.is(bind(fd, address, address.length), 0);
  createSyslog('relevo', path).write('{"level":40,"msg":"careful"}\n');
  const bytes = new Uint8Array(512);
  const length = Number(readFd(fd, bytes, bytes.length));
  close(fd);
  t.regex(
    Buffer.from(bytes.subarray(0, length)).toString(),
    /^<28>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d relevo\[\d+\]: \{"level":40,"msg":"careful"\}$/,
  );
});
