/** Asks one backend: a connection, or a GET of HTTP (RFC 9110). From an address of the node, past the rules for what comes in. */

import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Answer, CheckTarget } from '../health/backend-check.js';
import { isIpv6 } from '../model/address.js';
import type { StatusRange } from '../model/health-check.js';

const fromError = ({ code, message }: NodeJS.ErrnoException): Answer & { readonly ok: false } => {
  switch (code) {
    case 'ECONNREFUSED':
      return { ok: false, from: 'backend', reason: 'the connection was refused' };
    case 'ECONNRESET':
      return { ok: false, from: 'backend', reason: 'the connection was reset' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return { ok: false, from: 'nobody', reason: 'there is no way to the host' };
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EADDRNOTAVAIL':
      return { ok: false, from: 'here', reason: `this node has no room for one more connection (${code})` };
    default:
      // What HTTP or TLS make of bytes that are neither.
      return { ok: false, from: 'backend', reason: code ?? message };
  }
};

type Settle = (answer: Answer) => void;

const isAccepted = (status: number, ranges: readonly StatusRange[] = []): boolean =>
  ranges.some(({ first, last }) => first <= status && status <= last);

/** Starts asking; returns what ends it. */
const start = ({ address, port, check }: CheckTarget, settle: Settle): (() => void) => {
  const failed = (error: NodeJS.ErrnoException): void => settle(fromError(error));
  if (check.kind === 'tcp') {
    const socket = connect({ host: address, port });
    socket.once('connect', () => settle({ ok: true }));
    socket.on('error', failed);
    return () => void socket.destroy();
  }
  const authority = isIpv6(address) ? `[${address}]` : address;
  const options: RequestOptions & { rejectUnauthorized?: boolean; servername?: string } = {
    host: address,
    port,
    path: check.path ?? '/',
    agent: false,
    headers: {
      host: check.host ?? `${authority}:${port}`,
      'user-agent': 'relevo-check',
      accept: '*/*',
      connection: 'close',
    },
    // A backend's certificate is made out to the service, and its clients judge it: here the question is whether it serves.
    ...(check.kind === 'https' && { rejectUnauthorized: false, servername: check.host?.split(':')[0] ?? '' }),
  };
  const request = (check.kind === 'https' ? httpsRequest : httpRequest)(options, (response) => {
    const { statusCode = 0 } = response;
    settle(
      isAccepted(statusCode, check.statuses)
        ? { ok: true }
        : {
            ok: false,
            from: 'backend',
            reason: `GET ${check.path ?? '/'} was answered with status ${statusCode}`,
          },
    );
  });
  request.on('error', failed);
  request.end();
  return () => void request.destroy();
};

/** Never rejects; settles within the timeout of the check. */
export const askBackend = (target: CheckTarget): Promise<Answer> =>
  new Promise((resolve) => {
    let stop: (() => void) | undefined;
    const { timeoutMs } = target.check;
    const timer = setTimeout(
      () => settle({ ok: false, from: 'nobody', reason: `no answer within ${timeoutMs} ms` }),
      timeoutMs,
    );
    const settle: Settle = (answer) => {
      clearTimeout(timer);
      stop?.();
      resolve(answer);
    };
    try {
      stop = start(target, settle);
    } catch (thrown) {
      settle(fromError(thrown as NodeJS.ErrnoException));
    }
  });
