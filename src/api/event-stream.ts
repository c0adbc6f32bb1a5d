/** Events as a stream of JSON lines over the control socket. A slow reader loses events, and is told how many. */

import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { NodeEvent } from '../model/status.js';

/** What is needed of the response of a request. */
interface Response {
  readonly writableLength: number;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  write(text: string): unknown;
  end(): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

export interface EventStreams {
  /** What is known already, then what happens, until the reader goes. Throws `conflict` when there are too many. */
  open(response: Response): void;
  close(): void;
}

/** Seen by the client only: proof that the stream still stands. */
const aliveMs = 10_000;

export const createEventStreams = (
  list: () => readonly NodeEvent[],
  onEvent: (listener: (event: NodeEvent) => void) => () => void,
): EventStreams => {
  const open = new Set<() => void>();
  return {
    open(response) {
      if (open.size >= limits.eventFollowers) {
        throw new RelevoError(
          'conflict',
          `events: ${limits.eventFollowers} readers follow them already: end one of them`,
        );
      }
      let lost = 0;
      const write = (value: object): void => {
        if (response.writableLength > limits.eventFollowerBytes) {
          lost += 1;
          return;
        }
        if (lost > 0) response.write(`${JSON.stringify({ kind: 'lost', lost })}\n`);
        lost = 0;
        response.write(`${JSON.stringify(value)}\n`);
      };
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      for (const event of list()) write(event);
      const forget = onEvent(write);
      const timer = setInterval(() => response.writableLength === 0 && response.write('\n'), aliveMs);
      const end = (): void => {
        open.delete(end);
        forget();
        clearInterval(timer);
        response.end();
      };
      open.add(end);
      response.on('close', end);
      response.on('error', end);
    },
    close() {
      for (const end of [...open]) end();
    },
  };
};
