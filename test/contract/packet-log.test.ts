/** Reports of `log group` rules on the real kernel: content, order, batching, losses. */

import test from 'ava';
import { type Ipv4, ipv4FromNumber, parseIpv4 } from '../../src/model/address.js';
import type { Statement } from '../../src/netlink/nft/ast.js';
import type { LoggedPacket } from '../../src/ports.js';
import { readSighting } from '../../src/replication/packet.js';
import { rule } from '../../src/ruleset/rules.js';
import { createFrameSocket } from '../../src/shell/frames.js';
import { createNft } from '../../src/shell/nft.js';
import { createPacketLog } from '../../src/shell/packet-log.js';
import { insideNamespace } from '../support/inside.js';
import { createNamespaces } from '../support/netns.js';
import { udpFrame } from '../support/udp-frame.js';
import { silentLog } from './kernel.js';

const namespaces = createNamespaces();
const client = namespaces.add('c');
const balancer = namespaces.add('l');
const { id } = namespaces;
namespaces.link(
  { ns: client, dev: `${id}c`, cidr: '10.5.0.2/24' },
  { ns: balancer, dev: `${id}l`, cidr: '10.5.0.1/24' },
);
test.after.always(() => namespaces.dispose());

const mac = (ns: string, dev: string): string =>
  namespaces.run(ns, 'cat', `/sys/class/net/${dev}/address`).trim();
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One rule that reports new connections to port 80 to `group`. */
const report = (group: number, threshold: number): void => {
  const table = `add table ip g${group}`;
  const chain = `add chain ip g${group} pre { type filter hook prerouting priority -100; }`;
  const rule =
    `add rule ip g${group} pre ct state new udp dport 80 ` +
    `log prefix "relevo new" group ${group} snaplen 64 queue-threshold ${threshold}`;
  namespaces.run(balancer, 'nft', `${table}; ${chain}; ${rule}`);
};

const send = (from: number, count: number, destinationPort = 80): void => {
  const socket = insideNamespace(client, () => createFrameSocket(`${id}c`, 0x0800));
  const packet = {
    sourceMac: mac(client, `${id}c`),
    destinationMac: mac(balancer, `${id}l`),
    destination: '10.5.0.1' as Ipv4,
    sourcePort: 4000,
    destinationPort,
  };
  for (let index = from; index < from + count; index++) {
    const source = parseIpv4(`10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`)!;
    socket.send(udpFrame({ ...packet, source }));
  }
  socket.close();
};

test.serial('a packet is reported with its header, prefix and number', async (t) => {
  report(7, 1);
  const log = insideNamespace(balancer, () => createPacketLog({ group: 7 }));
  t.teardown(() => log.close());
  const packets: LoggedPacket[] = [];
  log.onPackets((some) => packets.push(...some.map((one) => ({ ...one, payload: one.payload.slice() }))));
  await log.ready;
  send(0, 2);
  await after(100);
  t.is(packets.length, 2);
  t.is(packets[1]?.prefix, 'relevo new');
  t.is(packets[1]?.sequence, (packets[0]?.sequence ?? 0) + 1);
  const payload = packets[1]?.payload ?? new Uint8Array(0);
  t.deepEqual([payload.length, payload[0], payload[9]], [36, 0x45, 17]);
  t.is(payload.subarray(12, 16).join('.'), '10.100.0.1');
});

test.serial(
  'a report tells the service in mark and source port, and the packet goes on as it came',
  async (t) => {
    const group = 20;
    // The rule under test stands between one that marks and one that counts what went on unharmed.
    const lines = [
      'add table ip told',
      'add chain ip told nat { type nat hook prerouting priority -100; }',
      'add chain ip told marking { type filter hook prerouting priority -90; }',
      'add chain ip told in { type filter hook input priority 0; }',
      'add chain ip told after { type filter hook input priority 1; }',
      'add rule ip told nat udp dport 81 dnat to 10.5.0.1:8080',
      'add rule ip told marking udp dport 8080 meta mark set 0x1234abcd',
      'add rule ip told after udp dport 8080 udp sport 4000 meta mark 0x1234abcd counter',
    ];
    namespaces.run(balancer, 'nft', lines.join('; '));
    const nft = insideNamespace(balancer, () => createNft({ log: silentLog }));
    const statement: Statement = {
      kind: 'log',
      ...{ group, snaplen: 64, queueThreshold: 64 },
      telling: { mark: 'ct original ip daddr', sourcePort: 'ct original proto-dst' },
    };
    const table = { family: 'ip', name: 'told' } as const;
    await nft.commit({
      reason: 'a rule that tells',
      operations: [
        { op: 'add-rule', table, rule: rule('in', 'tell', { kind: 'ct-state', states: ['new'] }, statement) },
      ],
    });
    const log = insideNamespace(balancer, () => createPacketLog({ group, threshold: 16 }));
    t.teardown(() => {
      log.close();
      nft.close();
      namespaces.run(balancer, 'nft', 'delete table ip told');
    });
    const seen: string[] = [];
    const sighting = { client: 0, address: 0, protocolPort: 0, backend: 0, backendPort: 0 };
    log.onPackets((packets) => {
      for (const packet of packets) {
        if (!readSighting(packet, sighting)) continue;
        const { client, address, protocolPort, backend, backendPort } = sighting;
        const ends = [client, address, backend].map((number) => ipv4FromNumber(number));
        seen.push(`${ends.join(' ')} ${protocolPort >> 16} ${protocolPort & 0xffff} ${backendPort}`);
      }
    });
    await log.ready;
    send(2000, 100, 81);
    await after(100);
    t.is(seen.length, 100);
    for (const [index, line] of seen.entries()) {
      const number = 2000 + index;
      t.is(line, `10.100.${number >> 8}.${number & 255} 10.5.0.1 10.5.0.1 17 81 8080`);
    }
    const listed = namespaces.run(balancer, 'nft', 'list', 'chain', 'ip', 'told', 'after');
    t.regex(listed, /counter packets 100 /);
  },
);

