// nftlb's interface as it is shipped (dist/), in the namespace this process was started in: `api-process.mjs <services> <changes>`.
// Every figure is from the first byte of the HTTP request to the last of its answer, over one connection; prints them as JSON.

import { execFile } from 'node:child_process';
import { Agent, request } from 'node:http';
import { promisify } from 'node:util';
import { createNftlbApi } from '../../dist/api/nftlb/api.js';
import { createReconciler } from '../../dist/app/reconcile.js';
import { createServicesInForce } from '../../dist/app/services-in-force.js';
import { createServicesStore } from '../../dist/app/services-store.js';
import { persistElement, persistMap, serviceTable } from '../../dist/ruleset/layout.js';
import { createFiles } from '../../dist/shell/files.js';
import { createNft } from '../../dist/shell/nft.js';
import { createPersistenceMap } from '../../dist/shell/persistence-map.js';
import { changes, element, farm, farms, listed, resultOf } from './farms.mjs';

const [count, times, folder] = process.argv.slice(2);
const services = Number(count);
const log = { debug() {}, info() {}, warn: console.error, error: console.error, child: () => log };
const clock = { nowMs: () => performance.now() };
const nft = createNft({ log });
const engine = createReconciler(
  { nft, log, clock, persistence: createPersistenceMap() },
  { floating: [], protect: false },
);
const store = createServicesStore(createFiles(), folder, log);
const api = createNftlbApi(createServicesInForce(engine, store), { isKey: () => true, log });
await api.listen({ host: '127.0.0.1', port: 5555 });

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const startMs = performance.now();
    const sent = request({ agent, method, path, host: '127.0.0.1', port: 5555, headers: { Key: 'bench' } });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      let size = 0;
      let text = '';
      answer.on('data', (data) => {
        size += data.length;
        if (size < 2_000) text += data;
      });
      answer.on('end', () => {
        if (answer.statusCode !== 200) reject(new Error(`${method} ${path}: ${text}`));
        else resolve({ ms: performance.now() - startMs, size });
      });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
const several = async (each) => {
  const list = [];
  for (let index = 0; index < Number(times); index++) list.push((await call(...each(index))).ms);
  return list;
};

const loadMs = (await call('POST', '/farms', { farms: farms(services) })).ms;
const states = changes(services, Number(times));
const stateMs = await several((index) => [
  'PUT',
  '/farms',
  { farms: [{ name: states[index].name, backends: [{ name: 'b2', state: states[index].state }] }] },
]);
const weightMs = await several((index) => [
  'PUT',
  '/farms',
  { farms: [{ name: states[index].name, backends: [{ name: 'b3', weight: String(2 + (index % 5)) }] }] },
]);
const addMs = await several((index) => ['POST', '/farms', { farms: [farm(services + index)] }]);
await call('POST', '/policies', { policies: [{ name: 'list', elements: [{ data: '10.98.0.0/16' }] }] });
await call('POST', '/farms', { farms: [{ name: 's0', policies: [{ name: 'list' }] }] });
const elementMs = await several((index) => [
  'POST',
  '/policies',
  { policies: [{ name: 'list', elements: [{ data: element(index) }] }] },
]);
const longMs = (await call('POST', '/policies', { policies: [{ name: 'long', elements: listed(100_000) }] }))
  .ms;
await call('POST', '/farms', { farms: [{ name: 's0', policies: [{ name: 'long' }] }] });
// Its document of 12 MB is written once, in slices between other requests: what those wait is not what a change costs.
await store.flush();
const longAddMs = await several((index) => [
  'POST',
  '/policies',
  { policies: [{ name: 'long', elements: [{ data: element(index) }] }] },
]);
const longRemoveMs = await several((index) => ['DELETE', `/policies/long/elements/${element(index)}`]);
const policyReadMs = [];
for (let run = 0; run < 3; run++) policyReadMs.push((await call('GET', '/policies/long')).ms);

// Sessions as packets would make them.
const sessions = 65_000;
await call('POST', '/farms', {
  farms: [{ ...farm(services + Number(times)), name: 'many', persistence: 'srcip' }],
});
const { endpoints, backends } = engine.view().services.get('many');
for (let from = 0; from < sessions; from += 5_000) {
  const elements = Array.from({ length: 5_000 }, (_, index) =>
    persistElement({
      client: `10.${80 + ((from + index) >> 16)}.${((from + index) >> 8) & 255}.${(from + index) & 255}`,
      address: endpoints[0].address,
      protocol: 'tcp',
      port: endpoints[0].port,
      backendAddress: backends[0].address,
      backendPort: backends[0].port,
      ttlMs: 600_000,
      remainingMs: 600_000,
    }),
  );
  await nft.commit({
    reason: 'sessions',
    operations: [{ op: 'add-elements', table: serviceTable, set: persistMap, elements }],
  });
}
// The document that this farm is in is written meanwhile otherwise.
await store.flush();
const readMs = [];
let otherMs = 0;
// By another process: what it does with 10 MB is not what they cost here.
const read = async () => {
  const url = 'http://127.0.0.1:5555/farms/many/sessions';
  const options = ['--silent', '--fail', '--header', 'Key: bench', '--output', '/dev/null'];
  const { stdout } = await promisify(execFile)('curl', [...options, '--write-out', '%{time_total}', url]);
  return Number(stdout) * 1000;
};
for (let run = 0; run < 7; run++) readMs.push(await read());
// What somebody else waits meanwhile, over a connection of his own.
let isRead = false;
const reading = read().then(() => {
  isRead = true;
});
while (!isRead) otherMs = Math.max(otherMs, (await call('GET', '/farms/s0')).ms);
await reading;
await store.flush();
resultOf({
  loadMs,
  stateMs,
  weightMs,
  addMs,
  elementMs,
  longMs,
  longAddMs,
  longRemoveMs,
  policyReadMs,
  readMs,
  otherMs,
});
process.exit(0);
