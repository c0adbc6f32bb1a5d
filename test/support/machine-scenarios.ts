/**
 * A real program, asked over HTTP and judged by packets: what it must know of the machine, it finds out and follows. The same scenarios
 * for `relevo nftlb` and for an agent.
 */

import test from 'ava';
import { backendAddress, backendPort, vip } from './bed.js';
import type { Program } from './programs.js';
import type { StatelessBed } from './stateless-bed.js';
import { datagram, request, stream } from './traffic.js';

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async <T>(look: () => Promise<T>, holds: (seen: T) => boolean, ms = 20_000): Promise<T> => {
  const end = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > end) throw new Error(`it did not come to that: ${JSON.stringify(seen)}`);
    await after(50);
  }
};
const failing = async (ask: () => Promise<unknown>): Promise<string> => {
  try {
    await ask();
    return 'answered';
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code ?? (thrown as Error).message;
  }
};

const farm = (changes: object = {}): object => ({
  name: 'web',
  'virtual-addr': vip,
  'virtual-ports': '80',
  mode: 'dsr',
  protocol: 'tcp',
  scheduler: 'weight',
  state: 'up',
  backends: [1, 2].map((index) => ({ name: `b${index}`, 'ip-addr': backendAddress(index), state: 'up' })),
  ...changes,
});
const translating = (changes: object = {}): object =>
  farm({
    mode: 'stlsdnat',
    backends: [1, 2].map((index) => ({
      name: `b${index}`,
      'ip-addr': backendAddress(index),
      port: String(backendPort),
      state: 'up',
    })),
    ...changes,
  });
const client = (index: number): string => `10.40.1.${index}`;
const isServed = async (program: Program): Promise<void> => {
  await until(
    () => program.farm('web'),
    ({ state, backends }) => state === 'up' && backends.every((one) => one.state === 'up'),
  );
};
const nothingWasWrong = (t: { deepEqual(a: unknown, b: unknown): void }, program: Program): void =>
  t.deepEqual(program.warnings(), []);
export interface Scenarios {
  readonly bed: StatelessBed;
  start(): Promise<Program>;
  /** Ends it by `end`, and starts it again with what it has. */
  restart(program: Program, end: () => Promise<void>): Promise<Program>;
}

