/** What the contract tests share: a fresh namespace with an Nft inside, stock nft as the judge, and short forms of values. */

import { execFileSync } from 'node:child_process';
import type { DataType, ElementBytes, Field, Key, Literal, Operation } from '../../src/netlink/nft/ast.js';
import type { Log, Nft } from '../../src/ports.js';
import { createNft } from '../../src/shell/nft.js';
import { enterNamespace } from '../support/inside.js';
import { createNamespaces, systemPath, type TestNamespaces } from '../support/netns.js';

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};

export interface Kernel {
  readonly namespaces: TestNamespaces;
  readonly namespace: string;
  readonly nft: Nft;
  commit(...operations: Operation[]): Promise<void>;
  /** Stock nft, as a foreign hand; throws with its stderr. */
  stockNft(...args: string[]): string;
  dispose(): Promise<void>;
}

/** Moves this test process into a new namespace for good. */
export const enterKernel = (): Kernel => {
  const namespaces = createNamespaces();
  const namespace = namespaces.add('k');
  enterNamespace(namespace);
  const nft = createNft({ log: silentLog });
  return {
    namespaces,
    namespace,
    nft,
    commit: (...operations) => nft.commit({ reason: 'contract test', operations }),
    stockNft: (...args) =>
      execFileSync('/usr/sbin/nft', args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: systemPath },
        maxBuffer: 256 * 1024 * 1024,
      }),
    async dispose() {
      nft.close();
      await namespaces.dispose();
    },
  };
};

/** Stock nft aborts on some shapes (FACTS): it must list what is installed, as text and as JSON. */
export const listing = (kernel: Kernel): string => {
  kernel.stockNft('-j', 'list', 'ruleset');
  return kernel.stockNft('list', 'ruleset');
};

/** Lines of one chain in a listing, without its hook line, counters at their start values dropped. */
export const chainLines = (text: string, chain: string): string[] => {
  const lines = text.split('\n').map((line) => line.trim());
  const from = lines.indexOf(`chain ${chain} {`);
  if (from < 0) throw new Error(`no chain ${chain} in:\n${text}`);
  return lines
    .slice(from + 1, lines.indexOf('}', from))
    .filter((line) => !line.startsWith('type '))
    .map((line) => line.replaceAll('counter packets 0 bytes 0', 'counter'));
};

/** The body of a set in a listing, one statement a line, elements left out. */
export const setLines = (text: string, set: string): string[] => {
  const lines = text.split('\n').map((line) => line.trim());
  const from = lines.findIndex((line) => line === `set ${set} {` || line === `map ${set} {`);
  if (from < 0) throw new Error(`no set ${set} in:\n${text}`);
  const body = lines.slice(from + 1, lines.indexOf('}', from));
  return body.filter((line) => !line.startsWith('elements') && !line.endsWith('}'));
};

export const fields = (...names: Field[]): Key => names.map((field) => ({ kind: 'field', field }) as const);
export const ip4 = (text: string): Uint8Array => Uint8Array.from(text.split('.'), Number);
/** From the first groups; the rest is zero. -1 is a group of ones. */
export const ip6 = (...groups: number[]): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, at) => ((groups[at >> 1] ?? 0) >> (at % 2 === 0 ? 8 : 0)) & 0xff);
export const port = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 0xff);
export const u32 = (number: number): Uint8Array => new Uint8Array(Uint32Array.of(number).buffer);
export const literal = (type: DataType, bytes: Uint8Array): Literal => ({ type, bytes });

/** Parts joined as registers: each padded to four bytes. */
export const concat = (...parts: Uint8Array[]): Uint8Array => {
  const padded = parts.map((part) => {
    const bytes = new Uint8Array((part.length + 3) & ~3);
    bytes.set(part);
    return bytes;
  });
  const whole = new Uint8Array(padded.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of padded) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const keysOf = (elements: readonly ElementBytes[]): string[] =>
  elements.map((element) => element.key.join('.')).sort();
