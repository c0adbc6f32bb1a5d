import test from 'ava';
import {
  ipv4Bytes,
  ipv4FromBytes,
  isUnicast,
  parseIp,
  parseIpPrefix,
  parseIpv4,
} from '../../src/model/address.js';

test('an address survives the way to bytes and back', (t) => {
  const address = parseIpv4('192.0.2.255')!;
  t.deepEqual([...ipv4Bytes(address)], [192, 0, 2, 255]);
  t.is(ipv4FromBytes(ipv4Bytes(address)), address);
});

for (const text of ['999.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.-4', ' 1.2.3.4', '1.2.3.4 ', '']) {
  test(`'${text}' is not an address`, (t) => t.is(parseIpv4(text), undefined));
}

test('prefixes', (t) => {
  t.is(parseIpPrefix('10.0.0.1/24')?.prefixLength, 24);
  t.is(parseIpPrefix('10.0.0.1')?.prefixLength, 32);
  t.is(parseIpPrefix('10.0.0.1/33'), undefined);
  t.is(parseIpPrefix('10.0.0.1/'), undefined);
  t.deepEqual(
    { ...parseIpPrefix('2001:DB8:0:0::1/64') },
    { address: parseIp('2001:db8::1')!, prefixLength: 64 },
  );
  t.is(parseIpPrefix('2001:db8::1')?.prefixLength, 128);
  t.is(parseIpPrefix('2001:db8::1/129'), undefined);
});

test('what an interface can have of its own', (t) => {
  for (const text of ['10.0.0.1', '2001:db8::1', 'fd00::', 'fe80::1', '::2', '1::1'])
    t.true(isUnicast(parseIp(text)!), text);
  for (const text of ['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', '::1', 'ff02::1']) {
    t.false(isUnicast(parseIp(text)!), text);
  }
});
