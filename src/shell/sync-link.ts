/** A websocket to a known peer as a PeerLink: binary messages both ways, nothing else. */

import type { WebSocket } from 'ws';
import { limits } from '../limits.js';
import type { PeerLink, PeerLinkListener } from '../ports.js';

/** For both ends: compression would cost more than it saves, and messages have a bound. */
export const webSocketOptions = {
  perMessageDeflate: false,
  maxPayload: limits.syncFrameBytes,
  skipUTF8Validation: true,
} as const;

/** How long a peer may take to answer our close before the socket is torn down. */
const closeMs = 500;

const describeError = (error: Error & { code?: string }): string => {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return `sent a frame of more than ${limits.syncFrameBytes} bytes: it is no relevo, or a broken one`;
  }
  return error.message;
};

/** Calls `onOpen` at once; the websocket must be open. */
export const adoptSocket = (
  socket: WebSocket,
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
      return socket.bufferedAmount;
    },
    send(frame) {
      if (closing) return;
      socket.send(frame, { binary: true, compress: false }, (error) => {
        if (!error && !closing && socket.bufferedAmount === 0) listener.onDrain(link);
      });
    },
    close(why) {
      if (closing) return;
      closing = true;
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
