/**
 * Whether two kernels have the same persistence entries: told by the program `nft`, which shares nothing with what is judged. Lifetimes are
 * compared, too: the copy may be at most half a lifetime short, and no longer than the original by more than what was under way.
 */

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPath } from './netns.js';

export interface KernelEntry {
  /** `address:port` of the backend. */
  readonly backend: string;
  readonly ttlS: number;
  readonly remainingS: number;
}

/** By `client address protocol port`. */
export type KernelMap = ReadonlyMap<string, KernelEntry>;

/** By way of a file: `nft` writes a hundred bytes at a time, and a reader that is woken for each makes half an hour of a million entries. */
const run = (args: readonly string[]): Promise<string> => {
  const dir = mkdtempSync(join(tmpdir(), 'relevo-map-'));
  const path = join(dir, 'listing');
  const file = openSync(path, 'w');
  const child = spawn('/usr/sbin/ip', args, {
    env: { PATH: systemPath },
    stdio: ['ignore', file, 'pipe'],
  });
  closeSync(file);
  let errors = '';
  child.stderr?.on('data', (part) => {
    errors += part;
  });
  return new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(readFileSync(path, 'utf8'))
        : reject(new Error(errors || `nft ended with ${code}`)),
    );
  }).finally(() => rmSync(dir, { recursive: true, force: true }));
};

const factors: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 };
/** 4m59s384ms → 299.384 */
const seconds = (text: string): number => {
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+)(ms|[dhms])/g)) sum += Number(number) * factors[unit!]!;
  return sum;
};

const element =
  /([\d.]+) \. ([\d.]+) \. (\w+) \. (\d+)(?: timeout (\w+))?(?: expires (\w+))? : ([\d.]+) \. (\d+)/g;

export const parseMap = (listing: string): KernelMap => {
  const map = new Map<string, KernelEntry>();
  const ttls = new Map<string, number>();
  for (const [, client, address, protocol, port, ttl = '', expires, backend, backendPort] of listing.matchAll(
    element,
  )) {
    const ttlS = ttls.get(ttl) ?? seconds(ttl);
    ttls.set(ttl, ttlS);
    const remainingS = expires === undefined ? ttlS : seconds(expires);
    map.set(`${client} ${address} ${protocol} ${port}`, {
      backend: `${backend}:${backendPort}`,
      ttlS,
      remainingS,
    });
  }
  return map;
};

export const readKernelMap = async (namespace: string): Promise<KernelMap> =>
  parseMap(await run(['netns', 'exec', namespace, 'nft', '-n', 'list', 'map', 'ip', 'relevo', 'persist']));

export interface MapTolerance {
  /** Of the two listings, which are not of one moment, and of what is under way, in seconds. */
  readonly apartS: number;
}

/** What differs; at most three of a kind, as thousands say no more. */
export const compareMaps = (
  origin: KernelMap,
  copy: KernelMap,
  { apartS }: MapTolerance = { apartS: 3 },
): string[] => {
  const problems = new Map<string, string[]>();
  const note = (kind: string, text: string): void => {
    const noted = problems.get(kind) ?? [];
    problems.set(kind, noted);
    noted.push(text);
  };
  for (const [key, entry] of origin) {
    const other = copy.get(key);
    if (!other) {
      // It may have ended between the two listings.
      if (entry.remainingS > apartS) note('missing', key);
    } else if (other.backend !== entry.backend) note('moved', `${key}: ${entry.backend}, ${other.backend}`);
    else if (other.remainingS < entry.remainingS - entry.ttlS / 2 - apartS)
      note('short', `${key}: ${entry.remainingS} s, ${other.remainingS} s`);
    else if (other.remainingS > entry.remainingS + apartS)
      note('long', `${key}: ${entry.remainingS} s, ${other.remainingS} s`);
  }
  for (const [key, entry] of copy) {
    if (!origin.has(key) && entry.remainingS > apartS) note('stray', key);
  }
  return [...problems].map(([kind, texts]) => `${texts.length} ${kind}: ${texts.slice(0, 3).join('; ')}`);
};
