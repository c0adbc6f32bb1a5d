/** Helpers whose protocols name addresses in what they say: sip, pptp and snmp, each with what a backend sees and what the kernel expects. */

import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import test from 'ava';
import type { Helper, Service } from '../../src/model/service.js';
import { createBed, vip } from '../support/bed.js';
import { backendsAt, plainService } from '../support/services.js';

const bed = await createBed({ backends: 1, clients: 2 });
test.after.always(() => bed.dispose());
const { namespaces, lb } = bed;
const client = '10.40.1.1';
/** What a backend sees of a client in mode snat. */
const masked = '10.51.0.1';

interface Seen {
  readonly ready?: true;
  readonly sip?: string;
  readonly snmp?: string;
}
const seen: Seen[] = [];
const script = new URL('../support/helper-peers.mjs', import.meta.url).pathname;
const peer = namespaces.start(`${namespaces.id}-b1`, process.execPath, script);
createInterface({ input: peer.stdout! }).on('line', (line) => seen.push(JSON.parse(line) as Seen));

const until = async <T>(look: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 100; tries++) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('did not come');
};
test.before(() => until(() => seen.find(({ ready }) => ready)));

const expectations = (): string => namespaces.run(lb, 'conntrack', '-L', 'expect');
const service = (number: number, protocol: 'tcp' | 'udp', helper: Helper | undefined): Service =>
  plainService(
    { mode: 'snat', backends: backendsAt(1, { port: number }), ...(helper && { helper }) },
    { port: number, protocol },
  );
const openUdp = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(port, client, () => resolve(socket));
  });
/** In force, without what was tracked before: helpers are given to first packets. */
const serve = async (engine: ReturnType<typeof bed.engine>, one: Service): Promise<void> => {
  await engine.reconciler.apply({ services: [one] });
  namespaces.run(lb, 'conntrack', '-F');
  seen.length = 0;
};

const invite = (media: number): string => {
  const description = [
    'v=0',
    `o=a 1 1 IN IP4 ${client}`,
    's=-',
    `c=IN IP4 ${client}`,
    't=0 0',
    `m=audio ${media} RTP/AVP 0`,
    '',
  ].join('\r\n');
  return [
    `INVITE sip:b@${vip} SIP/2.0`,
    `Via: SIP/2.0/UDP ${client}:5060;branch=z9hG4bK1`,
    `From: <sip:a@${client}>;tag=1`,
    `To: <sip:b@${vip}>`,
    'Call-ID: 1',
    'CSeq: 1 INVITE',
    `Contact: <sip:a@${client}:5060>`,
    'Content-Type: application/sdp',
    `Content-Length: ${description.length}`,
    '',
    description,
  ].join('\r\n');
};

test.serial(
  'sip: addresses in a call are those of the balancer, and the media reach the caller',
  async (t) => {
    const engine = bed.engine();
    const [signalling, media] = [await openUdp(5060), await openUdp(40_000)];
    const heard: string[] = [];
    media.on('message', (data) => heard.push(data.toString()));
    const call = async (): Promise<string> => {
      signalling.send(invite(40_000), 5060, vip);
      return until(() => seen.find(({ sip }) => sip)?.sip);
    };

    await serve(engine, service(5060, 'udp', undefined));
    t.regex(await call(), new RegExp(`c=IN IP4 ${client}`), 'without the helper it is passed on as it is');
    t.is(expectations(), '');
    heard.length = 0;

    await serve(engine, service(5060, 'udp', 'sip'));
    const text = await call();
    t.regex(text, new RegExp(`c=IN IP4 ${masked}`));
    t.regex(text, /^INVITE sip:b@10\.51\.0\.2/);
    t.regex(text, new RegExp(`Contact: <sip:a@${masked}`));
    t.is(await until(() => heard[0]), 'media');
    t.regex(expectations(), /proto=17 .*dport=4000[01]/, 'and the other half, for its control');
    for (const socket of [signalling, media]) socket.close();
    await engine.stop();
  },
);

test.serial('pptp: a call makes the kernel expect its tunnel, both ways', async (t) => {
  const engine = bed.engine();
  const message = (type: number, length: number): Buffer => {
    const data = Buffer.alloc(length);
    data.writeUInt16BE(length, 0);
    data.writeUInt16BE(1, 2);
    data.writeUInt32BE(0x1a2b3c4d, 4);
    data.writeUInt16BE(type, 8);
    return data;
  };
  const outgoingCall = message(7, 168);
  outgoingCall.writeUInt16BE(99, 12);
  const call = async (): Promise<Buffer> => {
    const socket = connect({ host: vip, port: 1723, localAddress: client });
    const answers: Buffer[] = [];
    socket.on('data', (data) => answers.push(data));
    socket.write(message(1, 156));
    await until(() => answers[0]);
    socket.write(outgoingCall);
    const reply = await until(() => answers[1]);
    t.teardown(() => socket.destroy());
    return reply;
  };

  await serve(engine, service(1723, 'tcp', undefined));
  await call();
  t.is(expectations(), '');

  await serve(engine, service(1723, 'tcp', 'pptp'));
  const reply = await call();
  t.is(reply.readUInt16BE(14), 99, 'the caller gets its own number back');
  const lines = expectations().trim().split('\n');
  t.is(lines.filter((line) => /proto=47 /.test(line)).length, 2, lines.join('\n'));
  await engine.stop();
});

/** One value of BER: type, length, content. */
const ber = (type: number, ...parts: readonly (Buffer | number)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
  return Buffer.concat([Buffer.from([type, content.length]), content]);
};
/** An SNMPv1 message that holds one address: version, community, SetRequest with `1.3.6.1.2.1 = address`. */
const snmpMessage = (address: string): Buffer => {
  const value = ber(0x40, ...address.split('.').map(Number));
  const binding = ber(0x30, ber(0x06, 0x2b, 6, 1, 2, 1), value);
  const request = ber(0xa3, ber(0x02, 1), ber(0x02, 0), ber(0x02, 0), ber(0x30, binding));
  return ber(0x30, ber(0x02, 0), ber(0x04, Buffer.from('public')), request);
};

test.serial('snmp: the client’s address in a message is the one that the backend sees', async (t) => {
  const engine = bed.engine();
  const socket = await openUdp(30_161);
  const send = async (): Promise<string> => {
    socket.send(snmpMessage(client), 161, vip);
    return until(() => seen.find(({ snmp }) => snmp)?.snmp);
  };
  await serve(engine, service(161, 'udp', undefined));
  t.is(await send(), snmpMessage(client).toString('hex'));
  await serve(engine, service(161, 'udp', 'snmp'));
  t.is(await send(), snmpMessage(masked).toString('hex'));
  socket.close();
  await engine.stop();
});
