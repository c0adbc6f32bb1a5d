/** Which interfaces are looked at: what counts as one that clients' packets arrive on, and who is told when. */

import test from 'ava';
import { createIngressDevices } from '../../src/app/ingress-devices.js';
import type { IngressInterfaces } from '../../src/model/node.js';
import type { LinkState } from '../../src/ports.js';

const link = (name: string, changes: Partial<LinkState> = {}): LinkState => ({
  index: 1,
  name,
  mac: '02:00:00:00:00:01',
  usable: true,
  ethernet: true,
  ...changes,
});

const bench = async (wish: IngressInterfaces, ...list: LinkState[]) => {
  let hear: (name: string, state: LinkState | undefined) => void = () => {};
  const devices = createIngressDevices(
    {
      list: async () => list,
      onChange: (listener) => {
        hear = listener;
        return () => {};
      },
    },
    wish,
  );
  await devices.start();
  const told: (readonly string[])[] = [];
  devices.onChange(() => told.push(devices.names()));
  return { devices, told, hear: (name: string, state?: LinkState) => hear(name, state) };
};

test('all: Ethernet interfaces, and what ports belong to instead of the ports', async (t) => {
  const { devices } = await bench(
    'all',
    link('lo', { ethernet: false }),
    link('tun0', { ethernet: false }),
    link('eth1'),
    link('eth0', { usable: false }),
    link('p1', { portOf: 'bridge' }),
    link('p2', { portOf: 'bond' }),
    link('v1', { portOf: 'vrf' }),
    link('br0'),
  );
  t.deepEqual(devices.names(), ['br0', 'eth0', 'eth1', 'v1']);
});

test('named ones as far as they are there, in their order', async (t) => {
  const { devices, told, hear } = await bench(['front0', 'back0', 'front0'], link('back0'), link('sync0'));
  t.deepEqual(devices.names(), ['back0']);
  hear('sync1', link('sync1'));
  hear('front0', link('front0'));
  hear('front0', link('front0', { usable: false }));
  hear('back0');
  t.deepEqual(told, [['front0', 'back0'], ['front0']]);
});

test('an interface that becomes a port of a bridge is left to the bridge', async (t) => {
  const { told, hear } = await bench('all', link('br0'), link('eth0'));
  hear('eth0', link('eth0', { portOf: 'bridge' }));
  hear('eth0', link('eth0'));
  t.deepEqual(told, [['br0'], ['br0', 'eth0']]);
});
