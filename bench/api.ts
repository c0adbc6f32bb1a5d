/**
 * nftlb's interface, from HTTP request to kernel: one more farm, one backend, one element of a policy, an element within a list of 100,000, and
 * reading 65,000 sessions; beside Debian's nftlb with the same farms, each in a fresh namespace. nftlb gets what it can take: up to 1,000
 * farms (it loads them for a minute), and a list of 10,000 (it did not finish with 100,000 within 100 s).
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNamespaces } from '../test/support/netns.js';
import { store } from './support/store.js';
import { type Figure, median, percentile, tableText } from './support/table.js';

interface Ours {
  readonly loadMs: number;
  readonly stateMs: readonly number[];
  readonly weightMs: readonly number[];
  readonly addMs: readonly number[];
  readonly elementMs: readonly number[];
  readonly longMs: number;
  readonly longAddMs: readonly number[];
  readonly longRemoveMs: readonly number[];
  readonly policyReadMs: readonly number[];
  readonly readMs: readonly number[];
  readonly otherMs: number;
}
interface Peer {
  readonly loadMs: number;
  readonly changeMs: readonly number[];
  readonly addMs: number;
  readonly elementMs: readonly number[];
  /** With few farms only. */
  readonly long?: { readonly listMs: number; readonly elementMs: readonly number[] };
  readonly readMs?: readonly number[];
}

const sizes = [10, 1_000, 10_000] as const;
const peerSizes: readonly number[] = [10, 100, 1_000];

const measure = async <T>(script: string, ...args: string[]): Promise<T> => {
  const namespaces = createNamespaces();
  try {
    const path = new URL(`./support/${script}`, import.meta.url).pathname;
    const output = namespaces.run(namespaces.add('a'), process.execPath, path, ...args);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
  } finally {
    await namespaces.dispose();
  }
};

/** @param args `--no-peer`; `--changes N` (default 200); `--farms N`: only this many. */
export const run = async (args: readonly string[]): Promise<void> => {
  const at = args.indexOf('--changes');
  const changes = at < 0 ? '200' : (args[at + 1] ?? '200');
  const only = args.indexOf('--farms');
  const wanted = only < 0 ? [...sizes, ...peerSizes] : [Number(args[only + 1])];
  const withPeer = !args.includes('--no-peer') && existsSync('/usr/sbin/nftlb');
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const figures: Figure[] = [];
  let [worst, longest, reading] = [0, 0, 0];
  for (const size of [...new Set(wanted)].sort((a, b) => a - b)) {
    const folder = mkdtempSync(join(tmpdir(), 'relevo-api-'));
    const ours = await measure<Ours>('api-process.mjs', String(size), changes, folder);
    rmSync(folder, { recursive: true });
    const peer =
      withPeer && peerSizes.includes(size)
        ? await measure<Peer>('nftlb-process.mjs', String(size), '10', 'more')
        : undefined;
    const add = (what: string, mine: readonly number[], other: readonly number[] = []): void => {
      figures.push({ what: `${size} farms: ${what}`, unit: 'ms', ours: mine, peer: other });
    };
    add('load', [ours.loadMs], peer && [peer.loadMs]);
    add('state of a backend', ours.stateMs, peer?.changeMs);
    add('weight of a backend', ours.weightMs);
    add('one more farm', ours.addMs, peer && [peer.addMs]);
    add('one more farm, 95 %', [percentile(ours.addMs, 0.95)]);
    add('element of a policy', ours.elementMs, peer?.elementMs);
    add('policy of 100,000 elements (nftlb: 10,000)', [ours.longMs], peer?.long && [peer.long.listMs]);
    add('… one more element', ours.longAddMs, peer?.long?.elementMs);
    add('… one more element, 95 %', [percentile(ours.longAddMs, 0.95)]);
    add('… one element less', ours.longRemoveMs);
    add('… read with counters', ours.policyReadMs);
    add('read 65,000 sessions', ours.readMs, peer?.readMs);
    add('longest wait of another request meanwhile', [ours.otherMs]);
    if (size === 10_000) {
      const { stateMs, weightMs, addMs, elementMs, longAddMs, longRemoveMs } = ours;
      worst = Math.max(...[stateMs, weightMs, addMs, elementMs].map(median));
      longest = Math.max(median(longAddMs), median(longRemoveMs));
      reading = median(ours.readMs);
    }
  }
  process.stdout.write(`${tableText(figures, 'nftlb 1.0.7')}\n`);
  const budget = (what: string, ms: number, mostMs: number): void => {
    process.stdout.write(
      `budget: ${what} ≤ ${mostMs} ms: ${ms.toFixed(2)} ms, ${ms <= mostMs ? 'met' : 'MISSED'}\n`,
    );
  };
  budget('one change at 10000 farms', worst, 2);
  budget('an element of a list of 100000', longest, 2);
  budget('reading 65000 sessions', reading, 300);
  const summary = figures.map(({ what, unit, ours, peer }) => ({
    what,
    unit,
    ours: median(ours),
    peer: peer.length > 0 ? median(peer) : null,
  }));
  process.stdout.write(
    `${store('api', { peer: 'nftlb 1.0.7 (Debian)', loadAverage: loadavg()[0], figures: summary })}\n`,
  );
};
