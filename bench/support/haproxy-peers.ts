/**
 * Debian's HAProxy beside us: two instances that keep one stick table in step by its peers protocol, over loopback in a namespace of their own.
 * Entries are set on the first by its runtime interface, as fast as it takes them or at a pace, and looked for on the second. There is no
 * packet in it, no connection tracking, no kernel map and no TLS: its path is the shorter one.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNamespaces } from '../../test/support/netns.js';

export const haproxyProgram = '/usr/sbin/haproxy';

export interface HaproxyFigures {
  /** Milliseconds from writing the command to finding the entry on the other instance, of entries looked for one at a time. */
  readonly lagsMs: readonly number[];
  /** Entries a second, from the first command to the last entry on the other instance. */
  readonly perSecond: number;
  /** The same, until the first instance had all of them. */
  readonly setPerSecond: number;
}

const names = ['a', 'b'] as const;
const configuration = (folder: string, name: string): string => `global
  stats socket ${folder}/${name}.sock mode 600 level admin
  stats timeout 1h
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
peers both
  peer a 127.0.0.1:10001
  peer b 127.0.0.1:10002
backend clients
  stick-table type ip size 2m expire 300s store gpc0 peers both
`;

/** One line of its runtime interface at a time, over a connection that stays open. */
const createConsole = async (path: string) => {
  const deadline = performance.now() + 10_000;
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(socket));
      socket.once('error', reject);
    });
  let socket: Socket | undefined;
  while (!socket) {
    socket = await open().catch(() => undefined);
    if (performance.now() > deadline) throw new Error('HAProxy has not started');
    if (!socket) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stream = socket.setEncoding('latin1');
  let text = '';
  let wake: (() => void) | undefined;
  stream.on('data', (part: string) => {
    text += part;
    wake?.();
  });
  /** Sends a line; its answer ends with the next prompt. */
  const ask = async (line: string): Promise<string> => {
    stream.write(`${line}\n`);
    while (!text.endsWith('\n> ')) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const answer = text;
    text = '';
    return answer;
  };
  await ask('prompt');
  return { ask, close: () => stream.destroy() };
};

const address = (number: number): string =>
  `10.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
const setting = (number: number): string => `set table clients key ${address(number)} data.gpc0 1`;
/** As many as fit into its buffer of 16 KiB. */
const linesPerWrite = 200;

export const measureHaproxy = async (amounts: {
  readonly lags: number;
  readonly perSecond: number;
  readonly bulk: number;
}): Promise<HaproxyFigures> => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-haproxy-'));
  const namespaces = createNamespaces();
  try {
    const namespace = namespaces.add('h');
    for (const name of names) {
      const file = join(folder, `${name}.cfg`);
      writeFileSync(file, configuration(folder, name));
      namespaces.start(namespace, haproxyProgram, '-db', '-L', name, '-f', file);
    }
    const [one, other] = [
      await createConsole(join(folder, 'a.sock')),
      await createConsole(join(folder, 'b.sock')),
    ];
    const used = async (side: typeof one): Promise<number> =>
      Number(/used:(\d+)/.exec(await side.ask('show table'))?.[1] ?? Number.NaN);
    const until = async (isThere: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> => {
      const deadline = performance.now() + timeoutMs;
      while (!(await isThere())) {
        if (performance.now() > deadline) throw new Error('HAProxy: the entries have not arrived');
      }
    };
    let next = 0;
    // They find each other first.
    await one.ask(setting(next++));
    await until(async () => (await used(other)) === 1);

    // At the pace asked for; the first of each millisecond's is looked for.
    const perTurn = Math.max(1, Math.round(amounts.perSecond / 1000));
    const lagsMs: number[] = [];
    while (lagsMs.length < amounts.lags) {
      const turnMs = performance.now();
      const probe = address(next);
      const lines = Array.from({ length: perTurn }, () => setting(next++));
      const isThere = async () =>
        (await other.ask(`show table clients key ${probe}`)).includes(`key=${probe} `);
      const written = one.ask(lines.join(';'));
      await until(isThere);
      lagsMs.push(performance.now() - turnMs);
      await written;
      while (performance.now() - turnMs < 1) await new Promise((resolve) => setImmediate(resolve));
    }

    const total = next + amounts.bulk;
    const startMs = performance.now();
    while (next < total) {
      const count = Math.min(linesPerWrite, total - next);
      await one.ask(Array.from({ length: count }, () => setting(next++)).join(';'));
    }
    const setMs = performance.now() - startMs;
    await until(async () => (await used(other)) >= total);
    const tookMs = performance.now() - startMs;
    one.close();
    other.close();
    return {
      lagsMs,
      perSecond: (amounts.bulk / tookMs) * 1000,
      setPerSecond: (amounts.bulk / setMs) * 1000,
    };
  } finally {
    await namespaces.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
};
