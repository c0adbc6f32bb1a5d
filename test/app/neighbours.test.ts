/** The loop that knows backends' MAC addresses: what counts, when it asks, and whom it tells. */

import test from 'ava';
import { createNeighbourLoop } from '../../src/app/neighbours.js';
import type { Ip } from '../../src/model/address.js';
import type { LinkState, NeighbourState } from '../../src/ports.js';
import { createLog } from '../support/log.js';

const address = '10.0.0.2' as Ip;
const other = 'fd00::2' as Ip;
const timing = { retryMs: 1000, longestRetryMs: 4000, confirmMs: 60_000 };
const link = (index: number, mac = `02:00:00:00:01:0${index}`): LinkState => ({
  index,
  name: `eth${index}`,
  mac,
  usable: true,
});
const entry = (changes: Partial<NeighbourState> = {}): NeighbourState => ({
  linkIndex: 1,
  address,
  etherAddress: '02:00:00:00:00:01',
  state: 'confirmed',
  ...changes,
});

const bench = async (list: NeighbourState[] = [], provoke?: (address: Ip) => Promise<void>) => {
  let heard: (state: NeighbourState, gone: boolean) => void = () => {};
  let lost = (): void => {};
  let linkHeard: (name: string, state: LinkState | undefined) => void = () => {};
  const probed: Ip[] = [];
  const waits: { ms: number; action: () => void; cancelled: boolean }[] = [];
  const log = createLog();
  const loop = createNeighbourLoop(
    {
      neighbours: {
        list: async () => list,
        onChange: (listener) => {
          heard = listener;
          return () => {};
        },
        onLoss: (listener) => {
          lost = listener;
          return () => {};
        },
        close: () => {},
      },
      links: {
        list: async () => [link(1), link(2)],
        onChange: (listener) => {
          linkHeard = listener;
          return () => {};
        },
      },
      prober: {
        async provoke(one) {
          probed.push(one);
          await provoke?.(one);
        },
      },
      timers: {
        after(ms, action) {
          const wait = { ms, action, cancelled: false };
          waits.push(wait);
          return () => {
            wait.cancelled = true;
          };
        },
      },
      log,
    },
    timing,
  );
  const told: (readonly Ip[])[] = [];
  loop.onChange((addresses) => told.push(addresses));
  await loop.start();
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    loop,
    told,
    probed,
    waits,
    log,
    settle,
    hear: async (state: NeighbourState, gone = false) => {
      heard(state, gone);
      await settle();
    },
    lose: async () => {
      lost();
      await settle();
    },
    linkHeard: async (name: string, state: LinkState | undefined) => {
      linkHeard(name, state);
      await settle();
    },
    due: async () => {
      const next = waits.filter(({ cancelled }) => !cancelled).at(-1)!;
      next.cancelled = true;
      next.action();
      await settle();
      return next.ms;
    },
  };
};

test('what is in the table counts, unless it has failed or is not resolved', async (t) => {
  const { loop } = await bench([
    entry({ state: 'stale' }),
    entry({ address: other, state: 'failed', etherAddress: '' }),
    entry({ address: '10.0.0.3' as Ip, state: 'unresolved', etherAddress: '' }),
  ]);
  t.deepEqual(loop.neighbour(address), { etherAddress: '02:00:00:00:00:01', device: 'eth1' });
  t.is(loop.neighbour(other), undefined);
  t.is(loop.neighbour('10.0.0.3' as Ip), undefined);
  t.deepEqual(loop.link('eth2'), { index: 2, etherAddress: '02:00:00:00:01:02' });
  t.is(loop.link('eth9'), undefined);
});

test('unknown ones are asked for at once, then ever more rarely, until they are known', async (t) => {
  const { loop, probed, due, hear, told, settle } = await bench();
  loop.want([address]);
  await settle();
  t.deepEqual(probed, [address]);
  t.deepEqual([await due(), await due(), await due(), await due()], [1000, 2000, 4000, 4000]);
  t.is(probed.length, 5);
  t.deepEqual(told, []);
  await hear(entry());
  t.deepEqual(told, [[address]]);
  t.is(await due(), 60_000, 'then it is only confirmed');
});

test('a changed MAC is told at once, the same one is not, a failure is', async (t) => {
  const { loop, told, hear, probed } = await bench([entry()]);
  loop.want([address]);
  await hear(entry({ state: 'stale' }));
  t.deepEqual(told, []);
  await hear(entry({ etherAddress: '02:00:00:00:00:02', state: 'stale' }));
  t.deepEqual(told, [[address]]);
  t.is(loop.neighbour(address)?.etherAddress, '02:00:00:00:00:02');
  await hear(entry({ state: 'failed', etherAddress: '' }));
  t.is(told.length, 2);
  t.is(loop.neighbour(address), undefined);
  t.deepEqual(probed, [address]);
  await hear(entry({ linkIndex: 2 }));
  t.is(loop.neighbour(address)?.device, 'eth2', 'it may have moved to another network');
});

test('an entry that the kernel throws away keeps its MAC while it is asked for', async (t) => {
  const { loop, told, hear, probed } = await bench([entry()]);
  loop.want([address]);
  await hear(entry({ etherAddress: '', state: 'unresolved' }), true);
  t.is(loop.neighbour(address)?.etherAddress, '02:00:00:00:00:01');
  t.deepEqual(probed, [address]);
  t.deepEqual(told, []);
});

test('nobody is told of addresses that nobody wants any more, and nobody asks for them', async (t) => {
  const { loop, told, hear, waits } = await bench([entry()]);
  loop.want([address]);
  loop.want([]);
  await hear(entry({ etherAddress: '02:00:00:00:00:05' }));
  t.deepEqual(told, []);
  t.true(waits.every(({ cancelled }) => cancelled));
});

test('another MAC or the end of an interface is told to all', async (t) => {
  const { loop, told, linkHeard } = await bench([entry(), entry({ address: other })]);
  loop.want([address, other]);
  await linkHeard('eth1', link(1));
  t.deepEqual(told, [], 'as it was');
  await linkHeard('eth1', link(1, '02:00:00:00:01:99'));
  t.deepEqual(told, [[address, other]]);
  t.is(loop.link('eth1')?.etherAddress, '02:00:00:00:01:99');
  await linkHeard('eth1', undefined);
  t.is(loop.neighbour(address), undefined);
  t.is(told.length, 2);
});

test('after a loss the table is read again', async (t) => {
  const list = [entry()];
  const { loop, told, lose, probed } = await bench(list);
  loop.want([address]);
  list[0] = entry({ etherAddress: '02:00:00:00:00:07' });
  await lose();
  t.deepEqual(told, [[address]]);
  list.length = 0;
  await lose();
  t.is(loop.neighbour(address)?.etherAddress, '02:00:00:00:00:07');
  t.deepEqual(probed, [address], 'gone from the table: asked for');
});

test('programs that are missing are told of once', async (t) => {
  const { loop, log, due, settle } = await bench([], async () => {
    throw new Error('ping not found');
  });
  loop.want([address]);
  await settle();
  await due();
  await due();
  t.is(log.records.filter(({ level }) => level === 'warn').length, 1);
  loop.stop();
});
