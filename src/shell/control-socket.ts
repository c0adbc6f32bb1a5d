/** The Unix socket that the control interface listens on, and the client that the CLI talks through. */

import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type ErrorCode, RelevoError } from '../errors.js';

/** What is needed of a fastify instance. */
export interface Listener {
  listen(options: { path: string }): Promise<string>;
  close(): Promise<unknown>;
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/**
 * Listens with permissions 0660. A socket file that nobody answers on is left over and replaced;
 * one that answers belongs to a running agent: `conflict`.
 */
export const listenOnSocket = async (listener: Listener, path: string): Promise<void> => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (statSync(path, { throwIfNoEntry: false })) {
    if (await answers(path)) {
      throw new RelevoError(
        'conflict',
        `controlSocket: another agent is listening on ${path}: stop it, or configure another path`,
      );
    }
    rmSync(path);
  }
  await listener.listen({ path });
  chmodSync(path, 0o660);
};

export interface ControlClient {
  /** Lines of an answer that goes on until the agent ends it, or `signal` aborts. */
  follow(path: string, onLine: (line: string) => void, signal?: AbortSignal): Promise<void>;
  call<T>(method: 'GET' | 'PUT' | 'POST', path: string, body?: { type: string; text: string }): Promise<T>;
}

const hint: Readonly<Record<string, string>> = {
  ENOENT: 'is the agent running? Name its socket with --socket',
  ECONNREFUSED: 'the agent is not running: start it with `relevo agent -c node.yaml`',
  EACCES: 'you may not: become root or join the socket’s group',
};

/** Talks to the agent on `socketPath`; what it refuses is thrown as the RelevoError it was. */
export const createControlClient = (socketPath: string, timeoutMs = 60_000): ControlClient => ({
  follow: (path, onLine, signal) =>
    new Promise((resolve, reject) => {
      const outgoing = request({ socketPath, path, ...(signal && { signal }) }, (incoming) => {
        if ((incoming.statusCode ?? 500) >= 400) {
          incoming.resume();
          return reject(new RelevoError('not-found', `${path}: the agent refuses (${incoming.statusCode})`));
        }
        const lines = createInterface({ input: incoming });
        lines.on('line', (line) => line !== '' && onLine(line));
        lines.on('close', () => resolve());
        // The reader of lines passes on the errors of what it reads.
        lines.on('error', () => resolve());
        incoming.on('error', () => resolve());
        return undefined;
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (signal?.aborted) return resolve();
        const why = hint[error.code ?? ''] ?? error.message;
        return reject(
          new RelevoError('peer-lost', `cannot reach the agent at ${socketPath}: ${why}`, {}, error),
        );
      });
      outgoing.end();
    }),
  call: <T>(method: string, path: string, body?: { type: string; text: string }) =>
    new Promise<T>((resolve, reject) => {
      const headers = body
        ? { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }
        : {};
      const outgoing = request({ socketPath, path, method, headers, timeout: timeoutMs }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          try {
            const value = JSON.parse(text) as T & {
              error?: { code: ErrorCode; message: string; facts: Record<string, string> };
            };
            if ((incoming.statusCode ?? 500) < 400) return resolve(value);
            const { code, message, facts } = value.error ?? { code: 'internal', message: text, facts: {} };
            reject(new RelevoError(code, message, facts));
          } catch (cause) {
            reject(new RelevoError('internal', `${socketPath}: the answer is not JSON`, {}, cause));
          }
          return undefined;
        });
      });
      outgoing.on('timeout', () =>
        outgoing.destroy(new RelevoError('timeout', `${socketPath}: no answer within ${timeoutMs} ms`)),
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (error instanceof RelevoError) return reject(error);
        const why = hint[error.code ?? ''] ?? error.message;
        return reject(
          new RelevoError('peer-lost', `cannot reach the agent at ${socketPath}: ${why}`, {}, error),
        );
      });
      outgoing.end(body?.text);
    }),
});
