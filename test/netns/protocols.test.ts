/** sctp, protocol `all`, and what this kernel lacks, through the real `relevo nftlb` and with packets. */

import test from 'ava';
import { backendAddress, backendPort, createBed, vip } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { eventually } from '../support/limits-bed.js';
import { type Program, startNftlb } from '../support/programs.js';
import { sendSctp } from '../support/sctp-packet.js';
import { datagram, request } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 4 });
const { namespaces, lb } = bed;
test.after.always(() => bed.dispose());

let program: Program;
test.serial.before(async () => {
  program = await startNftlb(namespaces, lb, '10.40.0.1');
});
test.serial.afterEach.always(async () => {
  await program.ask('DELETE', '/farms');
});

const farm = (more: object) => ({
  name: 'web',
  'virtual-addr': vip,
  'virtual-ports': '80',
  mode: 'dnat',
  state: 'up',
  backends: [1, 2].map((index) => ({
    name: `b${index}`,
    'ip-addr': backendAddress(index),
    port: String(backendPort),
    state: 'up',
  })),
  ...more,
});

/** Counts what comes in, by rules of stock nft in a namespace of its own; returns how often each has matched. */
const count = (namespace: string, ...matches: readonly string[]): (() => number[]) => {
  const nft = (...args: string[]): string => namespaces.run(namespace, 'nft', ...args);
  nft('add', 'table', 'ip', 'seen');
  nft('add', 'chain', 'ip', 'seen', 'in', '{ type filter hook prerouting priority -400; }');
  for (const match of matches) nft('add', 'rule', 'ip', 'seen', 'in', ...match.split(' '), 'counter');
  return () =>
    [...nft('list', 'chain', 'ip', 'seen', 'in').matchAll(/counter packets (\d+)/g)].map(([, packets]) =>
      Number(packets),
    );
};

test.serial(
  'sctp: an INIT reaches a backend on its port, and the answer comes from the service',
  async (t) => {
    await program.apply({ farms: [farm({ protocol: 'sctp', scheduler: 'rr' })] });
    const match = `ip daddr 10.51.0.2 sctp dport ${backendPort} sctp sport 7001`;
    const atBackends = [1, 2].map((index) =>
      count(`${namespaces.id}-b${index}`, match.replace('10.51.0.2', backendAddress(index))),
    );
    const atClient = count(`${namespaces.id}-c`, `ip saddr ${vip} sctp sport 80 sctp dport 7001`);
    // One association of its own per source address.
    for (const from of ['10.40.1.1', '10.40.1.2']) {
      sendSctp({ from, fromPort: 7001, to: vip, toPort: 80, chunk: 'init' });
    }
    t.true(await eventually(() => atBackends.every((seen) => seen()[0] === 1)), 'one each, in turns');
    for (const [at, seen] of [...atBackends.entries()]) {
      t.deepEqual(seen(), [1]);
      for (const to of ['10.40.1.1', '10.40.1.2']) {
        const answer = { from: backendAddress(at + 1), fromPort: backendPort, to, toPort: 7001 } as const;
        insideNamespace(`${namespaces.id}-b${at + 1}`, () => sendSctp({ ...answer, chunk: 'init-ack' }));
      }
    }
    t.true(await eventually(() => atClient()[0] === 2), 'both answers, from where they had asked');
  },
);

test.serial("protocol all: tcp, udp and sctp to one port, and pings are the node's", async (t) => {
  await program.apply({ farms: [farm({ protocol: 'all' })] });
  t.regex((await request(vip, 80)).name, /^b[12]$/);
  t.regex((await datagram(vip, 80)).name, /^b[12]$/);
  const seen = [1, 2].map((index) =>
    count(
      `${namespaces.id}-b${index}`,
      `sctp dport ${backendPort} sctp sport 7002`,
      'icmp type echo-request',
    ),
  );
  sendSctp({ from: '10.40.1.3', fromPort: 7002, to: vip, toPort: 80, chunk: 'init' });
  t.true(await eventually(() => seen.some((one) => one().at(-2) === 1)));
  bed.namespaces.run(lb, 'ip', 'addr', 'add', `${vip}/32`, 'dev', 'lo');
  t.regex(namespaces.run(`${namespaces.id}-c`, 'ping', '-c', '1', '-W', '5', vip), / 0% packet loss/);
  t.true(seen.every((one) => one().at(-1) === 0));
});

test.serial(
  'what this kernel lacks is refused for that farm alone, with the reason in the answer',
  async (t) => {
    const trial = (...commands: string[]): boolean => {
      try {
        bed.nft('add table ip trial;', ...commands, 'delete table ip trial');
        return true;
      } catch {
        return false;
      }
    };
    const wishes = [
      {
        attributes: { queue: '3' },
        has: trial('add chain ip trial c;', 'add rule ip trial c queue num 0 bypass;'),
        reason: /queue/,
      },
      {
        attributes: { 'flow-offload': 'on' },
        has: trial('add flowtable ip trial f { hook ingress priority 0; devices = { lo }; };'),
        reason: /flowtables/,
      },
    ];
    for (const [at, { attributes, has, reason }] of wishes.entries()) {
      const port = 90 + at;
      await program.apply({
        farms: [farm({}), farm({ name: 'special', 'virtual-ports': String(port), ...attributes })],
      });
      const { state, 'state-reason': why } = await program.farm('special');
      t.is(state, has ? 'up' : 'config_error');
      if (!has) t.regex(why ?? '', reason);
      t.is((await program.farm('web')).state, 'up');
      t.is((await request(vip, 80)).port, backendPort);
      t.is((await request(vip, port)).port, backendPort, 'served without it');
      await program.ask('DELETE', '/farms');
    }
    t.deepEqual(program.warnings(), []);
  },
);
