// A backend whose protocols name addresses in what they say: SIP and SNMP over UDP, PPTP's control connection over TCP. Prints each datagram as
// a line of JSON; sends a caller's media to where the caller's description says.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const say = (facts) => process.stdout.write(`${JSON.stringify(facts)}\n`);

const sip = createSocket('udp4');
const media = createSocket('udp4');
sip.on('message', (data) => {
  const text = data.toString('latin1');
  const address = /c=IN IP4 (\S+)/.exec(text)?.[1];
  const port = Number(/m=audio (\d+)/.exec(text)?.[1]);
  if (address && port) media.send('media', port, address, () => {});
  say({ sip: text });
});
sip.bind(5060);

const snmp = createSocket('udp4');
snmp.on('message', (data) => say({ snmp: data.toString('hex') }));
snmp.bind(161);

// RFC 2637: length, type 1, the magic cookie, the message type.
const message = (type, length, fill) => {
  const data = Buffer.alloc(length);
  data.writeUInt16BE(length, 0);
  data.writeUInt16BE(1, 2);
  data.writeUInt32BE(0x1a2b3c4d, 4);
  data.writeUInt16BE(type, 8);
  fill(data);
  return data;
};
const pptp = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (data) => {
    const type = data.readUInt16BE(8);
    // Start-Control-Connection-Reply, Outgoing-Call-Reply: 1 is success.
    if (type === 1)
      socket.write(
        message(2, 156, (reply) => {
          reply.writeUInt16BE(0x0100, 12);
          reply.writeUInt8(1, 14);
        }),
      );
    if (type === 7)
      socket.write(
        message(8, 32, (reply) => {
          reply.writeUInt16BE(4711, 12);
          reply.writeUInt16BE(data.readUInt16BE(12), 14);
          reply.writeUInt8(1, 16);
        }),
      );
  });
});
pptp.listen(1723, () => say({ ready: true }));
