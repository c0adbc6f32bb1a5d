/**
 * Log lines of limits and lists: what packets meet is logged with its own prefix, in the group that the agent reads if there is one. Otherwise these lines go to
 * the kernel's log, which a network namespace other than the first has none of; the kernel's trace shows which log statement a packet has come by.
 */

import { connect } from 'node:net';
import test from 'ava';
import { followServiceLog } from '../../src/app/service-log.js';
import type { Ip } from '../../src/model/address.js';
import type { Policy, Service } from '../../src/model/service.js';
import { plainContext } from '../../src/ruleset/context.js';
import { createPacketLog } from '../../src/shell/packet-log.js';
import { createBed, vip } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { closeAll, eventually, openUntilRefused } from '../support/limits-bed.js';
import { backendsAt, plainService } from '../support/services.js';
import { sendSegment } from '../support/tcp-segment.js';
import { request } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 8 });
test.after.always(() => bed.dispose());
const { namespaces, lb, frontDevice } = bed;
const client = (index: number): string => `10.40.1.${index}`;

bed.nft(`
  table netdev traced { chain everything { type filter hook ingress device "${frontDevice}" priority -2000; meta nftrace set 1; }; }
  table ip traced { chain everything { type filter hook prerouting priority -2000; meta nftrace set 1; }; }
`);
const engine = bed.engine();
test.after.always(() => engine.stop());

/** The prefixes that packets have been logged with while `traffic` ran, each once. */
const loggedDuring = async (traffic: () => Promise<unknown>): Promise<string[]> => {
  const monitor = namespaces.start(lb, '/usr/sbin/nft', 'monitor', 'trace');
  let text = '';
  monitor.stdout!.on('data', (part) => {
    text += String(part);
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  await traffic();
  await new Promise((resolve) => setTimeout(resolve, 250));
  monitor.kill('SIGTERM');
  return [...new Set([...text.matchAll(/ log prefix "([^"]*)"/g)].map(([, prefix]) => prefix!))];
};
const everyToken = 'KNAME TYPE FNAME ANAME BNAME PNAME';
const service = (limits: Service['limits'], changes: Partial<Service> = {}): Service =>
  plainService({
    ...(limits && { limits }),
    addresses: [{ name: 'front', address: vip as Ip, protocol: 'tcp', ports: [{ first: 80, last: 80 }] }],
    ...changes,
  });

test.serial('lists: the policy that a packet has met, and what kind it is', async (t) => {
  const list = (name: string, type: Policy['type'], index: number): Policy => ({
    name,
    family: 'ipv4',
    type,
    logPrefix: everyToken,
    elements: [{ address: client(index) as Ip, prefixLength: 32 }],
  });
  const policies = [list('bad', 'blacklist', 1), list('good', 'whitelist', 2)];
  await engine.reconciler.apply({ services: [service(undefined, { policies: ['bad', 'good'] })], policies });
  t.deepEqual(await loggedDuring(() => t.throwsAsync(request(vip, 80, client(1), 200))), [
    'policy blacklist web front - bad',
  ]);
  t.deepEqual(await loggedDuring(() => request(vip, 80, client(2))), ['policy whitelist web front - good']);
  t.deepEqual(await loggedDuring(() => request(vip, 80, client(3))), []);
  // A verdict without log.
  const silent = service(undefined, { policies: ['bad', 'good'], verdict: ['drop'] });
  await engine.reconciler.apply({ services: [silent], policies });
  t.deepEqual(await loggedDuring(() => t.throwsAsync(request(vip, 80, client(1), 200))), []);
});

test.serial('limits of clients: the attribute that a packet has met', async (t) => {
  const prefix = everyToken;
  const cases: [string, Service['limits'], () => Promise<unknown>][] = [
    [
      'est-connlimit',
      { connectionsPerClient: 1, connectionsLogPrefix: prefix },
      async () => closeAll(await openUntilRefused(vip, 2, client(4), 80, 200)),
    ],
    [
      'new-rtlimit',
      { newConnections: { count: 1, unit: 'hour', burst: 1 }, newConnectionsLogPrefix: prefix },
      async () => closeAll(await openUntilRefused(vip, 2, client(5), 80, 200)),
    ],
    [
      'rst-rtlimit',
      { resets: { count: 1, unit: 'hour', burst: 1 }, resetsLogPrefix: prefix },
      async () => {
        for (let round = 0; round < 3; round++) {
          const socket = connect({ host: vip, port: 80, localAddress: client(6) });
          await new Promise((resolve) => socket.once('connect', resolve));
          socket.resetAndDestroy();
        }
      },
    ],
    [
      'tcp-strict',
      { tcpStrict: true, tcpStrictLogPrefix: prefix },
      async () => sendSegment({ from: client(7), fromPort: 20_001, to: vip, toPort: 80, flags: ['ack'] }),
    ],
  ];
  for (const [attribute, limits, meet] of cases) {
    await engine.reconciler.apply({ services: [service(limits)] });
    t.deepEqual(await loggedDuring(() => request(vip, 80, client(8))), [], `${attribute} is not met`);
    t.deepEqual(await loggedDuring(meet), [`${attribute} LIMIT web front - -`]);
  }
});

test.serial('a full backend is named', async (t) => {
  const [first, second] = backendsAt(2);
  const full = { ...first!, name: 'b1', connectionLimit: 1, connectionLimitLogPrefix: everyToken };
  await engine.reconciler.apply({
    services: [service(undefined, { backends: [full, { ...second!, name: 'b2' }] })],
  });
  const names = await loggedDuring(async () => closeAll(await openUntilRefused(vip, 4, client(4))));
  t.deepEqual(names, ['est-connlimit LIMIT web front b1 -']);
});

test.serial('where services have a group for their log lines, these go there, too', async (t) => {
  await engine.stop();
  const group = 7023;
  const packets = insideNamespace(lb, () => createPacketLog({ group }));
  t.teardown(() => packets.close());
  const lines: string[] = [];
  followServiceLog({
    packets,
    write: (prefix, facts) => lines.push(`${prefix}: ${facts?.from} ${facts?.to}`),
    lost: (detail) => lines.push(detail),
  });
  await packets.ready;
  const grouped = bed.engine({ ...plainContext, serviceLogGroup: group });
  const [first, second] = backendsAt(2);
  const full = { ...second!, name: 'b2', connectionLimit: 1, connectionLimitLogPrefix: everyToken };
  await grouped.reconciler.apply({
    services: [
      service(
        { newConnections: { count: 1, unit: 'hour', burst: 3 }, newConnectionsLogPrefix: everyToken },
        { policies: ['bad'], backends: [first!, full] },
      ),
    ],
    policies: [
      {
        name: 'bad',
        family: 'ipv4',
        type: 'blacklist',
        logPrefix: everyToken,
        elements: [{ address: client(1) as Ip, prefixLength: 32 }],
      },
    ],
  });
  await t.throwsAsync(request(vip, 80, client(1), 200));
  closeAll(await openUntilRefused(vip, 4, client(2), 80, 200));
  const wanted = [
    `policy blacklist web front - bad: ${client(1)} ${vip}`,
    `est-connlimit LIMIT web front b2 -: ${client(2)} 10.52.0.2`,
    `new-rtlimit LIMIT web front - -: ${client(2)} ${vip}`,
  ];
  t.true(await eventually(() => wanted.every((line) => lines.includes(line))), lines.join('\n'));
  bed.listing();
  await grouped.stop();
});
