// dsr or stlsdnat services in the rule engine as it is shipped (dist/): `stateless-process.mjs <services> <changes> <mode>`, in a namespace
// of its own. Loads, changes backends (the first change begins the first transit); prints its figures as JSON.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createReconciler } from '../../dist/app/reconcile.js';
import { parseServices } from '../../dist/config/services.js';
import { createNft } from '../../dist/shell/nft.js';
import { changes, farms, resultOf } from './farms.mjs';

const [count, times] = process.argv.slice(2, 4).map(Number);
const mode = process.argv[4] ?? 'dsr';
const log = { debug() {}, info() {}, warn: console.error, error: console.error, child: () => log };
const clock = { nowMs: () => performance.now() };
const device = 'front0';
execFileSync('/usr/sbin/ip', ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'front1']);
execFileSync('/usr/sbin/ip', ['link', 'set', device, 'up']);
const link = {
  name: device,
  index: Number(readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8')),
  etherAddress: '02:00:00:00:00:01',
};
const facts = {
  devices: [device],
  link: () => link,
  neighbour: (address) => ({
    etherAddress: `02:01:${address
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join(':')}`,
    device: link.name,
    index: link.index,
  }),
  supports: () => true,
};
/** How long this thread was ready and had no processor, so far: what other programs cost it (proc(5), schedstat). */
const waitedMs = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
const timed = async (job) => {
  const startMs = performance.now();
  const startWaitedMs = waitedMs();
  await job();
  return [performance.now() - startMs, waitedMs() - startWaitedMs];
};

const ports = (backend) => (mode === 'dsr' ? { ...backend, port: '' } : backend);
const { document, problems } = parseServices(
  JSON.stringify({
    farms: farms(count).map((farm) => ({ ...farm, mode, backends: farm.backends.map(ports) })),
  }),
);
if (problems) throw new Error(JSON.stringify(problems[0]));
const nft = createNft({ log });
const engine = createReconciler({ nft, log, clock, facts }, { floating: [], protect: false });
const [loadMs, loadWaitedMs] = await timed(() => engine.apply(document));
if (engine.shortcomings().length > 0) throw new Error(JSON.stringify(engine.shortcomings()[0]));
/** Less what other programs cost. */
const changeOwnMs = [];
const changeMs = [];
for (const { name, state } of changes(count, times)) {
  const [ms, waited] = await timed(() => engine.setBackendState(name, 'b2', state));
  changeMs.push(ms);
  changeOwnMs.push(ms - waited);
}
nft.close();
resultOf({ loadMs, loadWaitedMs, changeMs, changeOwnMs, rssMiB: process.memoryUsage.rss() / 2 ** 20 });
