/** Limits of clients and services with real packets, in both families. */

import { connect } from 'node:net';
import test from 'ava';
import { createBed, withoutConstants } from '../support/bed.js';
import {
  answered,
  bothFamilies,
  closeAll,
  eventually,
  ipv4,
  openUntilRefused,
  refused,
  sleep,
  streamWithin,
} from '../support/limits-bed.js';
import { plainService, port } from '../support/services.js';
import { sendSegment } from '../support/tcp-segment.js';
import { datagram, request, stream } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 20 });
test.after.always(() => bed.dispose());

const backendNamespaces = [1, 2].map((index) => `${bed.namespaces.id}-b${index}`);
for (const namespace of backendNamespaces) {
  const rules = `table inet seen {
    counter resets {
    }
    counter plain {
    }
    counter syns {
    }
    chain input {
      type filter hook input priority -500;
      tcp flags & rst == rst counter name resets
      tcp flags & (syn|ack|rst) == ack tcp sport 20000-20999 counter name plain
      tcp flags & (syn|ack) == syn tcp sport 20000-20999 counter name syns
    }
  }`;
  bed.namespaces.run(namespace, '/usr/sbin/nft', rules);
}
/** What has reached the backends. */
const seen = (counter: 'resets' | 'plain' | 'syns'): number =>
  backendNamespaces
    .map((namespace) =>
      bed.namespaces.run(namespace, '/usr/sbin/nft', 'list', 'counter', 'inet', 'seen', counter),
    )
    .reduce((sum, text) => sum + Number(/packets (\d+)/.exec(text)![1]), 0);

