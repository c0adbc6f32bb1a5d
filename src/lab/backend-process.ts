/** Process: a backend of the lab. HTTP that says its name, UDP echo, and streams of checked bytes in both directions. */

import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { backendPorts, servicePorts } from './services.js';
import { answerSeed, createByteSource, firstDifference } from './stream-bytes.js';

// `direct`: an address of its own that clients ask past the balancer (dsr), at the ports of the services.
const [name = 'backend', address = '0.0.0.0', direct] = process.argv.slice(2);
const typeOf = (host: string): 'udp4' | 'udp6' => (host.includes(':') ? 'udp6' : 'udp4');

const createHttp = () => {
  const http = createHttpServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close', 'x-backend': name });
    response.end(`${name}\n`);
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  return http;
};

/** Bound to an address, so that it answers from that; beside one that is bound to all. */
const serveEcho = (host: string): void => {
  const echo = createSocket({ type: typeOf(host), reuseAddr: true, recvBufferSize: 4 * 1024 * 1024 });
  echo.on('message', (message, from) => echo.send(message, from.port, from.address));
  // An ICMP error of a client that has gone must not end the backend.
  echo.on('error', () => undefined);
  echo.bind(backendPorts.echo, host);
};

/**
 * A stream: four bytes of seed from the client, then as many bytes as it likes. Each chunk that is what the seed
 * says is answered with as many bytes of the answer's sequence; anything else ends the stream with a reset.
 */
const serveStream = (socket: Socket): void => {
  let head = new Uint8Array(0);
  let expected: ReturnType<typeof createByteSource> | undefined;
  let answers: ReturnType<typeof createByteSource> | undefined;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Uint8Array) => {
    let bytes = chunk;
    if (!expected || !answers) {
      const joined = Buffer.concat([head, chunk]);
      if (joined.length < 4) {
        head = joined;
        return;
      }
      const seed = joined.readUInt32BE(0);
      expected = createByteSource(seed);
      answers = createByteSource(answerSeed(seed));
      bytes = joined.subarray(4);
    }
    if (firstDifference(bytes, expected.take(bytes.length)) >= 0) {
      socket.resetAndDestroy();
      return;
    }
    if (bytes.length > 0) socket.write(answers.take(bytes.length));
  });
};
for (const port of [backendPorts.http, backendPorts.banning])
  createHttp().listen({ port, host: address, backlog: 4096 });
for (const port of [backendPorts.stream, backendPorts.limited]) {
  createServer(serveStream).listen({ port, host: address, backlog: 4096 });
}
serveEcho(address);
if (direct !== undefined) {
  createHttp().listen({ port: servicePorts.web, host: direct, backlog: 4096 });
  serveEcho(direct);
}
