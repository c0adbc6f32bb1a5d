/**
 * Sends one small UDP packet per client to an address and port, each from a client address of its own (10.64.0.0/10), at a given
 * rate; run inside the clients' namespace. Prints one JSON line; writes the send times (float64, milliseconds of the
 * machine's monotonic clock, by client) to a file if one is named.
 *
 *   flood <address> <port> <first client> <count> <packets per second> [file]
 */

import { writeFileSync } from 'node:fs';
import koffi from 'koffi';

const [address = '', port = '', first = '', count = '', rate = '', file] = process.argv.slice(2);
const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint length)');
const sendto = libc.func(
  'long sendto(int fd, const void *data, size_t length, int flags, const void *to, uint tolen)',
);
const usleep = libc.func('int usleep(uint microseconds)');

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const [amount, perSecond, start] = [Number(count), Number(rate), Number(first)];
const target = address.split('.').map(Number);

const fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
if (fd < 0) throw new Error(`raw socket: errno ${koffi.errno()}`);
setsockopt(fd, SOL_SOCKET, SO_SNDBUF, Int32Array.of(4 * 1024 * 1024), 4);

const packet = Buffer.alloc(36);
packet[0] = 0x45;
packet.writeUInt16BE(packet.length, 2);
packet[8] = 64;
packet[9] = 17;
packet.set(target, 16);
packet.writeUInt16BE(40_000, 20);
packet.writeUInt16BE(Number(port), 22);
packet.writeUInt16BE(16, 24);
const to = Buffer.alloc(16);
to.writeUInt16LE(AF_INET, 0);
to.set(target, 4);

const sentAtMs = new Float64Array(amount);
const startMs = nowMs();
let sent = 0;
let failed = 0;
while (sent < amount) {
  const due = Math.min(amount, Math.ceil(((nowMs() - startMs) * perSecond) / 1000));
  for (; sent < due; sent++) {
    packet.writeUInt32BE(0x0a400000 + start + sent, 12);
    sentAtMs[sent] = nowMs();
    if (sendto(fd, packet, packet.length, 0, to, to.length) < 0) failed++;
  }
  if (sent < amount) usleep(Math.min(1000, Math.max(50, 500_000 / perSecond)));
}
if (file) writeFileSync(file, new Uint8Array(sentAtMs.buffer));
console.log(JSON.stringify({ sent, failed, tookMs: nowMs() - startMs, startMs }));
