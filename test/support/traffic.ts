/** A client's view of services: real HTTP requests, datagrams and streams from the namespace this process is in. */

import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Answer {
  /** Name of the backend that answered. */
  readonly name: string;
  /** The source address it saw. */
  readonly peer: string;
  readonly port: number;
}

/** Rejects with the system's error (`ECONNREFUSED`, …) or `timeout`. */
export const request = (host: string, port: number, from?: string, timeoutMs = 2000): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const call = get(
      { host, port, agent: false, timeout: timeoutMs, ...(from && { localAddress: from }) },
      (response) => {
        let body = '';
        response.on('data', (part) => {
          body += part;
        });
        response.on('end', () => resolve(JSON.parse(body) as Answer));
      },
    );
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', reject);
  });

export const datagram = (
  host: string,
  port: number,
  from?: string,
  timeoutMs = 2000,
): Promise<Answer & { echo: string }> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => finish(() => reject(new Error('timeout'))), timeoutMs);
    const finish = (report: () => void): void => {
      clearTimeout(timer);
      socket.close();
      report();
    };
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('message', (message) =>
      finish(() => resolve(JSON.parse(message.toString()) as Answer & { echo: string })),
    );
    // Connected, so that an ICMP error reaches it.
    const send = (): void => socket.connect(port, host, () => socket.send('hello'));
    if (from) socket.bind(0, from, send);
    else send();
  });

export interface Stream {
  /** Sends and waits for the echo; rejects when it differs or does not come. */
  echo(text: string): Promise<void>;
  close(): void;
}

/** Rejects, and closes, when it is not connected and echoing within the time given. */
export const stream = (host: string, port: number, from?: string, withinMs?: number): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ host, port, ...(from && { localAddress: from }) });
    const late =
      withinMs === undefined
        ? undefined
        : setTimeout(() => socket.destroy(new Error('not connected in time')), withinMs);
    let received = '';
    let wake = (): void => {};
    socket.on('data', (data) => {
      received += data.toString('latin1');
      wake();
    });
    socket.on('error', reject);
    const echo = (text: string): Promise<void> =>
      new Promise((done, fail) => {
        received = '';
        const timer = setTimeout(() => fail(new Error(`no echo of ${text}: ${received}`)), 3000);
        wake = () => {
          if (received.length < text.length) return;
          clearTimeout(timer);
          if (received === text) done();
          else fail(new Error(`sent ${text}, got ${received}`));
        };
        socket.write(text);
      });
    socket.on('connect', () => {
      const self: Stream = { echo, close: () => socket.destroy() };
      echo('stream').then(
        () => {
          clearTimeout(late);
          resolve(self);
        },
        (error) => socket.destroy(error),
      );
    });
  });

export const tally = (answers: readonly { readonly name: string }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { name } of answers) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

export interface Talk {
  /** The backend that answers a datagram from this socket's one port. */
  ask(): Promise<string>;
  close(): void;
}

/** A client that keeps its port: one flow for conntrack. */
export const talk = (host: string, port: number): Promise<Talk> =>
  new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    let heard: ((name: string) => void) | undefined;
    socket.on('error', () => {});
    socket.on('message', (message) => heard?.((JSON.parse(message.toString()) as Answer).name));
    socket.connect(port, host, () =>
      resolve({
        ask: () =>
          new Promise((answer, reject) => {
            const timer = setTimeout(() => reject(new Error('timeout')), 1000);
            heard = (name) => {
              clearTimeout(timer);
              answer(name);
            };
            socket.send('hello');
          }),
        close: () => socket.close(),
      }),
    );
  });

export interface Flow {
  /** Name of the backend that answers the next datagram of this flow; asks again for as long as `timeoutMs`. */
  ask(timeoutMs?: number): Promise<string>;
  close(): void;
}

/** One udp flow: always the same source port. */
export const flowOf = (host: string, port: number): Promise<Flow> =>
  new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    let heard: (name: string) => void = () => {};
    socket.on('message', (message) => heard((JSON.parse(message.toString()) as Answer).name));
    socket.on('error', () => {});
    socket.connect(port, host, () =>
      resolve({
        ask: (timeoutMs = 2000) =>
          new Promise((answer, reject) => {
            const again = setInterval(() => socket.send('again'), 50);
            const late = setTimeout(() => finish(() => reject(new Error('timeout'))), timeoutMs);
            const finish = (report: () => void): void => {
              clearInterval(again);
              clearTimeout(late);
              report();
            };
            heard = (name) => finish(() => answer(name));
            socket.send('hello');
          }),
        close: () => socket.close(),
      }),
    );
  });
