/** Marks with real packets: routing by fwmark in both directions, from the first packet on; bits and connections of others stay as they are. */

import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import { plainContext } from '../../src/ruleset/context.js';
import { backendAddress6, backendPort, createBed, vip, vip6 } from '../support/bed.js';
import { backendsAt, plainService, port } from '../support/services.js';
import { request, stream } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 4 });
test.after.always(() => bed.dispose());

const { namespaces, lb } = bed;
const ip = (...args: string[]): string => namespaces.run(lb, 'ip', ...args);
/** Only packets with this mark know the way to `marked`, and back to client 3. */
const marked = '10.99.0.1';
const farClient = '10.40.1.3';

test.before(() => {
  namespaces.run(`${namespaces.id}-b1`, 'ip', 'addr', 'add', `${marked}/32`, 'dev', 'lo');
  ip('route', 'add', marked, 'via', '10.51.0.2', 'table', '100');
  ip('route', 'add', farClient, 'dev', bed.frontDevice, 'table', '100');
  ip('route', 'add', 'unreachable', farClient);
  ip('rule', 'add', 'fwmark', '0x13/0xff', 'lookup', '100', 'priority', '100');
});

/** Somebody else's table, which marks by bits of its own and counts what it sees in postrouting. */
const foreign = (): void => {
  bed.nft(`
    add table ip other;
    add chain ip other early { type filter hook prerouting priority -199; };
    add chain ip other late { type filter hook postrouting priority 200; };
    add rule ip other early ct state new ct mark set ct mark or 0x40000000;
    add rule ip other early meta mark set meta mark or 0x20000000;
    add rule ip other late ip daddr ${marked} meta mark 0x20000013 ct mark 0x40000013 counter comment "forth";
    add rule ip other late ip daddr ${farClient} meta mark 0x20000013 ct mark 0x40000013 counter comment "back";
    add rule ip other late meta mark & 0xff == 0 counter comment "unmarked";
  `);
};

const counted = (comment: string): number => {
  const line = bed
    .nft('list', 'table', 'ip', 'other')
    .split('\n')
    .find((text) => text.includes(`"${comment}"`));
  return Number(/counter packets (\d+)/.exec(line ?? '')?.[1] ?? -1);
};

test.serial('service and backend marks together route first and later packets, both ways', async (t) => {
  const engine = bed.engine();
  const backends = [{ ...backendsAt(1)[0]!, address: marked as Ip, mark: 0x3 }];
  await engine.reconciler.apply({ services: [plainService({ backends })] });
  await t.throwsAsync(request(vip, 80, farClient, 500), undefined, 'without its mark there is no way');

  await engine.reconciler.apply({ services: [plainService({ mark: 0x10, backends })] });
  const talk = await stream(vip, 80, farClient);
  await talk.echo('hello');
  const flows = namespaces.run(lb, 'conntrack', '-L', '-p', 'tcp', '--dport', '80');
  t.regex(flows, /mark=19 /);
  talk.close();
  bed.listing();
  await engine.stop();
});

test.serial('bits of others stay in connection and packet', async (t) => {
  const engine = bed.engine();
  foreign();
  ip('rule', 'add', 'fwmark', '0x13/0x1f', 'lookup', '100', 'priority', '101');
  await engine.reconciler.apply({
    services: [
      plainService({ mark: 0x10, backends: [{ ...backendsAt(1)[0]!, address: marked as Ip, mark: 0x3 }] }),
    ],
  });
  const talk = await stream(vip, 80, farClient);
  await talk.echo('hello');
  talk.close();
  t.true(counted('forth') >= 4, 'towards the backend: its bits and ours');
  t.true(counted('back') >= 3, 'and on the way back');
  t.is(counted('unmarked'), 0);
  bed.nft('delete', 'table', 'ip', 'other');
  await engine.stop();
});

test.serial('connections of others with the same mark are left alone', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply({ services: [plainService({ mark: 0x10 })] });
  bed.nft(`
    add table ip other;
    add chain ip other early { type filter hook prerouting priority -199; };
    add chain ip other late { type filter hook postrouting priority 200; };
    add rule ip other early ct state new ip daddr 10.52.0.2 ct mark set 0x10;
    add rule ip other late ct mark 0x10 meta mark 0 counter comment "theirs";
    add rule ip other late ct mark 0x10 meta mark 0x10 counter comment "ours";
  `);
  t.is((await request('10.52.0.2', backendPort, '10.40.1.1')).name, 'b2');
  t.true(counted('theirs') >= 6);
  t.is(counted('ours'), 0);
  await request(vip, 80, '10.40.1.1');
  t.true(counted('ours') >= 6);
  bed.nft('delete', 'table', 'ip', 'other');
  await engine.stop();
});

