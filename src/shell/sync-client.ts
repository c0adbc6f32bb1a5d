/** Dials one peer and keeps at it: the outgoing half of the replication links. */

import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import { WebSocket } from 'ws';
import type { SocketAddress } from '../model/node.js';
import type { PeerLink, PeerLinkListener, Random } from '../ports.js';
import type { SyncCredentials } from './sync-credentials.js';
import { adoptSocket, webSocketOptions } from './sync-link.js';

const firstDelayMs = 100;
/** A node that has started waits no longer than this for its active peer; a refused attempt costs half a millisecond. */
const longestDelayMs = 300;
/** A peer that is switched off does not answer at all. */
const handshakeMs = 1_500;
/** A link that stood this long was a good one: the next attempt comes soon. */
const goodMs = 5_000;

export interface SyncClientOptions {
  readonly peer: string;
  readonly at: SocketAddress;
  readonly credentials: () => SyncCredentials;
  readonly random: Random;
  readonly listener: PeerLinkListener;
}

const otherName = 'OTHER_NAME';

const checkName = (peer: string, certificate: PeerCertificate): Error | undefined => {
  const name = certificate.subject.CN;
  if (name === peer) return undefined;
  const message = `the node there shows the certificate of '${String(name)}': correct 'nodes' in node.yaml, or its certificate`;
  return Object.assign(new Error(message), { code: otherName });
};

const foreign =
  "its certificate is not of this cluster's authority: issue it with 'relevo cert issue', or reload the agent that has not read the new authority yet";

/** Of a peer that shows a certificate which is not accepted. */
const refusals: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: foreign,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: foreign,
  SELF_SIGNED_CERT_IN_CHAIN: foreign,
  DEPTH_ZERO_SELF_SIGNED_CERT: foreign,
  CERT_SIGNATURE_FAILURE: foreign,
  CERT_HAS_EXPIRED:
    "its certificate has expired, or its authority's: issue a new one with 'relevo cert issue'",
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: set the clocks of both nodes by NTP',
};

const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the agent running?',
  EHOSTUNREACH: 'no way there: check the sync network',
  ETIMEDOUT: 'no answer: check the sync network',
  ECONNRESET: 'it cut the connection off: its log says why, if it refuses this node',
};

const explain = (error: Error & { code?: string }): string => {
  const remedy = refusals[error.code ?? ''] ?? remedies[error.code ?? ''];
  return remedy ? `${error.code}: ${remedy}` : error.message;
};

/** Starts dialling; returns what ends it. */
export const createSyncClient = (options: SyncClientOptions): { close(): void } => {
  const { peer, at, listener, random } = options;
  let stopped = false;
  let delayMs = firstDelayMs;
  let timer: NodeJS.Timeout | undefined;
  let socket: WebSocket | undefined;
  let link: PeerLink | undefined;

  const retry = (): void => {
    if (stopped) return;
    // Half of it certain, half drawn: nodes that lost each other do not dial in step.
    timer = setTimeout(dial, delayMs * (0.5 + random.next() / 2));
    delayMs = Math.min(delayMs * 2, longestDelayMs);
  };

  const dial = (): void => {
    const remote = `${at.address}:${at.port}`;
    // An agent for each attempt: credentials may have been renewed, and a resumed session would skip the check of the name.
    const agent = new Agent({
      secureContext: options.credentials().context,
      rejectUnauthorized: true,
      maxCachedSessions: 0,
      checkServerIdentity: (_, certificate) => checkName(peer, certificate),
    });
    const dialled = new WebSocket(`wss://${remote}/`, {
      ...webSocketOptions,
      agent,
      handshakeTimeout: handshakeMs,
    });
    socket = dialled;
    let openedAt = 0;
    let stream: Duplex | undefined;
    const onEarlyError = (error: Error & { code?: string }): void => {
      const refused = error.code === otherName || (error.code ?? '') in refusals;
      listener.onFailure(peer, `peer ${peer} at ${remote}: ${explain(error)}`, refused);
    };
    dialled.on('error', onEarlyError);
    dialled.once('upgrade', (response) => {
      stream = response.socket;
    });
    dialled.once('open', () => {
      dialled.off('error', onEarlyError);
      openedAt = performance.now();
      link = adoptSocket(dialled, stream!, true, peer, remote, listener, () => {
        link = undefined;
        if (performance.now() - openedAt > goodMs) delayMs = firstDelayMs;
      });
    });
    dialled.once('close', retry);
  };

  dial();
  return {
    close() {
      stopped = true;
      clearTimeout(timer);
      if (link) link.close('this node is stopping');
      else socket?.terminate();
    },
  };
};
