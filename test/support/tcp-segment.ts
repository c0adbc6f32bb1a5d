/** Single TCP segments from a raw socket: what no well-behaved system sends. */

import koffi from 'koffi';
import { ipBytes, isIpv6, parseIp } from '../../src/model/address.js';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const flagBit = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

export interface Segment {
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
  readonly flags: readonly (keyof typeof flagBit)[];
}

const addressBytes = (text: string): Uint8Array => {
  const address = parseIp(text);
  if (!address) throw new Error(`not an address: ${text}`);
  return ipBytes(address);
};

/** RFC 1071. */
const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

const tcpHeader = (segment: Segment): Buffer => {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(segment.fromPort, 0);
  header.writeUInt16BE(segment.toPort, 2);
  header.writeUInt32BE(1_000, 4);
  header.writeUInt32BE(segment.flags.includes('ack') ? 2_000 : 0, 8);
  header[12] = 5 << 4;
  header[13] = segment.flags.reduce((bits, flag) => bits | flagBit[flag], 0);
  header.writeUInt16BE(8_192, 14);
  const [from, to] = [addressBytes(segment.from), addressBytes(segment.to)];
  const pseudo = Buffer.concat([from, to, Buffer.from([0, 6, 0, header.length])]);
  header.writeUInt16BE(checksum(Buffer.concat([pseudo, header])), 16);
  return header;
};

const packetOf = (segment: Segment): Buffer => {
  const tcp = tcpHeader(segment);
  const [from, to] = [addressBytes(segment.from), addressBytes(segment.to)];
  if (from.length === 16) {
    const ip = Buffer.alloc(8);
    ip[0] = 0x60;
    ip.writeUInt16BE(tcp.length, 4);
    ip[6] = 6;
    ip[7] = 64;
    return Buffer.concat([ip, from, to, tcp]);
  }
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length + tcp.length, 2);
  ip[8] = 64;
  ip[9] = 6;
  ip.set(from, 12);
  ip.set(to, 16);
  return Buffer.concat([ip, tcp]);
};

/** A whole IP packet, from the namespace this thread is in. */
export const sendRaw = (packet: Buffer, destination: string): void => {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'long sendto(int fd, const void *data, size_t length, int flags, const void *to, uint tolen)',
  );
  const close = libc.func('int close(int fd)');
  const to = parseIp(destination)!;
  const six = isIpv6(to);
  const fd = socket(six ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW) as number;
  if (fd < 0) throw new Error(`raw socket: errno ${koffi.errno()}`);
  const address = Buffer.alloc(six ? 28 : 16);
  address.writeUInt16LE(six ? AF_INET6 : AF_INET, 0);
  address.set(ipBytes(to), six ? 8 : 4);
  const sent = sendto(fd, packet, packet.length, 0, address, address.length) as number;
  const errno = koffi.errno();
  close(fd);
  if (sent !== packet.length) throw new Error(`sendto: errno ${errno}`);
};

/** Sends one from the namespace this thread is in. */
export const sendSegment = (segment: Segment): void => sendRaw(packetOf(segment), segment.to);
