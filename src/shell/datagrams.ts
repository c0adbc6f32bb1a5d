/** UDP sockets of the guard and the witness. */

import { createSocket } from 'node:dgram';
import { RelevoError } from '../errors.js';
import type { Ipv4 } from '../model/address.js';
import type { SocketAddress } from '../model/node.js';
import type { Datagrams } from '../ports.js';

/** Addresses are numbers already: no resolver, and no turn of the event loop for it. */
const noLookup = (
  host: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => callback(null, host, 4);

export const openDatagrams = (local: SocketAddress | undefined): Promise<Datagrams> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', lookup: noLookup, recvBufferSize: 1 << 20 });
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
      resolve({
        send(bytes, to) {
          if (!closed) socket.send(bytes, to.port, to.address, () => {});
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
