/** UDP sockets of the guard and the witness, read and written by the calls of libc: a tenth of what Node's cost. */

import { RelevoError } from '../errors.js';
import { type Ipv4, ipv4Bytes, ipv4FromNumber } from '../model/address.js';
import type { SocketAddress } from '../model/node.js';
import { errnoError } from '../netlink/message.js';
import type { Datagrams } from '../ports.js';
import { bind, close, lastErrno, recvfrom, sendto, setsockopt, socket } from './libc.js';
import type { Turns } from './turns.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const MSG_DONTWAIT = 0x40;
/** sizeof(struct sockaddr_in) */
const addressBytes = 16;
const receiveBytes = 1 << 20;
/** Longer than any datagram of ours: what is cut here is refused as oversized. */
const datagramBytes = 4_096;
/** Datagrams handed on before other events get their turn. */
const datagramsPerTurn = 64;
/** Senders whose addresses are kept as text: a cluster has few. */
const knownSenders = 256;

const encodeAddress = ({ address, port }: SocketAddress): Uint8Array => {
  const bytes = new Uint8Array(addressBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port, false);
  bytes.set(ipv4Bytes(address), 4);
  return bytes;
};

const open = (local: SocketAddress): number => {
  const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw errnoError(lastErrno(), 'opening a UDP socket');
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(Int32Array.of(receiveBytes).buffer), 4);
  if (bind(fd, encodeAddress(local), addressBytes) === 0) return fd;
  const errno = lastErrno();
  close(fd);
  const error = errnoError(errno, 'binding it');
  throw new RelevoError(
    'bad-config',
    `cannot listen for heartbeats on ${local.address}:${local.port}: ${error.message}; is the address one of this machine, and the port free?`,
    { address: local.address, port: local.port, errno },
    error,
  );
};

const anywhere: SocketAddress = { address: '0.0.0.0' as Ipv4, port: 0 };

/** Opens sockets whose datagrams come in the turns of this thread. `onDatagram` must keep nothing of the bytes that it is given. */
export const createDatagrams =
  (turns: Pick<Turns, 'watch'>) =>
  async (local: SocketAddress | undefined): Promise<Datagrams> => {
    const fd = open(local ?? anywhere);
    const encoded = new WeakMap<SocketAddress, Uint8Array>();
    const senders = new Map<number, SocketAddress>();
    const listeners: ((bytes: Uint8Array, from: SocketAddress) => void)[] = [];
    const buffer = new Uint8Array(datagramBytes);
    const from = new Uint8Array(addressBytes);
    const fromView = new DataView(from.buffer);
    const fromLength = new Uint32Array(1);
    let closed = false;

    const sender = (): SocketAddress => {
      const address = fromView.getUint32(4, false);
      const port = fromView.getUint16(2, false);
      const key = address * 0x1_0000 + port;
      const known = senders.get(key);
      if (known) return known;
      if (senders.size >= knownSenders) senders.clear();
      const fresh = { address: ipv4FromNumber(address), port };
      senders.set(key, fresh);
      return fresh;
    };

    const readable = (): void => {
      for (let count = 0; count < datagramsPerTurn && !closed; count++) {
        fromLength[0] = addressBytes;
        const length = recvfrom(fd, buffer, datagramBytes, MSG_DONTWAIT, from, fromLength);
        // All read, or an ICMP error of a lost peer, which says nothing that silence does not say.
        if (length < 0) return;
        const who = sender();
        for (const listener of listeners) listener(buffer.subarray(0, length), who);
      }
    };
    const unwatch = turns.watch(fd, readable);

    return {
      // What does not go out is lost, as on the wire.
      send(bytes, to) {
        if (closed) return;
        let address = encoded.get(to);
        if (!address) {
          address = encodeAddress(to);
          encoded.set(to, address);
        }
        sendto(fd, bytes, bytes.length, MSG_DONTWAIT, address, addressBytes);
      },
      onDatagram(listener) {
        listeners.push(listener);
      },
      close() {
        if (closed) return;
        closed = true;
        unwatch();
        close(fd);
      },
    };
  };
