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

const echoOn = (socket: Socket, text: string): Promise<void> =>
  new Promise((done, fail) => {
    let received = '';
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      socket.off('data', hear);
      if (error) fail(error);
      else done();
    };
    const timer = setTimeout(() => finish(new Error(`no echo of ${text}: ${received}`)), 3000);
    const hear = (data: Buffer): void => {
      received += data.toString('latin1');
      if (received.length < text.length) return;
      finish(received === text ? undefined : new Error(`sent ${text}, got ${received}`));
    };
    socket.on('data', hear);
    socket.write(text);
  });

/** Rejects, and closes, when it is not connected and echoing within the time given. */
export const stream = (host: string, port: number, from?: string, withinMs?: number): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ host, port, ...(from && { localAddress: from }) });
    const late =
      withinMs === undefined
        ? undefined
        : setTimeout(() => socket.destroy(new Error('not connected in time')), withinMs);
    socket.on('error', reject);
    socket.on('connect', () => {
      echoOn(socket, 'stream').then(
        () => {
          clearTimeout(late);
          resolve({ echo: (text) => echoOn(socket, text), close: () => socket.destroy() });
        },
        (error) => socket.destroy(error),
      );
    });
  });

export interface NamedStream extends Stream {
  /** The backend it is connected to. */
  readonly name: string;
}

/** A stream whose backend says who it is. */
export const namedStream = (
  host: string,
  port: number,
  from?: string,
  withinMs = 2_000,
): Promise<NamedStream> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...(from && { localAddress: from }) });
    const late = setTimeout(() => socket.destroy(new Error('not connected in time')), withinMs);
    socket.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    socket.once('connect', () => socket.write('who'));
    socket.once('data', (data) => {
      clearTimeout(late);
      const name = data.toString('latin1');
      resolve({
        name,
        echo: (text) => echoOn(socket, text),
        close: () => socket.destroy(),
      });
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
    // A test that fails before it closes its flows must not keep the process alive.
    socket.unref();
    let asked = 0;
    let heard: (answer: Answer & { echo: string }) => void = () => {};
    socket.on('message', (message) => heard(JSON.parse(message.toString()) as Answer & { echo: string }));
    socket.on('error', () => {});
    socket.connect(port, host, () =>
      resolve({
        ask: (timeoutMs = 2000) =>
          new Promise((answer, reject) => {
            // An answer that comes late, to a question of an earlier call, says nothing about this one.
            const question = `question ${++asked}`;
            const send = (): void => socket.send(question);
            const again = setInterval(send, 50);
            const late = setTimeout(() => finish(() => reject(new Error('timeout'))), timeoutMs);
            const finish = (report: () => void): void => {
              clearInterval(again);
              clearTimeout(late);
              report();
            };
            heard = ({ name, echo }) => {
              if (echo === question) finish(() => answer(name));
            };
            send();
          }),
        close: () => socket.close(),
      }),
    );
  });
