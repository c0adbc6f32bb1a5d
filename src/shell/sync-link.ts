/** A websocket to a known peer as a PeerLink: binary messages both ways, nothing else. */

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { limits } from '../limits.js';
import type { PeerLink, PeerLinkListener } from '../ports.js';

/** For both ends: compression would cost more than it saves, and messages have a bound. */
export const webSocketOptions = {
  perMessageDeflate: false,
  maxPayload: limits.syncFrameBytes,
  // Nodes of ours send a message as one fragment.
  maxFragments: limits.syncMessagePieces,
  maxBufferedChunks: limits.syncMessagePieces,
  skipUTF8Validation: true,
} as const;

/** How long a peer may take to answer our close before the socket is torn down. */
const closeMs = 500;

const describeError = (error: Error & { code?: string }): string => {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return `sent a frame of more than ${limits.syncFrameBytes} bytes: it is no relevo, or a broken one`;
  }
  if (error.code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS') {
    return `sent a frame in more than ${limits.syncMessagePieces} pieces: it is no relevo, or a broken one`;
  }
  return error.message;
};

/** Final fragment, binary (RFC 6455, 5.2). */
const finalBinary = 0x82;
const masked = 0x80;
/** From here on a header is written by itself rather than its message copied. */
const copiedBytes = 16 * 1024;

/**
 * A message's header, with room for `body` bytes behind it. A client's messages are masked with zeros, which changes nothing: masks
 * protect proxies that read along (RFC 6455, 10.3), and nobody reads along inside TLS between two nodes that know each other.
 */
const messageHeader = (
  length: number,
  fromClient: boolean,
  body: number,
): { message: Buffer; at: number } => {
  const mask = fromClient ? masked : 0;
  const lengthBytes = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const at = 2 + lengthBytes + (fromClient ? 4 : 0);
  const message = Buffer.allocUnsafe(at + body);
  message[0] = finalBinary;
  message[1] = mask | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) message.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) message.writeBigUInt64BE(BigInt(length), 2);
  if (fromClient) message.fill(0, at - 4, at);
  return { message, at };
};

/**
 * Calls `onOpen` at once; the websocket must be open. Messages are written to `stream` below it, one write for each, without the
 * header of its own, the mask and the callback that `ws` has for each.
 */
export const adoptSocket = (
  socket: WebSocket,
  stream: Duplex,
  fromClient: boolean,
  peer: string,
  remote: string,
  listener: PeerLinkListener,
  closed: () => void,
): PeerLink => {
  let reason = '';
  let closing = false;
  const link: PeerLink = {
    peer,
    remote,
    get bufferedBytes() {
      return stream.writableLength;
    },
    send(frame) {
      if (closing || socket.readyState !== WebSocket.OPEN) return;
      const { length } = frame;
      const { message, at } = messageHeader(length, fromClient, length < copiedBytes ? length : 0);
      if (length < copiedBytes) message.set(frame, at);
      stream.write(message);
      if (length >= copiedBytes) stream.write(frame);
    },
    close(why, deaf = false) {
      if (closing) return;
      closing = true;
      if (deaf) socket.pause();
      reason ||= why;
      socket.close(1000);
      setTimeout(() => socket.terminate(), closeMs).unref();
    },
  };
  socket.on('message', (data, isBinary) => {
    if (closing) return;
    if (isBinary) listener.onFrame(link, data as Buffer);
    else link.close('sent text where only binary messages belong: it is no relevo, or a broken one');
  });
  stream.on('drain', () => {
    if (!closing) listener.onDrain(link);
  });
  socket.on('error', (error) => {
    reason ||= describeError(error);
  });
  socket.on('close', (code) => {
    closing = true;
    closed();
    listener.onClose(link, reason || `the connection was closed (${code})`);
  });
  listener.onOpen(link);
  return link;
};
