/** Packets through real rules on one node end as elements in the real map of the other. */

import test from 'ava';
import type { PersistenceEntry } from '../../src/model/persistence.js';
import type { Nft } from '../../src/ports.js';
import { persistEntry, persistMap, serviceTable } from '../../src/ruleset/layout.js';
import { createSyncBed, syncService } from '../support/sync-bed.js';

const bed = await createSyncBed();
test.after.always(() => bed.dispose());

const kernelEntries = async (nft: Nft): Promise<Map<string, PersistenceEntry>> => {
  const elements = await nft.dumpElements(serviceTable, persistMap.name);
  return new Map(
    elements.flatMap((element) => {
      const entry = persistEntry(element);
      return entry ? [[entry.client, entry] as const] : [];
    }),
  );
};

const until = async (what: string, condition: () => Promise<boolean> | boolean): Promise<void> => {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not happen within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

test.serial('new clients, a restart, lost reports and a failed backend, on real kernels', async (t) => {
  const lb1 = bed.node('lb1');
  const lb2 = bed.node('lb2');
  await lb1.start();
  await lb2.start();
  lb1.replicator.setActive('front', 1, true);
  await until('in sync', () => lb2.replicator.status().peers[0]?.state === 'in sync');

  t.is((await bed.flood(0, 1000, 5000)).failed, 0);
  await until('1000 entries', async () => (await kernelEntries(lb2.nft)).size === 1000);
  const [origin, copy] = [await kernelEntries(lb1.nft), await kernelEntries(lb2.nft)];
  t.is(origin.size, 1000);
  for (const [client, entry] of origin) {
    const other = copy.get(client);
    t.is(other?.backendPort, entry.backendPort, client);
    t.is(other?.ttlMs, 300_000);
    t.true(
      Math.abs(other!.remainingMs - entry.remainingMs) < 3_000,
      `${client}: ${other?.remainingMs} ${entry.remainingMs}`,
    );
  }
  t.is(lb1.replicator.status().reports, 1000);
  t.like(await lb1.replicator.verify(), { consistent: true, lines: [], differences: [] });
  t.regex(
    bed.nft(bed.lb2, 'list', 'map', 'ip', 'relevo', 'persist'),
    /10\.64\.3\.231 \. 198\.51\.100\.10 \. udp \. 53/,
  );

  // By a foreign hand, in the kernel of the standby: named entry by entry.
  const key = (client: string): string => `${client} . 198.51.100.10 . udp . 53`;
  const element = (client: string, rest: string): string =>
    `add element ip relevo persist { ${key(client)} ${rest} }; `;
  bed.nft(
    bed.lb2,
    `delete element ip relevo persist { ${key('10.64.0.1')}, ${key('10.64.0.2')}, ${key('10.64.0.3')} }; ` +
      element('10.64.0.2', `timeout 300s : 10.51.0.2 . ${16_003 - origin.get('10.64.0.2')!.backendPort}`) +
      element('10.64.0.3', `timeout 300s expires 60s : 10.51.0.2 . ${origin.get('10.64.0.3')!.backendPort}`) +
      element('10.99.0.1', 'timeout 300s : 10.51.0.2 . 8001'),
  );
  const { consistent, differences } = await lb1.replicator.verify();
  t.false(consistent);
  t.deepEqual(
    differences.map(({ node, service, client, what }) => `${node} ${service} ${client} ${what}`).sort(),
    [
      'lb2 dns 10.64.0.1 missing',
      'lb2 dns 10.64.0.2 backend',
      'lb2 dns 10.64.0.3 lifetime',
      'lb2 dns 10.99.0.1 extra',
    ],
  );

  await lb2.stop();
  bed.nft(bed.lb2, 'flush', 'ruleset');
  await bed.flood(1000, 500, 5000);
  const again = bed.node('lb2');
  await again.start();
  await until('a snapshot', async () => (await kernelEntries(again.nft)).size === 1500);
  await until('readiness', () => again.replicator.readiness().ready);

  await lb1.stop();
  await until('loss noticed', () => !again.replicator.status().peers[0]?.connected);
  t.true(again.replicator.readiness().ready);
  t.is((await kernelEntries(again.nft)).size, 1500, 'a takeover has nothing left to load');
  await again.stop();
});

test.serial('negative control: with replication off nothing is reported and nothing arrives', async (t) => {
  const lb1 = bed.node('lb1', { enabled: false });
  const lb2 = bed.node('lb2', { service: syncService({ persistTtlMs: 299_000 }) });
  bed.nft(bed.lb1, 'flush', 'ruleset');
  bed.nft(bed.lb2, 'flush', 'ruleset');
  await lb1.start();
  await lb2.start();
  lb1.replicator.setActive('front', 3, true);
  await bed.flood(5000, 200, 5000);
  t.is((await kernelEntries(lb1.nft)).size, 200);
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.is((await kernelEntries(lb2.nft)).size, 0);
  t.false(bed.nft(bed.lb1, 'list', 'ruleset').includes('log group'));
});
