/** Log lines of services, read from a group: a network namespace other than the first does not print to the kernel's log. */

import test from 'ava';
import { followServiceLog, type PacketFacts } from '../../src/app/service-log.js';
import type { Ip } from '../../src/model/address.js';
import { plainContext } from '../../src/ruleset/context.js';
import { createPacketLog } from '../../src/shell/packet-log.js';
import { backendAddress6, createBed, vip, vip6 } from '../support/bed.js';
import { insideNamespace } from '../support/inside.js';
import { backendsAt, plainService, port } from '../support/services.js';
import { request } from '../support/traffic.js';

const bed = await createBed({ backends: 2, clients: 4 });
const group = 7021;
const context = { ...plainContext, serviceLogGroup: group };

interface Line {
  readonly prefix: string;
  readonly facts: PacketFacts | undefined;
}
const lines: Line[] = [];
const packets = insideNamespace(bed.lb, () => createPacketLog({ group }));
followServiceLog({
  packets,
  write: (prefix, facts) => lines.push({ prefix, facts }),
  lost: () => {},
});
await packets.ready;
test.after.always(async () => {
  packets.close();
  await bed.dispose();
});

/** What was logged while `traffic` ran. */
const during = async (traffic: () => Promise<unknown>): Promise<Line[]> => {
  const before = lines.length;
  await traffic();
  await new Promise((resolve) => setTimeout(resolve, 150));
  return lines.slice(before);
};
const prefixes = (found: readonly Line[]): string[] => found.map(({ prefix }) => prefix);

test.serial('one line per connection and point, by default as nftlb writes it', async (t) => {
  const engine = bed.engine(context);
  await engine.reconciler.apply({
    services: [
      plainService({ log: { points: ['input', 'forward', 'output'] }, backends: backendsAt(1) }),
      plainService({ name: 'quiet' }, { port: 81 }),
    ],
  });
  const found = await during(() => request(vip, 80, '10.40.1.1'));
  t.deepEqual(prefixes(found), ['IN-web', 'FWD-web', 'OUT-web']);
  t.like(found[0]?.facts, { from: '10.40.1.1' as Ip, to: vip as Ip, protocol: 'tcp', destinationPort: 80 });
  t.like(found[1]?.facts, { from: '10.40.1.1' as Ip, to: '10.51.0.2' as Ip, destinationPort: 8080 });
  t.deepEqual(await during(() => request(vip, 81)), [], 'who does not ask for it is not logged');
  bed.listing();
  await engine.stop();
});

test.serial('all tokens, each once; names that look like tokens stay names', async (t) => {
  const engine = bed.engine(context);
  const log = { points: ['input', 'output'] as const, prefix: 'KNAME|TYPE|FNAME|ANAME|BNAME|PNAME' };
  await engine.reconciler.apply({
    services: [
      plainService({
        name: 'TYPE',
        log,
        addresses: [
          { address: vip as Ip, protocol: 'tcp', ports: [port(80)] },
          { name: 'second', address: vip as Ip, protocol: 'tcp', ports: [port(81)] },
          { name: 'third', address: vip as Ip, protocol: 'tcp', ports: [{ first: 82, last: 99 }] },
          { name: 'six', address: vip6 as Ip, protocol: 'tcp', ports: [] },
        ],
        endpoints: [],
        family: 'dual',
        backends: [
          ...backendsAt(2),
          ...backendsAt(1, { name: 'b6' }, backendAddress6).map((one) => ({ ...one, name: 'b6' })),
        ],
      }),
    ],
  });
  const at = async (address: string, number: number): Promise<string[]> =>
    prefixes(await during(() => request(address, number)));
  // Until neighbours are known a SYN may have to be sent twice, and be logged twice.
  await request(vip6, 4711, undefined, 8000);
  const backend = /\|(b[126])\|-$/;
  for (const [address, number, name] of [
    [vip, 80, 'TYPE-addr'],
    [vip, 81, 'second'],
    [vip, 90, 'third'],
    [vip6, 4711, 'six'],
  ] as const) {
    const found = await at(address, number);
    t.is(found.length, 2, found.join());
    t.is(found[0], `log|IN|TYPE|${name}|-|-`);
    t.true(found[1]!.startsWith(`log|OUT|TYPE|${name}|b`));
    t.regex(found[1]!, backend);
  }
  bed.listing();
  await engine.stop();
});

test.serial('a rate holds for the service', async (t) => {
  const engine = bed.engine(context);
  const rate = { count: 3, unit: 'hour', burst: 3 } as const;
  await engine.reconciler.apply({
    services: [
      plainService({ log: { points: ['input'], rate } }),
      plainService({ name: 'other', log: { points: ['input'], prefix: 'other ', rate } }, { port: 81 }),
    ],
  });
  const found = await during(async () => {
    for (let index = 0; index < 10; index++) await request(vip, 80);
    await request(vip, 81);
  });
  t.deepEqual(prefixes(found), ['IN-web', 'IN-web', 'IN-web', 'other']);
  await engine.stop();
});

test.serial('a prefix is text, whatever is in it, and never too long for the kernel', async (t) => {
  const engine = bed.engine(context);
  const hostile = 'x" ; flush ruleset ; add rule ip relevo forward drop comment "\n\u0000é\\';
  await engine.reconciler.apply({
    services: [
      plainService({ log: { points: ['input'], prefix: hostile } }),
      plainService(
        { name: 'n'.repeat(100), log: { points: ['input'], prefix: `FNAME${'y'.repeat(60)}` } },
        { port: 81 },
      ),
    ],
  });
  const [line] = await during(() => request(vip, 80));
  t.is(line?.prefix, 'x_ ; flush ruleset ; add rule ip relevo forward drop comment _____');
  const [long] = await during(() => request(vip, 81));
  t.is(long?.prefix, 'n'.repeat(100) + 'y'.repeat(27));
  t.regex(bed.listing(), /log prefix "x_ ; flush ruleset/);
  await engine.stop();
});

test.serial(
  'the kernel log is the default; changed text replaces its chain; nothing is left behind',
  async (t) => {
    const engine = bed.engine();
    await engine.reconciler.apply({
      services: [plainService({ log: { points: ['input'], prefix: 'one' } })],
    });
    t.regex(bed.listing(), /log prefix "one" return/);
    await engine.reconciler.apply({
      services: [plainService({ log: { points: ['input'], prefix: 'two' } })],
    });
    t.deepEqual(await during(() => request(vip, 80)), []);
    t.regex(bed.nft('list', 'ruleset'), /vmap @log_input/);
    await engine.reconciler.apply({ services: [plainService()] });
    for (let tries = 0; tries < 60 && bed.nft('list', 'ruleset').includes('log_'); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    t.notRegex(bed.nft('list', 'ruleset'), /log_|identify/);
    await engine.stop();
  },
);
