import test from 'ava';
import { packetFacts } from '../../src/app/service-log.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('addresses and ports of a logged packet', (t) => {
  t.deepEqual(
    packetFacts(
      hex('45000028 00004000 40060000 0a280001 c633640a 9c400050 00000000 00000000 5002 ffff 00000000'),
    ),
    {
      from: '10.40.0.1',
      to: '198.51.100.10',
      protocol: 'tcp',
      sourcePort: 40_000,
      destinationPort: 80,
    } as never,
  );
  t.deepEqual(
    packetFacts(
      hex(`60000000 0008 11 40 fd40${'00'.repeat(13)}01 fd51${'00'.repeat(13)}02 1388 0035 0008 0000`),
    ),
    { from: 'fd40::1', to: 'fd51::2', protocol: 'udp', sourcePort: 5000, destinationPort: 53 } as never,
  );
});

test('what is cut short or not IP says less, and never throws', (t) => {
  t.deepEqual(packetFacts(hex('45000028 00004000 40010000 0a280001 c633640a')), {
    from: '10.40.0.1',
    to: '198.51.100.10',
    protocol: '1',
  } as never);
  t.is(packetFacts(hex('45000028 00')), undefined);
  t.is(packetFacts(hex('00112233')), undefined);
  t.is(packetFacts(new Uint8Array()), undefined);
});