for (const family of bothFamilies) {
  const { title, table, vip: host, client, service } = family;

  test.serial(
    `${title}: exactly as many connections of a client as allowed; others have their own`,
    async (t) => {
      const engine = bed.engine();
      await engine.reconciler.apply({ services: [service({ connectionsPerClient: 3 })] });
      const open = await openUntilRefused(host, 10, client(1));
      t.is(open.length, 3);
      t.true(refused(bed, table, 'client') >= 1);
      const others = await openUntilRefused(host, 10, client(2));
      t.is(others.length, 3);
      open[0]!.close();
      await sleep(100);
      const again = await openUntilRefused(host, 10, client(1));
      t.is(again.length, 1, 'one has ended, one may come');
      for (const one of [...open.slice(1), ...others, ...again]) await one.echo('still here');
      closeAll([...open, ...others, ...again]);
      bed.listing();
      await engine.stop();
    },
  );

  test.serial(
    `${title}: exactly as many connections of a service as allowed, and a reset for more`,
    async (t) => {
      const engine = bed.engine();
      const second = service(
        { connections: 2 },
        {
          name: 'second',
          addresses: [{ ...service(undefined).addresses[0]!, ports: [port(81)] }],
          endpoints: [],
        },
      );
      await engine.reconciler.apply({ services: [service({ connections: 5 }), second] });
      const open = [
        ...(await openUntilRefused(host, 3, client(3))),
        ...(await openUntilRefused(host, 3, client(4))),
      ];
      t.is(open.length, 5);
      await t.throwsAsync(request(host, 80, client(5)), { code: 'ECONNREFUSED' });
      t.is(refused(bed, table, 'service'), 2);
      const others = await openUntilRefused(host, 10, client(3), 81);
      t.is(others.length, 2, 'services do not share');
      closeAll([...open, ...others]);
      await sleep(100);
      t.truthy(await request(host, 80, client(5)));
      await engine.stop();
    },
  );

  test.serial(`${title}: new connections at a rate, exactly the burst and the rate`, async (t) => {
    const engine = bed.engine();
    await engine.reconciler.apply({
      services: [service({ newConnections: { count: 2, unit: 'second', burst: 6 } })],
    });
    t.is(await answered(host, 20, client(6), 80, 400), 6, 'the burst at once');
    t.is(await answered(host, 20, client(7), 80, 400), 6, 'each client its own');
    await sleep(1_000);
    // What was refused above has been sent again meanwhile and has had its share: a client that was not there shows the rate.
    await answered(host, 6, client(8), 80, 300);
    const start = performance.now();
    let through = 0;
    while (performance.now() - start < 2_000) {
      through += await answered(host, 1, client(8), 80, 50);
    }
    t.true(through >= 3 && through <= 5, `2 a second for two seconds: ${through}`);
    await engine.stop();
  });

  test.serial(
    `${title}: a client that has met a limit stays refused, for so long and no longer`,
    async (t) => {
      const engine = bed.engine();
      const banning = service({ connectionsPerClient: 2, banMs: 1_500 });
      await engine.reconciler.apply({ services: [banning] });
      const open = await openUntilRefused(host, 10, client(9), 80, 200);
      const since = performance.now() - 200;
      t.is(open.length, 2);
      closeAll(open);
      await sleep(100);
      t.is(await streamWithin(host, 80, client(9), 150), undefined, 'banned though none is open');
      t.truthy(await request(host, 80, client(10)), 'others are not');
      // A restart keeps bans.
      await engine.stop();
      const next = bed.engine();
      await next.reconciler.adopt();
      t.is((await next.reconciler.apply({ services: [banning] })).operations, 0);
      t.is(await streamWithin(host, 80, client(9), 150), undefined);
      await sleep(Math.max(0, 1_600 - (performance.now() - since)));
      t.truthy(await request(host, 80, client(9), 500), 'the ban has ended');
      t.true(refused(bed, table, 'banned') >= 2);
      await next.stop();
    },
  );

  test.serial(
    `${title}: a restart keeps counts, and a change of one limit those of the others`,
    async (t) => {
      const engine = bed.engine();
      const limits = { connections: 4 } as const;
      await engine.reconciler.apply({ services: [service(limits)] });
      const open = await openUntilRefused(host, 3, client(11));
      t.is(open.length, 3);
      await engine.stop();
      const next = bed.engine();
      await next.reconciler.adopt();
      t.is((await next.reconciler.apply({ services: [service(limits)] })).operations, 0);
      await next.reconciler.apply({
        services: [service({ ...limits, newConnections: { count: 100, unit: 'second', burst: 100 } })],
      });
      const more = await openUntilRefused(host, 5, client(12));
      t.is(more.length, 1, 'three were counted before');
      await next.reconciler.apply({ services: [service({ connections: 2 })] });
      const lower = await openUntilRefused(host, 5, client(13));
      t.is(lower.length, 2, 'a new number holds at once, for those that begin now');
      for (const one of [...open, ...more, ...lower]) await one.echo('nobody was disturbed');
      await next.reconciler.apply({ services: [service(undefined)] });
      const free = await openUntilRefused(host, 6, client(13));
      t.is(free.length, 6);
      closeAll([...open, ...more, ...lower, ...free]);
      await next.stop();
    },
  );

  test.serial(`${title}: resets of a client at a rate`, async (t) => {
    const engine = bed.engine();
    await engine.reconciler.apply({
      services: [service({ resets: { count: 1, unit: 'minute', burst: 4 } })],
    });
    const before = seen('resets');
    for (let index = 0; index < 12; index++) {
      const socket = connect({ host, port: 80, localAddress: client(14) });
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.resetAndDestroy();
    }
    await sleep(200);
    t.is(seen('resets') - before, 4);
    t.is(refused(bed, table, 'resets'), 8);
    await engine.stop();
  });

  test.serial(
    `${title}: strict drops an ACK of no connection, whether conntrack would take it up or not`,
    async (t) => {
      const engine = bed.engine();
      const ack = (fromPort: number) =>
        sendSegment({ from: client(15), fromPort, to: host, toPort: 80, flags: ['ack'] });
      await engine.reconciler.apply({ services: [service(undefined)] });
      const before = seen('plain');
      ack(20_001);
      t.true(await eventually(() => seen('plain') - before === 1), 'without it conntrack takes it up');
      await engine.reconciler.apply({ services: [service({ tcpStrict: true })] });
      ack(20_002);
      bed.namespaces.run(bed.lb, 'sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0');
      ack(20_003);
      await sleep(100);
      bed.namespaces.run(bed.lb, 'sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=1');
      t.is(seen('plain') - before, 1);
      t.is(refused(bed, table, 'strict'), 2);
      t.truthy(await request(host, 80, client(15)));
      await engine.stop();
    },
  );

  test.serial(
    `${title}: synproxy completes real connections; a SYN alone never reaches a backend`,
    async (t) => {
      const engine = bed.engine();
      const device = 'lo';
      bed.namespaces.run(bed.lb, 'ip', 'addr', 'add', `${host}/${table === 'ip' ? 32 : 128}`, 'dev', device);
      bed.namespaces.run(bed.lb, 'sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0');
      await engine.reconciler.apply({ services: [service({ synproxy: true, connectionsPerClient: 3 })] });
      const before = seen('syns');
      for (let port = 20_100; port < 20_110; port++) {
        sendSegment({
          from: table === 'ip' ? '10.40.2.9' : 'fd40::2:9',
          fromPort: port,
          to: host,
          toPort: 80,
          flags: ['syn'],
        });
      }
      const answer = await request(host, 80, client(16));
      t.is(answer.peer, client(16));
      await sleep(200);
      const one = await stream(host, 80, client(16));
      await one.echo('x'.repeat(50_000));
      const more = await openUntilRefused(host, 5, client(16));
      t.is(more.length, 2, 'limits hold behind it');
      closeAll([one, ...more]);
      t.is(seen('syns') - before, 0);
      bed.listing();
      bed.namespaces.run(bed.lb, 'ip', 'addr', 'del', `${host}/${table === 'ip' ? 32 : 128}`, 'dev', device);
      bed.namespaces.run(bed.lb, 'sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=1');
      await engine.stop();
    },
  );
}

test.serial('udp: new flows at a rate, and a flow that is let in goes on', async (t) => {
  const engine = bed.engine();
  const udp = plainService(
    { limits: { newConnections: { count: 1, unit: 'minute', burst: 3 } } },
    { protocol: 'udp' },
  );
  await engine.reconciler.apply({ services: [udp] });
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, () => datagram(ipv4.vip, 80, ipv4.client(17), 500)),
  );
  t.is(results.filter(({ status }) => status === 'fulfilled').length, 3);
  await engine.stop();
});

test.serial('a kernel without queues refuses that one limit and says so', async (t) => {
  const engine = bed.engine(undefined, { facts: { supports: (feature) => feature !== 'queue' } });
  await engine.reconciler.apply({ services: [ipv4.service({ queue: 5, connections: 1 })] });
  const open = await openUntilRefused(ipv4.vip, 3, ipv4.client(18));
  t.is(open.length, 1, 'the others hold');
  closeAll(open);
  await engine.stop();
});

test.serial('nobody is limited any more: nothing of it is left', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply({ services: [ipv4.service(undefined)] });
  await sleep(1_500);
  t.false(/limits|refused|banned/.test(withoutConstants(bed.listing())));
  await engine.stop();
});
