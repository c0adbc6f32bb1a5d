/**
 * What nftlb 1.1.0 does wrong, one test each, against the real `relevo nftlb` process and with packets. Defects 7, 8, 10, 11, 13, 14, 16, 19, 21
 * and 25 are judged where documents and requests are: `grep -rn 'defect' test`.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { builtProgram } from '../../src/shell/programs.js';
import { backendAddress, backendPort, vip } from '../support/bed.js';
import { type Program, startNftlb } from '../support/programs.js';
import { createStatelessBed } from '../support/stateless-bed.js';
import { datagram, namedStream, request, stream, tally } from '../support/traffic.js';

const bed = await createStatelessBed({ backends: 3, clients: 30 });
const { namespaces, lb } = bed;
const host = '10.40.0.1';
test.after.always(() => bed.dispose());

let program: Program;
test.serial.before(async () => {
  program = await startNftlb(namespaces, lb, host);
});
test.serial.afterEach.always(async (t) => {
  await program.ask('DELETE', '/farms');
  await program.ask('DELETE', '/policies');
  // But for the sessions that a test has put there by stock nft.
  t.deepEqual(
    program.warnings().filter((line) => !/new element persist and \d+ more by nft/.test(line)),
    [],
  );
});

const clients = Array.from({ length: 30 }, (_, index) => `10.40.1.${index + 1}`);
const backend = (index: number, more: object = {}) => ({
  name: `b${index}`,
  'ip-addr': backendAddress(index),
  port: String(backendPort),
  state: 'up',
  ...more,
});
const farm = (more: object = {}) => ({
  name: 'web',
  'virtual-addr': vip,
  'virtual-ports': '80',
  mode: 'dnat',
  protocol: 'tcp',
  scheduler: 'weight',
  state: 'up',
  backends: [backend(1), backend(2), backend(3)],
  ...more,
});
const setState = (name: string, state: string) =>
  program.apply({ farms: [{ name: 'web', backends: [{ name, state }] }] }, 'PUT');
const askAll = (port = 80) => Promise.all(clients.map(async (from) => (await request(vip, port, from)).name));
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const many = (farms: number, each: number) =>
  Array.from({ length: farms }, (_, at) => ({
    ...farm({ name: `f${at}`, 'virtual-addr': `10.${100 + (at >> 8)}.${at & 255}.1` }),
    backends: Array.from({ length: each }, (_, index) => ({
      ...backend(1, { name: `b${index}` }),
      'ip-addr': `10.${200 + (at & 31)}.${index >> 8}.${index & 255}`,
    })),
  }));

test.serial(
  'defect 1: a thousand farms load at once, in little memory, and changes stay quick',
  async (t) => {
    const loadMs = await timed(() => program.apply({ farms: [...many(1_000, 4), farm()] }));
    await request(vip, 80);
    const farmMs = await timed(() =>
      program.apply({ farms: [farm({ name: 'more', 'virtual-ports': '81' })] }),
    );
    await request(vip, 81);
    const stateMs = await timed(() => setState('b1', 'down'));
    const status = readFileSync(`/proc/${program.child.pid}/status`, 'utf8');
    const residentMiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    t.log({ loadMs, farmMs, stateMs, residentMiB });
    // nftlb: 65 s, 127 ms, 20 ms, 275 MB. The machine may be busy.
    t.true(loadMs < 20_000);
    t.true(farmMs < 5_000 && stateMs < 5_000);
    t.true(residentMiB < 250);
  },
);

test.serial('defect 2: every backend is in the kernel, beyond 4,095 of them', async (t) => {
  await program.apply({ farms: many(6, 1_000) });
  const text = bed.nft('list', 'set', 'ip', 'relevo', 'backends');
  t.is((text.match(/10\.20\d\.\d+\.\d+ \. tcp/g) ?? []).length, 6_000);
});

test.serial('defect 3: clients of a failed backend are served by another one at once', async (t) => {
  await program.apply({ farms: [farm({ persistence: 'srcip', 'persist-ttl': '600' })] });
  const before = await askAll();
  t.true(before.includes('b2'));
  // Nobody listens there any more.
  await setState('b2', 'down');
  const after = await askAll();
  t.false(after.includes('b2'));
  for (const [at, name] of before.entries()) t.true(name === 'b2' || after[at] === name);
});

test.serial('defect 4: a tcp and a udp address serve side by side', async (t) => {
  const addresses = ['tcp', 'udp'].map((protocol) => ({
    name: protocol,
    family: 'ipv4',
    'ip-addr': vip,
    ports: '53',
    protocol,
  }));
  const { 'virtual-addr': _address, 'virtual-ports': _ports, protocol: _protocol, ...rest } = farm();
  await program.apply({ farms: [{ ...rest, addresses }] });
  t.truthy((await request(vip, 53)).name);
  t.truthy((await datagram(vip, 53)).name);
});

test.serial('defect 5: healthy backups serve, whatever gap there is between priorities', async (t) => {
  const backends = [
    backend(1, { priority: '1' }),
    backend(2, { priority: '2' }),
    backend(3, { priority: '4' }),
  ];
  await program.apply({ farms: [farm({ backends })] });
  t.is((await request(vip, 80)).name, 'b1');
  await setState('b1', 'down');
  await setState('b2', 'down');
  t.is((await request(vip, 80)).name, 'b3');
});

test.serial('defect 6: marks of a farm and of three backends do not collide', async (t) => {
  const backends = [1, 2, 3].map((index) => backend(index, { mark: `0x${index}0` }));
  namespaces.run(lb, 'conntrack', '-F');
  await program.apply({ farms: [farm({ mark: '0x1', backends })] });
  for (const name of await askAll()) t.regex(name, /^b[123]$/);
  const flows = namespaces.run(lb, 'conntrack', '-L', '-o', 'extended', '-d', vip);
  t.deepEqual(
    [...new Set([...flows.matchAll(/mark=(\d+)/g)].map(([, mark]) => Number(mark)))].sort(),
    [0x11, 0x21, 0x31],
  );
});

test.serial('defect 9: what the kernel or the document refuses is told, with an exit status', async (t) => {
  const file = `/tmp/${namespaces.id}-defect9.json`;
  const run = (document: object, ...before: string[]) =>
    new Promise<{ code: number | null; text: string }>((resolve) => {
      writeFileSync(file, JSON.stringify(document));
      const args = [...before, process.execPath, builtProgram('bin/relevo.js'), 'nftlb', '-e', '-c', file];
      const child = namespaces.start(lb, args[0]!, ...args.slice(1));
      let text = '';
      child.stderr?.on('data', (part) => {
        text += part;
      });
      child.once('close', (code) => resolve({ code, text }));
    });
  const forbidden = await run({ farms: [farm()] }, 'setpriv', '--bounding-set=-net_admin');
  t.is(forbidden.code, 1);
  t.regex(forbidden.text, /EPERM|CAP_NET_ADMIN/);
  const wrong = await run({ farms: [farm({ 'virtual-addr': '999.1.1.1' })] });
  t.is(wrong.code, 1);
  t.regex(wrong.text, /999\.1\.1\.1/);
  rmSync(file);
});

test.serial('defect 12: a client that does not read its answer delays nobody', async (t) => {
  await program.apply({ farms: many(500, 4) });
  const deaf = connect(5555, host);
  deaf.on('error', () => {});
  // More answers than all buffers between the two hold; nobody reads them.
  deaf.pause();
  deaf.write('GET /farms HTTP/1.1\r\nHost: x\r\nKey: a key of the tests\r\n\r\n'.repeat(20));
  for (let round = 0; round < 5; round++) {
    t.is((await program.ask('GET', '/farms/f1')).status, 200);
    await program.apply(
      { farms: [{ name: 'f1', backends: [{ name: 'b1', state: round % 2 ? 'up' : 'down' }] }] },
      'PUT',
    );
  }
  deaf.destroy();
});

test.serial(
  'defect 15: changes of address, ports, log and lifetime leave no gap and keep sessions',
  async (t) => {
    await program.apply({ farms: [farm({ persistence: 'srcip', 'persist-ttl': '600' })] });
    const before = await askAll();
    const open = await stream(vip, 80, clients[0]);
    const lost: string[] = [];
    let going = true;
    const probe = (async () => {
      while (going)
        await request(vip, 80, '10.40.0.2', 2_000).catch((error: Error) => lost.push(error.message));
    })();
    const changes: object[] = [
      { 'virtual-ports': '80,81' },
      { log: 'input' },
      { 'persist-ttl': '900' },
      { 'log-prefix': 'other' },
      { mode: 'snat' },
      { mode: 'dnat', log: 'none' },
      { addresses: [{ name: 'more', 'ip-addr': '198.51.100.77', ports: '80', protocol: 'tcp' }] },
    ];
    for (const change of changes) {
      await program.apply({ farms: [{ name: 'web', ...change }] }, 'PUT');
      await open.echo(JSON.stringify(change));
      t.deepEqual(await askAll(), before, JSON.stringify(change));
    }
    going = false;
    await probe;
    t.deepEqual(lost, []);
    open.close();
  },
);

test.serial('defect 17: stlsdnat restores the port on the way back', async (t) => {
  await program.apply({ farms: [farm({ mode: 'stlsdnat' })] });
  // A connected socket takes nothing that comes from another port.
  const answer = await request(vip, 80, clients[0], 5_000);
  t.is(answer.port, backendPort);
  const open = await stream(vip, 80, clients[1], 5_000);
  await open.echo('both ways');
  open.close();
});

test.serial('defect 18: a full backend means another one, not a lost SYN', async (t) => {
  const backends = [backend(1, { 'est-connlimit': '1' }), backend(2)];
  await program.apply({ farms: [farm({ scheduler: 'rr', backends })] });
  const open = [];
  // A SYN that was dropped would be sent again after a second.
  for (let at = 0; at < 6; at++) open.push(await namedStream(vip, 80, clients[at], 900));
  t.deepEqual(tally(open), { b1: 1, b2: 5 });
  for (const one of open) one.close();
});

test.serial('defect 20: hashed clients stay, and turns go on, when a backend changes', async (t) => {
  await program.apply({ farms: [farm({ scheduler: 'hash', 'sched-param': 'srcip' })] });
  const before = await askAll();
  await setState('b3', 'down');
  const during = await askAll();
  for (const [at, name] of before.entries()) t.true(name === 'b3' || during[at] === name);
  await setState('b3', 'up');
  t.deepEqual(await askAll(), before);
  // Turns: a change of another farm's backend does not begin them anew.
  await program.apply({
    farms: [farm({ scheduler: 'rr' }), farm({ name: 'other', 'virtual-ports': '81' })],
  });
  const names: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    names.push((await request(vip, 80)).name);
    await program.apply(
      { farms: [{ name: 'other', backends: [{ name: 'b1', state: turn % 2 ? 'up' : 'down' }] }] },
      'PUT',
    );
  }
  t.deepEqual(tally(names.map((name) => ({ name }))), { b1: 2, b2: 2, b3: 2 });
});

test.serial('defect 22: reading many sessions holds nobody up', async (t) => {
  const count = 40_000;
  await program.apply({ farms: [farm({ persistence: 'srcip', 'persist-ttl': '600' })] });
  const file = `/tmp/${namespaces.id}-sessions.nft`;
  const elements = Array.from(
    { length: count },
    (_, at) =>
      `10.${64 + (at >> 16)}.${(at >> 8) & 255}.${at & 255} . ${vip} . tcp . 80 timeout 600s : ${backendAddress(1)} . ${backendPort}`,
  );
  writeFileSync(file, `add element ip relevo persist { ${elements.join(', ')} }`);
  bed.nft('-f', file);
  rmSync(file);
  let read = false;
  const reading = program.ask('GET', '/farms/web/sessions').then((reply) => {
    read = true;
    return reply;
  });
  let between = 0;
  while (!read) {
    await program.ask('GET', '/farms/web');
    if (!read) between++;
  }
  const { sessions } = JSON.parse((await reading).body) as { sessions: unknown[] };
  t.is(sessions.length, count);
  t.log(`${between} requests were answered meanwhile`);
  t.true(between > 0);
  // What nftlb needs 2.1 s for with as many.
  await setState('b2', 'down');
  await setState('b1', 'down');
  t.is((await request(vip, 80, clients[0])).name, 'b3');
});

test.serial('defect 24: a white list wins in whatever order the policies stand', async (t) => {
  await program.apply({
    policies: [
      { name: 'bad', type: 'blacklist', elements: [{ data: '10.40.1.0/24' }] },
      { name: 'good', type: 'whitelist', elements: [{ data: clients[2] }] },
    ],
  });
  for (const order of [
    ['bad', 'good'],
    ['good', 'bad'],
  ]) {
    await program.apply({ farms: [farm({ policies: order.map((name) => ({ name })) })] });
    await request(vip, 80, clients[2], 5_000);
    await t.throwsAsync(request(vip, 80, clients[3], 500));
    await program.ask('DELETE', '/farms/web');
  }
});

const restartedWith = async (t: ExecutionContext, document: object): Promise<void> => {
  const file = `/tmp/${namespaces.id}-defect23.json`;
  writeFileSync(file, JSON.stringify(document));
  t.is(await program.stop('SIGKILL'), 'SIGKILL');
  program = await startNftlb(namespaces, lb, host, '-c', file);
  rmSync(file);
};

/** What leads packets on. */
const ruleset = (): string =>
  ['services', 'slots'].map((name) => bed.nft('list', 'map', 'ip', 'relevo', name)).join('');

test.serial('defect 23: a restart keeps rules, sessions and connections', async (t) => {
  await program.apply({ farms: [farm({ persistence: 'srcip', 'persist-ttl': '600' })] });
  const before = await askAll();
  const open = await stream(vip, 80, clients[0]);
  const rules = ruleset();
  await restartedWith(t, JSON.parse((await program.ask('GET', '/farms')).body) as object);
  t.is(ruleset(), rules);
  await open.echo('still here');
  open.close();
  t.deepEqual(await askAll(), before);
});
