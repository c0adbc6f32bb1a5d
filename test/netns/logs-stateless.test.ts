/** Log lines of services without connection tracking: SYNs of tcp, datagrams, as they come in; and of their limits. */

import test from 'ava';
import { followServiceLog } from '../../src/app/service-log.js';
import type { Ip } from '../../src/model/address.js';
import { plainContext } from '../../src/ruleset/context.js';
import { createPacketLog } from '../../src/shell/packet-log.js';
import { backendAddress6, vip, vip6 } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { answered, eventually } from '../support/limits-bed.js';
import { backendsAt, plainService, port } from '../support/services.js';
import { createStatelessBed } from '../support/stateless-bed.js';
import { datagram, request } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 1 });
const group = 7022;
const lines: string[] = [];
const packets = insideNamespace(bed.lb, () => createPacketLog({ group }));
followServiceLog({
  packets,
  write: (prefix, facts) => lines.push(`${prefix} ${facts?.to} ${facts?.protocol} ${facts?.destinationPort}`),
  lost: () => {},
});
await packets.ready;
test.after.always(async () => {
  packets.close();
  await bed.dispose();
});

test.serial('one line per connection, IPv4 and IPv6', async (t) => {
  const engine = await bed.statelessEngine({ ...plainContext, serviceLogGroup: group });
  await engine.reconciler.apply({
    services: [
      plainService({
        mode: 'dsr',
        family: 'dual',
        log: { points: ['input', 'output'], prefix: 'TYPE|FNAME|ANAME' },
        addresses: [
          { address: vip as Ip, protocol: 'all', ports: [port(80)] },
          { name: 'six', address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] },
        ],
        endpoints: [],
        scheduler: 'weight',
        backends: [
          ...backendsAt(1).map(({ port: _port, ...one }) => one),
          ...backendsAt(1, {}, backendAddress6).map(({ port: _port, ...one }) => ({ ...one, name: 'b6' })),
        ],
      }),
    ],
  });
  const end = performance.now() + 15_000;
  while (engine.reconciler.shortcomings().length > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await engine.reconciler.reconsider([], 'wait for what is under way');
  await request(vip, 80);
  await request(vip6, 80);
  await datagram(vip, 80);
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.deepEqual(lines, [
    `IN|web|web-addr ${vip} tcp 80`,
    `IN|web|six ${vip6} tcp 80`,
    `IN|web|web-addr ${vip} udp 80`,
  ]);
  bed.listing();
  await engine.stop();
});

test.serial('a limit that is met says so in the same place', async (t) => {
  const engine = await bed.statelessEngine({ ...plainContext, serviceLogGroup: group });
  await engine.reconciler.apply({
    services: [
      plainService({
        mode: 'dsr',
        addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [port(80)] }],
        endpoints: [],
        limits: {
          newConnections: { count: 1, unit: 'hour', burst: 1 },
          newConnectionsLogPrefix: 'KNAME|TYPE|FNAME',
        },
        backends: backendsAt(1).map(({ port: _port, ...one }) => one),
      }),
    ],
  });
  t.true(await eventually(() => engine.reconciler.shortcomings().length === 0));
  await engine.reconciler.reconsider([], 'wait for what is under way');
  lines.length = 0;
  t.true((await answered(vip, 3, undefined, 80, 300)) < 3);
  t.true(await eventually(() => lines.includes(`new-rtlimit|LIMIT|web ${vip} tcp 80`)), lines.join());
  bed.listing();
  await engine.stop();
});