test.serial('a group has one listener, and is free again when that is closed', async (t) => {
  const first = insideNamespace(balancer, () => createPacketLog({ group: 8 }));
  await first.ready;
  const second = insideNamespace(balancer, () => createPacketLog({ group: 8 }));
  t.teardown(() => {
    first.close();
    second.close();
  });
  await t.throwsAsync(second.ready, { code: 'kernel-busy' });
  second.close();
  first.close();
  await after(30);
  const third = insideNamespace(balancer, () => createPacketLog({ group: 8 }));
  await t.notThrowsAsync(third.ready);
  third.close();
  await t.throwsAsync(third.setThreshold(5), { code: 'not-ready' });
});

test.serial('the threshold gathers packets into one call and can change at run time', async (t) => {
  report(9, 64);
  const log = insideNamespace(balancer, () => createPacketLog({ group: 9, threshold: 32, flushMs: 1000 }));
  t.teardown(() => log.close());
  const calls: number[] = [];
  log.onPackets((packets) => calls.push(packets.length));
  await log.ready;
  send(1000, 64);
  await after(100);
  t.deepEqual(calls, [32, 32]);
  calls.length = 0;
  await log.setThreshold(1);
  send(2000, 4);
  await after(100);
  t.deepEqual(calls, [1, 1, 1, 1]);
});

test.serial('20,000 packets arrive without a hole', async (t) => {
  report(10, 64);
  const log = insideNamespace(balancer, () => createPacketLog({ group: 10, threshold: 64 }));
  t.teardown(() => log.close());
  const sources = new Set<string>();
  const losses: string[] = [];
  log.onPackets((packets) => {
    for (const packet of packets) sources.add(packet.payload.subarray(12, 16).join('.'));
  });
  log.onLoss((detail) => losses.push(detail));
  await log.ready;
  send(10_000, 20_000);
  await after(500);
  t.deepEqual(losses, []);
  t.is(sources.size, 20_000);
});

test.serial(
  'packets that come while the group is being opened are no loss: they have no number yet',
  async (t) => {
    report(12, 1);
    const log = insideNamespace(balancer, () => createPacketLog({ group: 12 }));
    t.teardown(() => log.close());
    const numbers: (number | undefined)[] = [];
    const losses: string[] = [];
    log.onPackets((packets) => numbers.push(...packets.map(({ sequence }) => sequence)));
    log.onLoss((detail) => losses.push(detail));
    // The listener is bound, its settings are still on their way.
    send(60_000, 3);
    await log.ready;
    send(60_100, 3);
    await after(100);
    t.deepEqual(losses, []);
    t.deepEqual(numbers.slice(-3), [0, 1, 2]);
    t.true(numbers.length > 3, 'none came before the settings: the case is not shown');
  },
);

test.serial('what the kernel could not queue is told, and nothing ends', async (t) => {
  report(11, 1);
  const log = insideNamespace(balancer, () => createPacketLog({ group: 11, receiveBufferBytes: 8192 }));
  t.teardown(() => log.close());
  const losses: string[] = [];
  let packets = 0;
  log.onPackets((some) => {
    packets += some.length;
  });
  log.onLoss((detail) => losses.push(detail));
  await log.ready;
  send(40_000, 2000);
  await after(200);
  send(50_000, 3);
  await after(100);
  t.true(losses.length >= 1);
  t.true(
    losses.some((detail) => /dropped \d+/.test(detail)),
    losses.join(),
  );
  t.true(
    losses.some((detail) => /\d+ packets of log group 11 are missing/.test(detail)),
    losses.join(),
  );
  t.true(packets > 3 && packets < 2003, `${packets} arrived`);
});
