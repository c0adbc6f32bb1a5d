import { readFileSync } from 'node:fs';
import test from 'ava';
import { interfaceSysctls, nodeSysctls, sysctlAcceptable, sysctlsFor } from '../../src/conntrack/sysctls.js';
import type { Ipv4 } from '../../src/model/address.js';

const floating = (link: string) => ({ address: '10.0.0.1' as Ipv4, prefixLength: 24, interface: link });

test('every interface with floating addresses is set once, in a stable order', (t) => {
  const group = { name: 'g', preempt: false, trackLinks: [] };
  const keys = sysctlsFor({
    groups: [
      { ...group, addresses: [floating('eth1'), floating('eth0.5')] },
      { ...group, addresses: [floating('eth1')] },
    ],
  }).map((each) => each.key);
  t.is(new Set(keys).size, keys.length);
  t.deepEqual(
    keys.filter((key) => key.endsWith('arp_ignore')),
    ['net.ipv4.conf.eth0.5.arp_ignore', 'net.ipv4.conf.eth1.arp_ignore'],
  );
});

test('an acceptable value is left alone', (t) => {
  const rpFilter = interfaceSysctls('eth0').find((each) => each.key.endsWith('rp_filter'))!;
  t.true(sysctlAcceptable(rpFilter, '0'));
  t.true(sysctlAcceptable(rpFilter, '2'));
  t.false(sysctlAcceptable(rpFilter, '1'));
});

test('the file for /etc/sysctl.d says the same as the code', (t) => {
  const written = readFileSync(new URL('../../cluster/sysctl.conf', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const wanted = [...nodeSysctls, ...interfaceSysctls('front0')].map((each) => `${each.key} = ${each.value}`);
  t.deepEqual(written, wanted);
});
