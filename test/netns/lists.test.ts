/** Black and white lists with real packets: who is let through, what is counted, and what happens while lists change. */

import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { PolicyCounters } from '../../src/app/reconcile-types.js';
import { type Ip, isIpv6, parseIp } from '../../src/model/address.js';
import type { Policy, PolicyElement, Service, SharedAddress } from '../../src/model/service.js';
import {
  backendAddress,
  backendAddress6,
  backendPort,
  createBed,
  vip,
  vip6,
  withoutConstants,
} from '../support/bed.js';
import { datagram, request, stream } from '../support/traffic.js';

const bed = await createBed({ backends: 1, clients: 20 });
let engine = bed.engine();
test.after.always(() => bed.dispose());
test.afterEach((t) => {
  t.notThrows(() => bed.listing(), 'stock nft lists what is there');
});

const port = (first: number, last = first) => ({ first, last });
const client4 = (index: number): string => `10.40.1.${index}`;
const client6 = (index: number): string => `fd40::1:${index}`;

const element = (text: string, timeoutMs?: number): PolicyElement => {
  const [address, length] = text.split('/');
  const ip = parseIp(address!)!;
  return {
    address: ip,
    prefixLength: Number(length ?? (isIpv6(ip) ? 128 : 32)),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
};

const list = (
  type: Policy['type'],
  name: string,
  elements: readonly (string | PolicyElement)[],
  more: Partial<Policy> = {},
): Policy => ({
  name,
  type,
  family: 'ipv4',
  elements: elements.map((one) => (typeof one === 'string' ? element(one) : one)),
  ...more,
});
const black = (name: string, elements: readonly (string | PolicyElement)[], more: Partial<Policy> = {}) =>
  list('blacklist', name, elements, more);
const white = (name: string, elements: readonly (string | PolicyElement)[], more: Partial<Policy> = {}) =>
  list('whitelist', name, elements, more);

const service = (
  changes: Partial<Service> & { ports?: Service['addresses'][number]['ports'] } = {},
): Service => {
  const { ports = [port(80)], ...rest } = changes;
  const address = (changes.family === 'ipv6' ? vip6 : vip) as Ip;
  return {
    name: 'web',
    family: 'ipv4',
    mode: 'dnat',
    addresses: [{ address, protocol: 'tcp', ports }],
    endpoints: [],
    scheduler: 'rr',
    hashFields: [],
    persistence: [],
    persistTtlMs: 60_000,
    replicate: 'all',
    state: 'up',
    backends: [
      {
        name: 'b1',
        address: (changes.family === 'ipv6' ? backendAddress6(1) : backendAddress(1)) as Ip,
        port: backendPort,
        weight: 1,
        priority: 1,
        state: 'up',
      },
    ],
    ...rest,
  };
};

const apply = (
  services: readonly Service[],
  policies: readonly Policy[],
  addresses?: readonly SharedAddress[],
) => engine.reconciler.apply({ services, policies, ...(addresses && { addresses }) });

const refusedMs = 250;
const reaches = async (host: string, to: number, from: string): Promise<boolean> => {
  try {
    await request(host, to, from, refusedMs);
    return true;
  } catch (error) {
    if ((error as Error).message === 'timeout') return false;
    throw error;
  }
};
/** Which of these clients are let through. */
const through = async (
  to: number,
  clients: readonly number[],
  address: (index: number) => string = client4,
) => {
  const host = address === client6 ? vip6 : vip;
  const passed = await Promise.all(clients.map((index) => reaches(host, to, address(index))));
  return clients.filter((_, index) => passed[index]);
};

test.serial('a black list refuses its hosts and networks, and nobody else, over tcp and udp', async (t) => {
  const bad = black('bad', [client4(1), '10.40.1.4/30', '10.40.1.6/31']);
  const udp: Service = service({
    name: 'dns',
    addresses: [{ address: vip as Ip, protocol: 'udp', ports: [port(53)] }],
    policies: ['bad'],
  });
  await apply([service({ policies: ['bad'] }), udp, service({ name: 'open', ports: [port(81)] })], [bad]);
  t.deepEqual(await through(80, [1, 2, 3, 4, 5, 6, 7, 8]), [2, 3, 8]);
  t.deepEqual(await through(81, [1, 4]), [1, 4], 'a service without the policy');
  t.true(await reaches(backendAddress(1), backendPort, client4(1)), 'unrelated traffic through the node');
  await t.throwsAsync(datagram(vip, 53, client4(1), refusedMs), { message: 'timeout' });
  await t.throwsAsync(datagram(vip, 53, client4(5), refusedMs), { message: 'timeout' });
  t.is((await datagram(vip, 53, client4(2))).peer, client4(2));
});

test.serial('a white list wins over a black one, in whatever order they stand', async (t) => {
  const policies = [black('bad', ['10.40.1.0/24']), white('good', [client4(2), '10.40.1.8/29'])];
  for (const names of [
    ['bad', 'good'],
    ['good', 'bad'],
  ]) {
    await apply([service({ policies: names })], policies);
    t.deepEqual(await through(80, [1, 2, 3, 8, 15, 16]), [2, 8, 15], names.join(' '));
  }
  await apply([service({ policies: ['bad', 'good'], verdict: ['drop'] })], policies);
  t.deepEqual(await through(80, [1, 2]), [], 'without accept a white list only counts');
  await apply([service({ policies: ['bad', 'good'], verdict: ['log', 'accept'] })], policies);
  t.deepEqual(await through(80, [1, 2]), [1, 2], 'without drop a black list only counts');
  const { elements } = await engine.reconciler.policyCounters('bad');
  t.true(Number(elements[0]!['counter-packets']) > 0);
});

test.serial(
  'IPv6: hosts, networks, white over black; a dual service has lists of both families',
  async (t) => {
    const six = { family: 'ipv6' } as const;
    const policies = [
      black('bad6', [client6(1), 'fd40::1:8/125'], six),
      white('good6', [client6(9)], six),
      black('bad4', [client4(3)]),
    ];
    const dual = service({
      name: 'dual',
      family: 'ipv6',
      addresses: [
        { address: vip6 as Ip, protocol: 'tcp', ports: [port(80)] },
        { address: vip6 as Ip, protocol: 'all', ports: [port(100, 200)] },
      ],
      policies: ['bad4', 'bad6', 'good6'],
    });
    await apply([dual, service({ policies: ['bad4', 'bad6'] })], policies);
    t.deepEqual(await through(80, [1, 2, 3, 9], client6), [2, 3, 9]);
    t.deepEqual(await through(150, [1, 2], client6), [2], 'a range of ports');
    t.deepEqual(await through(80, [1, 2, 3]), [1, 2]);
  },
);

test.serial('ranges of ports and every port', async (t) => {
  const bad = black('bad', [client4(1)]);
  const ranges = service({ ports: [port(80), port(8000, 8100)], policies: ['bad'] });
  const every = service({
    name: 'every',
    addresses: [{ address: '198.51.100.11' as Ip, protocol: 'all', ports: [] }],
    policies: ['bad'],
    backends: service().backends.map(({ port: _port, ...rest }) => rest),
  });
  await apply([ranges, every], [bad]);
  t.deepEqual(await through(8050, [1, 2]), [2]);
  t.deepEqual(await through(80, [1, 2]), [2]);
  t.false(await reaches('198.51.100.11', 80, client4(1)));
  t.true(await reaches('198.51.100.11', 80, client4(2)));
});

test.serial('counters say which element matched, and what was refused of which service', async (t) => {
  const bad = black('counted', ['10.40.1.0/28', client4(1), element('10.40.2.0/24', 60_000)]);
  const services = [
    service({ policies: ['counted'] }),
    service({ name: 'other', ports: [port(81)], policies: ['counted'] }),
  ];
  await apply(services, [bad]);
  const count = (counters: PolicyCounters, data: string): number =>
    Number(counters.elements.find((one) => one.data === data)?.['counter-packets']);
  await through(80, [1]);
  await through(81, [2, 3]);
  const after = await engine.reconciler.policyCounters('counted');
  t.is(count(after, client4(1)), 1, 'the narrowest network counts');
  t.is(count(after, '10.40.1.0/28'), 2);
  t.is(count(after, '10.40.2.0/24'), 0);
  const timed = after.elements.find(({ data }) => data === '10.40.2.0/24');
  t.regex(timed?.time ?? '', /^(60|59)$/);
  t.is(after.matched.packets, 3);
  t.is(after.refused.get('web')?.packets, 1);
  t.is(after.refused.get('other')?.packets, 2);
  t.is(after.refused.get('other')?.bytes, 120, 'two SYNs, from the IP header on');
  t.is((after.refused.get('web')?.bytes ?? 0) * 2, after.refused.get('other')?.bytes ?? -1);
});

test.serial(
  'an element expires by itself, and a list that is written again does not prolong it',
  async (t) => {
    const bad = (...more: string[]): Policy =>
      black('bad', [element(client4(1), 1500), element(client4(2), 60_000), ...more]);
    await apply([service({ policies: ['bad'] })], [bad()]);
    t.deepEqual(await through(80, [1, 2, 3]), [3]);
    await sleep(600);
    await apply([service({ policies: ['bad'] })], [bad(client4(3))]);
    t.deepEqual(await through(80, [1, 2, 3, 4]), [4]);
    await sleep(700);
    t.deepEqual(await through(80, [1, 2]), [1]);
    await engine.reconciler.changePolicy('bad', { added: [element(client4(1), 1000)] });
    t.deepEqual(await through(80, [1]), [], 'named again after its time');
  },
);

test.serial('a global list holds for every service and for addresses, and ends when it ends', async (t) => {
  const shared: SharedAddress = {
    name: 'front',
    address: vip as Ip,
    protocol: 'tcp',
    ports: [port(82)],
    policies: ['local'],
  };
  const services = [
    service(),
    service({ name: 'own', ports: [port(81)], policies: ['good'] }),
    service({
      name: 'shared',
      addresses: [{ name: 'front', address: vip as Ip, protocol: 'tcp', ports: [port(82)] }],
    }),
  ];
  const everywhere = (global: boolean): Policy[] => [
    black('world', [client4(1)], global ? { global: true } : {}),
    white('good', [client4(1)]),
    black('local', [client4(2)]),
  ];
  await apply(services, everywhere(true), [shared]);
  t.deepEqual(await through(80, [1, 2, 3]), [2, 3]);
  t.deepEqual(
    await through(81, [1, 2, 3]),
    [1, 2, 3],
    'who is white for a service is past the global list there',
  );
  t.deepEqual(await through(82, [1, 2, 3]), [3], 'an address has policies of its own');
  await apply(services, everywhere(false), [shared]);
  t.deepEqual(await through(80, [1, 2]), [1, 2]);
  t.deepEqual(await through(82, [1, 2]), [1]);
});

/** SYNs and segments of a refused client without a pause while `change` runs; resolves to how many of its attempts came through. */
const leaksWhile = async (change: () => Promise<void>): Promise<number> => {
  let going = true as boolean;
  let leaks = 0;
  let attempts = 0;
  const knock = async (): Promise<void> => {
    while (going) {
      attempts++;
      const answered = datagram(vip, 53, client4(1), 20).then(
        () => leaks++,
        () => undefined,
      );
      await Promise.race([answered, sleep(1)]);
    }
  };
  const knocking = [knock(), knock()];
  await change();
  going = false;
  await Promise.all(knocking);
  await sleep(40);
  return attempts > 20 ? leaks : Number.NaN;
};

test.serial('no packet comes through while policies and elements are replaced', async (t) => {
  const udp = (policies: string[]): Service =>
    service({ addresses: [{ address: vip as Ip, protocol: 'udp', ports: [port(53)] }], policies });
  const filler = (from: number): string[] =>
    Array.from({ length: 200 }, (_, index) => `172.16.${from}.${index}`);
  const one = (elements: string[]): Policy => black('one', [client4(1), ...elements]);
  const two = black('two', ['10.40.1.0/31', '10.40.0.0/23']);
  await apply([udp(['one'])], [one([]), two]);
  const leaks = await leaksWhile(async () => {
    for (let round = 0; round < 15; round++) {
      await apply([udp(['two'])], [one(filler(round)), two]);
      await apply([udp(['one', 'two'])], [one(filler(round + 1)), two]);
      await apply([udp(['one'])], [one(filler(round + 2)), black('two', ['10.40.0.0/22'])]);
      await engine.reconciler.changePolicy('one', { added: [element('10.0.0.0/9')] });
      await engine.reconciler.changePolicy('one', { removed: [element('10.0.0.0/9')] });
      await apply([udp(['one'])], [black('one', [element(client4(1), 60_000 + round)]), two]);
      await sleep(20);
    }
  });
  t.is(leaks, 0);
  await apply([udp([])], [one([]), two]);
  t.is((await datagram(vip, 53, client4(1))).peer, client4(1), 'and without policies it does');
});

test.serial('connections that are there are refused from the moment their client is listed', async (t) => {
  await apply([service({ policies: ['bad'] })], [black('bad', [])]);
  const open = await stream(vip, 80, client4(1));
  const other = await stream(vip, 80, client4(2));
  await open.echo('before');
  await engine.reconciler.changePolicy('bad', { added: [element(client4(1))] });
  const echo = open.echo('after');
  await other.echo('somebody else');
  t.is(await Promise.race([echo.catch(() => 'silent'), sleep(400, 'silent')]), 'silent');
  await engine.reconciler.changePolicy('bad', { removed: [element(client4(1))] });
  await t.notThrowsAsync(echo, 'goes on when it is taken off the list');
  open.close();
  other.close();
});

test.serial(
  'a restart keeps elements with what is left of their time and what they have counted',
  async (t) => {
    const policies = [black('bad', [element(client4(1), 2500), element(client4(2), 500), client4(3)])];
    const services = [service({ policies: ['bad'] })];
    await apply(services, policies);
    t.deepEqual(await through(80, [1, 2, 3, 4]), [4]);
    await sleep(600);
    await engine.stop();
    t.deepEqual(await through(80, [1, 3, 4]), [4], 'nobody is there, the kernel goes on');
    engine = bed.engine();
    await engine.reconciler.adopt();
    await apply(services, policies);
    t.deepEqual(await through(80, [1, 2, 3, 4]), [2, 4], 'what had expired stays away');
    const { elements, refused } = await engine.reconciler.policyCounters('bad');
    t.is(elements.length, 2);
    t.true(Number(elements.find(({ data }) => data === client4(3))?.['counter-packets']) >= 3);
    t.true((refused.get('web')?.packets ?? 0) >= 6);
    await sleep(1500);
    t.deepEqual(await through(80, [1, 3]), [1], 'its time did not start anew');
  },
);

test.serial(
  'a timed element that came while nobody was there is in force, although others have expired',
  async (t) => {
    const services = [service({ policies: ['bad'] })];
    await apply(services, [black('bad', [element(client4(1), 60_000)])]);
    await engine.stop();
    engine = bed.engine();
    await apply(services, [black('bad', [element(client4(1), 60_000), element(client4(2), 60_000)])]);
    t.deepEqual(await through(80, [1, 2, 3]), [3]);
  },
);

test.serial('what somebody else takes away comes back with what is left of its time', async (t) => {
  await apply([service({ policies: ['bad'] })], [black('bad', [element(client4(1), 60_000), client4(2)])]);
  bed.nft('delete', 'table', 'netdev', 'relevo_ingress');
  const until = performance.now() + 5000;
  while ((await through(80, [1, 2])).length > 0 && performance.now() < until) await sleep(20);
  t.deepEqual(await through(80, [1, 2, 3]), [3]);
});

test.serial('nothing is left when no policy is', async (t) => {
  await apply([service()], []);
  t.deepEqual(await through(80, [1, 2]), [1, 2]);
  const until = performance.now() + 6000;
  while (bed.nft('list', 'ruleset').includes('bad') && performance.now() < until) await sleep(100);
  t.notRegex(withoutConstants(bed.nft('list', 'ruleset')), /list|match|refuse/);
});
