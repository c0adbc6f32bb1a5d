/** Listens for peers: the incoming half of the replication links. Whoever is no named node of this cluster stays outside. */

import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { SocketAddress } from '../model/node.js';
import type { PeerLink, PeerLinkListener } from '../ports.js';
import type { SyncCredentials } from './sync-credentials.js';
import { adoptSocket, webSocketOptions } from './sync-link.js';

export interface SyncServerOptions {
  readonly node: string;
  readonly peers: readonly string[];
  readonly listen: SocketAddress;
  readonly credentials: SyncCredentials;
  readonly listener: PeerLinkListener;
}

export interface SyncServer {
  readonly port: number;
  renew(credentials: SyncCredentials): void;
  close(): Promise<void>;
}

/** Connections that have not shown who they are yet, at most: the newest of them. */
const strangers = 16;
/** While it is accepted, of which the newest stands. */
const connectionsPerPeer = 16;

/** The common name of the certificate shown, or nothing. */
const nameOf = (socket: TLSSocket): string => {
  const name = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : '';
};

/** Why this socket may not speak, or undefined. */
const objection = (socket: TLSSocket, options: SyncServerOptions): string | undefined => {
  const { node, peers } = options;
  const name = nameOf(socket);
  if (!socket.authorized) {
    if (name === '') return `it shows no certificate: issue one of this cluster with 'relevo cert issue'`;
    const why = String(socket.authorizationError ?? 'unknown');
    return `its certificate, of '${name}' by its own word, is not accepted (${why}): issue one of this cluster with 'relevo cert issue'`;
  }
  if (name === node) {
    return `it shows a certificate of this node's own name '${node}': give each node its own name and certificate`;
  }
  if (!peers.includes(name)) {
    return `its certificate says '${name}', which is not among 'nodes' (${peers.join(', ')}): add it to node.yaml or turn it off`;
  }
  return undefined;
};

export const createSyncServer = async (options: SyncServerOptions): Promise<SyncServer> => {
  const { listener, listen, peers } = options;
  const minVersion = 'TLSv1.3';
  const { ca, cert, key } = options.credentials;
  const server = createServer({
    ca,
    cert,
    key,
    minVersion,
    requestCert: true,
    // Judged below, where the reason can be told; nothing is read from a socket before that.
    rejectUnauthorized: false,
    handshakeTimeout: limits.syncHelloMs,
    headersTimeout: limits.syncHelloMs,
    connectionsCheckingInterval: 1_000,
  });
  // Only those that have shown a certificate of ours count for long.
  server.maxConnections = strangers + peers.length * connectionsPerPeer;
  server.on('request', (_, response) => response.writeHead(426).end());
  const linkByPeer = new Map<string, PeerLink>();
  const remoteOf = (socket: Socket): string => `${socket.remoteAddress}:${socket.remotePort}`;

  /** Before their certificates, the oldest first. */
  const unknown = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const remote = remoteOf(socket);
    // Whoever holds connections open without a word pushes out its own, not the peer that comes next.
    for (const [oldest, silent] of unknown) {
      if (unknown.size < strangers) break;
      unknown.delete(oldest);
      silent.destroy();
    }
    unknown.set(remote, socket);
    socket.once('close', () => {
      if (unknown.get(remote) === socket) unknown.delete(remote);
    });
  });

  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const reason = objection(socket, options);
    unknown.delete(remoteOf(socket));
    if (reason === undefined) return;
    listener.onFailure(undefined, `connection from ${remoteOf(socket)} refused: ${reason}`, true);
    socket.destroy();
  });
  server.on('tlsClientError', (error: Error & { code?: string }, socket: TLSSocket) => {
    if (socket.authorizationError || error.code === 'ECONNRESET') return;
    listener.onFailure(
      undefined,
      `connection from ${remoteOf(socket)} refused: no TLS 1.3 (${error.code})`,
      true,
    );
  });
  const webSockets = new WebSocketServer({ ...webSocketOptions, server });
  // Errors of the listening socket reach both; `listening` below reports them.
  webSockets.on('error', () => {});
  webSockets.on('connection', (webSocket, request) => {
    const socket = request.socket as TLSSocket;
    const peer = nameOf(socket);
    if (!socket.authorized || !peers.includes(peer)) return webSocket.terminate();
    // A newer connection of a peer means that it has given up the older one, which may hang for minutes.
    linkByPeer.get(peer)?.close(`replaced by a newer connection of ${peer}`);
    const link = adoptSocket(webSocket, socket, false, peer, remoteOf(socket), listener, () => {
      if (linkByPeer.get(peer) === link) linkByPeer.delete(peer);
    });
    linkByPeer.set(peer, link);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = `${listen.address}:${listen.port}`;
      const remedy = "correct 'sync' of this node in node.yaml, or stop what holds it";
      reject(
        new RelevoError(
          'bad-config',
          `cannot listen on ${place} (${error.code}): ${remedy}`,
          { place },
          error,
        ),
      );
    });
    server.listen(listen.port, listen.address, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : listen.port,
    renew: ({ ca, cert, key }) => server.setSecureContext({ ca, cert, key, minVersion }),
    close: () =>
      new Promise((resolve) => {
        for (const link of linkByPeer.values()) link.close('this node is stopping');
        webSockets.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