test.serial(
  'many marks, no collisions: three backends whose marks share bits with the service, and a mark of all 32',
  async (t) => {
    const engine = bed.engine();
    // Rules do not grow with services: a bit has two.
    const services = Array.from({ length: 50 }, (_, index) =>
      plainService(
        {
          name: `s${index}`,
          mark: 0x100 + index,
          backends: backendsAt(2).map((one, at) => ({ ...one, mark: 0x103 + at })),
        },
        { port: 1000 + index },
      ),
    );
    await engine.reconciler.apply({ services });
    const rules = (text: string): number =>
      text.split('\n').filter((line) => line.includes('comment "')).length;
    const many = rules(bed.listing());
    await engine.reconciler.apply({ services: services.slice(0, 10) });
    t.true(many - rules(bed.listing()) <= 4);
    t.is((await request(vip, 1009)).port, backendPort);
    t.regex(
      namespaces.run(lb, 'conntrack', '-L', '-p', 'tcp', '--dport', '1009'),
      new RegExp(`mark=${0x10b}|mark=${0x10d}`),
    );
    await engine.reconciler.apply({ services: [plainService({ mark: 0xffff_ffff })] });
    await request(vip, 80, '10.40.1.2');
    t.regex(namespaces.run(lb, 'conntrack', '-L', '-s', '10.40.1.2'), /mark=4294967295/);
    await engine.stop();
  },
);

test.serial('bits outside the configured mask are not written, and the reason is told', async (t) => {
  const engine = bed.engine({ ...plainContext, markMask: 0xff });
  await engine.reconciler.apply({
    services: [plainService({ mark: 0x101, backends: backendsAt(2, { mark: 0x1000 }) })],
  });
  t.deepEqual(
    engine.reconciler.shortcomings().map(({ backend }) => backend),
    [undefined, 'b1', 'b2'],
  );
  t.regex(engine.reconciler.shortcomings()[0]!.reason, /0x100 .*mask/);
  await request(vip, 80, '10.40.1.4');
  t.regex(namespaces.run(lb, 'conntrack', '-L', '-s', '10.40.1.4'), /mark=1 /);
  await engine.stop();
});

test.serial('IPv6, ranges, backends that keep the port, and a service of the node itself', async (t) => {
  const engine = bed.engine();
  const script = new URL('../support/echo-server.mjs', import.meta.url).pathname;
  const child = namespaces.start(lb, process.execPath, script, 'lb', '9000');
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  await engine.reconciler.apply({
    services: [
      plainService({
        name: 'six',
        mark: 0x21,
        addresses: [{ address: vip6 as Ip, protocol: 'tcp', ports: [{ first: 8000, last: 8999 }] }],
        endpoints: [],
        backends: backendsAt(2, {}, backendAddress6).map(({ port: _, ...one }) => one),
      }),
      plainService({
        name: 'own',
        mode: 'local',
        mark: 0x22,
        addresses: [{ address: '10.40.0.1' as Ip, protocol: 'tcp', ports: [port(9000)] }],
        endpoints: [],
        backends: [],
      }),
    ],
  });
  t.is((await request(vip6, 8080)).port, backendPort);
  t.regex(namespaces.run(lb, 'conntrack', '-L', '-f', 'ipv6', '-p', 'tcp'), /dport=8080 .*mark=33 /);
  bed.nft(`
    add table ip other;
    add chain ip other in { type filter hook input priority 200; };
    add chain ip other out { type filter hook postrouting priority 200; };
    add rule ip other in tcp dport 9000 meta mark 0x22 counter comment "in";
    add rule ip other out tcp sport 9000 meta mark 0x22 counter comment "out";
  `);
  t.is((await request('10.40.0.1', 9000)).name, 'lb');
  t.true(counted('in') >= 4 && counted('out') >= 3);
  bed.nft('delete', 'table', 'ip', 'other');
  bed.listing();
  await engine.stop();
});
