import test from 'ava';
import { ipv4Bytes, ipv4FromBytes, parseIpv4, parseIpv4Prefix } from '../../src/model/address.js';

test('an address survives the way to bytes and back', (t) => {
  const address = parseIpv4('192.0.2.255')!;
  t.deepEqual([...ipv4Bytes(address)], [192, 0, 2, 255]);
  t.is(ipv4FromBytes(ipv4Bytes(address)), address);
});

for (const text of ['999.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.-4', ' 1.2.3.4', '1.2.3.4 ', '']) {
  test(`'${text}' is not an address`, (t) => t.is(parseIpv4(text), undefined));
}

test('prefixes', (t) => {
  t.is(parseIpv4Prefix('10.0.0.1/24')?.prefixLength, 24);
  t.is(parseIpv4Prefix('10.0.0.1')?.prefixLength, 32);
  t.is(parseIpv4Prefix('10.0.0.1/33'), undefined);
  t.is(parseIpv4Prefix('10.0.0.1/'), undefined);
});
