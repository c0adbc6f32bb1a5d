// The rule engine as it is shipped (dist/), in the namespace this process was started in: `engine-process.mjs <services> <changes>`.
// Parses, loads, changes backends, adds a service, restarts; prints its figures as JSON.

import { readFileSync } from 'node:fs';
import { createReconciler } from '../../dist/app/reconcile.js';
import { parseServices } from '../../dist/config/services.js';
import { createNft } from '../../dist/shell/nft.js';
import { changes, farm, farms, resultOf } from './farms.mjs';

const [count, times] = process.argv.slice(2).map(Number);
const log = { debug() {}, info() {}, warn: console.error, error: console.error, child: () => log };
const clock = { nowMs: () => performance.now() };
const context = { floating: [], protect: false };
const rssMiB = () => process.memoryUsage.rss() / 2 ** 20;

/** How long this thread was ready and had no processor, so far: what other programs cost it (proc(5), schedstat). */
const waitedMs = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;

const timed = async (job) => {
  const startMs = performance.now();
  const result = await job();
  return [performance.now() - startMs, result];
};

const read = (text) => {
  const parsed = parseServices(text);
  if (parsed.problems) throw new Error(JSON.stringify(parsed.problems[0]));
  return parsed.document;
};

const nft = createNft({ log });
const engine = createReconciler({ nft, log, clock }, context);
const stopWatching = new AbortController();
const watching = engine.run(stopWatching.signal);
const startRssMiB = rssMiB();
const text = JSON.stringify({ farms: farms(count) });
const [parseMs, document] = await timed(async () => read(text));
const cpuBefore = process.cpuUsage();
const waitedBeforeMs = waitedMs();
const [loadMs, { operations }] = await timed(() => engine.apply(document));
const loadWaitedMs = waitedMs() - waitedBeforeMs;
const { user, system } = process.cpuUsage(cpuBefore);
const loadCpuMs = (user + system) / 1000;
const loadedRssMiB = rssMiB();

const changeMs = [];
for (const { name, state } of changes(count, times)) {
  const [ms] = await timed(() => engine.setBackendState(name, 'b2', state));
  changeMs.push(ms);
}

const more = read(JSON.stringify({ farms: [...farms(count), farm(count)] }));
const [addMs] = await timed(() => engine.apply(more));

const heir = createReconciler({ nft, log, clock }, context);
const [adoptMs] = await timed(async () => {
  await heir.adopt();
  await heir.apply(more);
});
stopWatching.abort();
await watching;
nft.close();
resultOf({
  parseMs,
  loadMs,
  loadCpuMs,
  loadWaitedMs,
  operations,
  changeMs,
  addMs,
  adoptMs,
  startRssMiB,
  rssMiB: loadedRssMiB,
});
