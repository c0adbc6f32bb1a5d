/** What this kernel can do, found by trial; and what happens to the one service that asks for something that is not there. */

import test from 'ava';
import { probeKernel } from '../../src/app/kernel-features.js';
import type { Ip, Ipv4 } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { createNft } from '../../src/shell/nft.js';
import { backendAddress, backendPort, createBed, vip } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { createLog } from '../support/log.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { request } from '../support/traffic.js';

const bed = await createBed();
test.after.always(() => bed.dispose());

const probe = () => {
  const log = createLog();
  const nft = insideNamespace(bed.lb, () => createNft({ log }));
  return probeKernel(nft, log).finally(() => nft.close());
};

/** What stock nft says when it tries the same. */
const nftTakes = (...commands: string[]): boolean => {
  try {
    bed.nft('add table ip trial;', ...commands, 'delete table ip trial');
    return true;
  } catch {
    return false;
  }
};

test.serial('probes agree with stock nft and leave nothing behind', async (t) => {
  const { supports, missing } = await probe();
  t.is(supports('queue'), nftTakes('add chain ip trial c;', 'add rule ip trial c queue num 0 bypass;'));
  t.is(
    supports('flowtable'),
    nftTakes('add flowtable ip trial f { hook ingress priority 0; devices = { lo }; };'),
  );
  t.is(
    supports('synproxy'),
    nftTakes(
      'add chain ip trial c { type filter hook input priority 0; };',
      'add rule ip trial c meta l4proto tcp synproxy mss 1460 wscale 7;',
    ),
  );
  for (const helper of ['ftp', 'sip', 'tftp', 'pptp', 'snmp'] as const) {
    const protocol = helper === 'tftp' || helper === 'snmp' ? 'udp' : 'tcp';
    t.is(
      supports(`${helper} helper`),
      nftTakes(`add ct helper ip trial h { type "${helper}" protocol ${protocol}; };`),
      helper,
    );
  }
  for (const [feature, reason] of missing) t.truthy(reason, feature);
  t.is(bed.nft('list', 'ruleset'), '');
});

const service = (name: string, port: number, changes: Partial<Service> = {}): Service => ({
  name,
  family: 'ipv4',
  mode: 'dnat',
  addresses: [{ address: vip as Ip, protocol: 'tcp', ports: [{ first: port, last: port }] }],
  endpoints: [{ protocol: 'tcp', address: vip as Ipv4, port }],
  scheduler: 'weight',
  hashFields: [],
  persistence: [],
  persistTtlMs: 60_000,
  replicate: 'all',
  state: 'up',
  backends: [1, 2].map((index) => ({
    name: `b${index}`,
    address: backendAddress(index) as Ip,
    port: backendPort,
    weight: 1,
    priority: 1,
    state: 'up',
  })),
  ...changes,
});

test.serial(
  'what is missing is refused for the service that asks, with the reason; others are served',
  async (t) => {
    const { supports } = await probe();
    const lacks = (feature: string): boolean => ['flowtable', 'pptp helper'].includes(feature);
    const engine = bed.engine(undefined, {
      facts: { supports: (feature) => !lacks(feature) && supports(feature) },
    });
    await engine.reconciler.apply({
      services: [
        service('plain', 80),
        service('fast', 81, { flowOffload: true }),
        service('tunnel', 82, { helper: 'pptp' }),
      ],
    });
    const reasons = engine.reconciler.shortcomings();
    t.deepEqual(reasons.map((reason) => reason.service).sort(), ['fast', 'tunnel']);
    t.regex(reasons.find((reason) => reason.service === 'fast')!.reason, /flowtables/);
    t.regex(reasons.find((reason) => reason.service === 'tunnel')!.reason, /pptp.*load nf_conntrack_pptp/);
    for (const port of [80, 81, 82]) t.is((await request(vip, port)).port, backendPort);
    t.notRegex(bed.listing(), /flowtable|ct helper/);
    await engine.stop();
  },
);

test.serial('the same through nftlb’s interface: the reasons stand beside the state', async (t) => {
  const { supports } = await probe();
  const missing = ['queue', 'flowtable', 'snmp helper'];
  const engine = bed.engine(undefined, {
    facts: { supports: (feature) => !missing.includes(feature) && supports(feature) },
  });
  const { send, done } = nftlbOn(engine);
  const farm = (name: string, port: number, more: object = {}) => ({
    name,
    'virtual-addr': vip,
    'virtual-ports': String(port),
    mode: 'dnat',
    backends: [1, 2].map((index) => ({
      name: `b${index}`,
      'ip-addr': backendAddress(index),
      port: backendPort,
    })),
    ...more,
  });
  await done('POST', '/farms', {
    farms: [
      farm('plain', 80),
      farm('queued', 81, { queue: 5 }),
      farm('fast', 82, { 'flow-offload': 'on' }),
      farm('both', 83, { queue: 5, 'flow-offload': 'on' }),
      farm('walk', 161, { protocol: 'udp', helper: 'snmp' }),
    ],
  });
  const state = async (name: string): Promise<[unknown, unknown]> => {
    const [found] = (await done('GET', `/farms/${name}`)).farms as Record<string, unknown>[];
    return [found!.state, found!['state-reason']];
  };
  t.deepEqual(await state('plain'), ['up', undefined]);
  for (const [name, reason] of [
    ['queued', /queue/],
    ['fast', /flowtables/],
    ['both', /queue.*; .*flowtables/],
    ['walk', /snmp.*load nf_conntrack_snmp/],
  ] as const) {
    const [is, why] = await state(name);
    t.is(is, 'config_error');
    t.regex(String(why), reason, name);
  }
  // What can be had of them is served.
  for (const port of [80, 81, 82, 83]) t.is((await request(vip, port)).port, backendPort);
  t.notRegex(bed.listing(), /flowtable|ct helper|queue/);

  // Whoever reads a farm and sends it back has said nothing new; whoever takes the wish back is up.
  const printed = (await done('GET', '/farms')) as object;
  await done('PUT', '/farms', printed);
  t.deepEqual(await done('GET', '/farms'), printed);
  await done('PUT', '/farms', { farms: [{ name: 'both', queue: -1, 'flow-offload': 'off' }] });
  t.deepEqual(await state('both'), ['up', undefined]);
  // And for the others everything goes on.
  t.is((await send('PUT', '/farms', { farms: [farm('more', 84)] })).response, 'success');
  t.is((await request(vip, 84)).port, backendPort);
  await done('DELETE', '/farms');
  await engine.stop();
});

test.serial('without a probe the kernel refuses the whole change, and what was in force stays', async (t) => {
  const { supports } = await probe();
  if (supports('flowtable')) {
    t.pass('this kernel has flowtables');
    return;
  }
  const engine = bed.engine();
  await engine.reconciler.apply({ services: [service('plain', 80)] });
  await t.throwsAsync(
    engine.reconciler.apply({ services: [service('plain', 80), service('fast', 81, { flowOffload: true })] }),
  );
  t.is((await request(vip, 80)).port, backendPort);
  await t.throwsAsync(request(vip, 81, undefined, 300));
  await engine.stop();
});
