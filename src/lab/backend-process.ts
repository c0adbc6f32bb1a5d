/** Process: a backend of the lab. HTTP that says its name, UDP echo, and streams of checked bytes in both directions. */

import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { backendPorts } from './services.js';
import { answerSeed, createByteSource, firstDifference } from './stream-bytes.js';

const [name = 'backend', address = '0.0.0.0'] = process.argv.slice(2);

const http = createHttpServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain', connection: 'close', 'x-backend': name });
  response.end(`${name}\n`);
});
http.on('clientError', (_error, socket) => socket.destroy());

const echo = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
echo.on('message', (message, from) => echo.send(message, from.port, from.address));
// An ICMP error of a client that has gone must not end the backend.
echo.on('error', () => undefined);

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
const stream = createServer(serveStream);

http.listen({ port: backendPorts.http, host: address, backlog: 4096 });
stream.listen({ port: backendPorts.stream, host: address, backlog: 4096 });
echo.bind(backendPorts.echo, address);
