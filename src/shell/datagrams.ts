/** UDP sockets of the guard and the witness. */

import { createSocket } from 'node:dgram';
import { RelevoError } from '../errors.js';
import { type Ipv4, ipv4Bytes } from '../model/address.js';
import type { SocketAddress } from '../model/node.js';
import type { Datagrams } from '../ports.js';
import { descriptorOf } from './descriptors.js';
import { sendto } from './libc.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SO_TYPE = 3;
const MSG_DONTWAIT = 0x40;
/** sizeof(struct sockaddr_in) */
const addressBytes = 16;

const encodeAddress = ({ address, port }: SocketAddress): Uint8Array => {
  const bytes = new Uint8Array(addressBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port, false);
  bytes.set(ipv4Bytes(address), 4);
  return bytes;
};

export const openDatagrams = (local: SocketAddress | undefined): Promise<Datagrams> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    let closed = false;
    socket.once('error', (error) => {
      const where = local ? `${local.address}:${local.port}` : 'any address';
      reject(
        new RelevoError(
          'bad-config',
          `cannot listen for heartbeats on ${where}: ${error.message}; is the address one of this machine, and the port free?`,
          { address: local?.address, port: local?.port },
          error,
        ),
      );
    });
    socket.bind(local?.port ?? 0, local?.address, () => {
      socket.removeAllListeners('error');
      // ICMP errors of lost peers come here; they say nothing that silence does not say.
      socket.on('error', () => {});
      const bound = socket.address();
      const wanted = encodeAddress({ address: bound.address as Ipv4, port: bound.port });
      const isOurs = (view: DataView): boolean => {
        for (let at = 0; at < 8; at++) if (view.getUint8(at) !== wanted[at]) return false;
        return true;
      };
      let fd: number;
      try {
        fd = descriptorOf(SO_TYPE, SOCK_DGRAM, addressBytes, isOurs);
      } catch (thrown) {
        socket.close();
        reject(thrown);
        return;
      }
      const encoded = new WeakMap<SocketAddress, Uint8Array>();
      resolve({
        // By sendto(2), a tenth of what Node's send costs: a guard does little else. What does not go out is lost, as on the wire.
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
          socket.on('message', (bytes, from) =>
            listener(bytes, { address: from.address as Ipv4, port: from.port }),
          );
        },
        close() {
          if (closed) return;
          closed = true;
          socket.close();
        },
      });
    });
  });