/** Two backends, twenty clients. */
export const registerScenarios = ({ bed, start, restart }: Scenarios): void => {
  const { namespaces, lb } = bed;
  const tracked = (): string[] =>
    namespaces
      .run(lb, 'conntrack', '-L')
      .split('\n')
      .filter((line) => line.includes('10.40.1.'));

  /** The farm as it is now, and no lists. */
  const reset = async (program: Program): Promise<void> => {
    await program.ask('DELETE', '/farms');
    await program.ask('DELETE', '/policies');
  };

  let program: Program;
  test.serial.before(async () => {
    program = await start();
  });

  test.serial('dsr: served by both backends, past connection tracking', async (t) => {
    bed.forgetNeighbours();
    await program.apply({ farms: [farm()] });
    await isServed(program);
    const names = new Set<string>();
    for (let index = 1; index <= 20; index++) {
      const { name, peer, port } = await request(vip, 80, client(index));
      t.is(peer, client(index));
      t.is(port, 80);
      names.add(name);
    }
    t.deepEqual([...names].sort(), ['b1', 'b2']);
    t.deepEqual(tracked(), []);
    bed.listing();
    await reset(program);
    nothingWasWrong(t, program);
  });

  test.serial('stlsdnat: address and port are translated and restored, tcp and udp', async (t) => {
    await program.apply({ farms: [translating({ protocol: 'all' })] });
    await isServed(program);
    const names = new Set<string>();
    for (let index = 1; index <= 20; index++) {
      const { name, peer, port } = await request(vip, 80, client(index));
      t.is(peer, client(index));
      t.is(port, backendPort);
      names.add(name);
    }
    t.deepEqual([...names].sort(), ['b1', 'b2']);
    t.is((await datagram(vip, 80, client(1))).peer, client(1));
    t.deepEqual(tracked(), []);
    await reset(program);
    nothingWasWrong(t, program);
  });

  for (const mode of ['dnat', 'dsr']) {
    test.serial(`${mode}: who is black is dropped, who is white passes`, async (t) => {
      await program.apply({
        policies: [
          { name: 'bad', type: 'blacklist', elements: [{ data: '10.40.1.0/28' }] },
          { name: 'good', type: 'whitelist', elements: [{ data: client(3) }] },
        ],
      });
      const lists = { policies: [{ name: 'bad' }, { name: 'good' }] };
      await program.apply({ farms: [mode === 'dsr' ? farm(lists) : translating({ mode, ...lists })] });
      await isServed(program);
      t.is(await failing(() => request(vip, 80, client(2), 500)), 'timeout');
      await request(vip, 80, client(3));
      await request(vip, 80, client(18));
      await program.ask('DELETE', '/policies/good/elements/10.40.1.3');
      t.is(await failing(() => request(vip, 80, client(3), 500)), 'timeout');
      await reset(program);
      nothingWasWrong(t, program);
    });
  }

  test.serial('dsr: a limit of new connections holds', async (t) => {
    await program.apply({
      farms: [farm({ 'new-rtlimit': '2/hour', 'new-rtlimit-burst': '2' })],
    });
    await isServed(program);
    await request(vip, 80, client(20));
    await request(vip, 80, client(20));
    t.is(await failing(() => request(vip, 80, client(20), 500)), 'timeout');
    // Who has met it stays refused for two minutes: a client that no other test asks as.
    await request(vip, 80, client(2));
    await reset(program);
    nothingWasWrong(t, program);
  });

  test.serial('a backend whose MAC address changes is followed', async (t) => {
    await program.apply({ farms: [farm({ backends: [{ name: 'b1', 'ip-addr': backendAddress(1) }] })] });
    await isServed(program);
    await request(vip, 80, client(1));
    const device = `${namespaces.id}b1`;
    namespaces.run(bed.backend(1), 'ip', 'link', 'set', device, 'address', '02:00:00:00:77:01');
    // It speaks: the balancer's kernel hears where it is now.
    namespaces.run(bed.backend(1), 'arping', '-U', '-c', '1', '-I', device, backendAddress(1));
    await until(
      () => failing(() => request(vip, 80, client(1), 300)),
      (seen) => seen === 'answered',
    );
    t.regex(namespaces.run(lb, 'nft', 'list', 'map', 'netdev', 'relevo_ingress', 'stateless_macs'), /77:01/);
    await reset(program);
    nothingWasWrong(t, program);
  });

  test.serial('a backend without a MAC address says so, and is served when it has one', async (t) => {
    const absent = '10.51.0.77';
    await program.apply({ farms: [farm({ backends: [{ name: 'b1', 'ip-addr': absent }] })] });
    const { backends } = await program.farm('web');
    t.is(backends[0]!.state, 'config_error');
    t.regex(backends[0]!['state-reason'] ?? '', /MAC address of 10\.51\.0\.77 is not known/);
    t.not(await failing(() => request(vip, 80, client(1), 500)), 'answered');
    namespaces.run(bed.backend(1), 'ip', 'addr', 'add', `${absent}/24`, 'dev', `${namespaces.id}b1`);
    await isServed(program);
    t.is((await request(vip, 80, client(1))).name, 'b1');
    await reset(program);
    namespaces.run(bed.backend(1), 'ip', 'addr', 'del', `${absent}/24`, 'dev', `${namespaces.id}b1`);
    nothingWasWrong(t, program);
  });

  test.serial('interfaces come and go: clients behind a new one meet the same lists', async (t) => {
    const other = namespaces.add('o');
    const plug = (): void => {
      namespaces.link(
        { ns: lb, dev: `${namespaces.id}n`, cidr: '10.70.0.1/24' },
        { ns: other, dev: `${namespaces.id}o`, cidr: '10.70.0.2/24' },
      );
      namespaces.run(other, 'ip', 'route', 'add', 'default', 'via', '10.70.0.1');
      namespaces.run(other, 'ip', 'addr', 'add', '10.70.0.3/24', 'dev', `${namespaces.id}o`);
    };
    const curl = (from: string): Promise<boolean> =>
      new Promise((resolve) => {
        const child = namespaces.start(
          other,
          'curl',
          ...['-s', '-m', '2', '--interface', from, `http://${vip}/`],
        );
        child.once('exit', (code) => resolve(code === 0));
      });
    const chains = (): string => bed.nft('list', 'chains', 'netdev');
    await program.apply({
      policies: [{ name: 'bad', type: 'blacklist', elements: [{ data: '10.70.0.3' }] }],
    });
    await program.apply({ farms: [translating({ mode: 'dnat', policies: [{ name: 'bad' }] })] });
    for (const round of [1, 2]) {
      plug();
      await until(
        async () => chains(),
        (seen) => seen.includes(`ingress_${namespaces.id}n`),
      );
      t.true(await curl('10.70.0.2'), `round ${round}`);
      t.false(await curl('10.70.0.3'), `round ${round}`);
      namespaces.run(lb, 'ip', 'link', 'del', `${namespaces.id}n`);
      // A change while it is gone, before and after the chain is.
      await program.apply({ farms: [{ name: 'web', scheduler: round === 1 ? 'rr' : 'weight' }] }, 'PUT');
      await request(vip, 80, client(5));
      if (round === 1)
        await until(
          async () => chains(),
          (seen) => !seen.includes(`ingress_${namespaces.id}n`),
        );
    }
    await reset(program);
    nothingWasWrong(t, program);
  });

  test.serial('a restart adopts: nobody notices', async (t) => {
    await program.apply({ policies: [{ name: 'bad', type: 'blacklist', elements: [{ data: client(2) }] }] });
    await program.apply({ farms: [farm({ policies: [{ name: 'bad' }] })] });
    await isServed(program);
    const open = await stream(vip, 80, client(1));
    let lost = 0;
    let asked = 0;
    const going = new AbortController();
    const asking = (async () => {
      while (!going.signal.aborted) {
        asked++;
        if ((await failing(() => request(vip, 80, client(4 + (asked % 10)), 2000))) !== 'answered') lost++;
        await after(5);
      }
    })();
    try {
      program = await restart(program, async () => {
        t.is(await program.stop('SIGKILL'), 'SIGKILL');
        // The kernel has forgotten them meanwhile.
        bed.forgetNeighbours();
      });
      await open.echo('still here');
    } finally {
      going.abort();
      await asking;
    }
    t.log(`${asked} requests during the restart, ${lost} lost`);
    t.is(lost, 0);
    t.is(await failing(() => request(vip, 80, client(2), 500)), 'timeout');
    await isServed(program);
    open.close();
    nothingWasWrong(t, program);
    t.is(await program.stop(), 0);
  });
};
