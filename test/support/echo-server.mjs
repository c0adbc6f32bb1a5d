// A real backend: HTTP and UDP on the ports given. Answers with its name and the peer it sees, one JSON object.
// A TCP connection that sends `stream` stays open and gets every byte back.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [name, ...ports] = process.argv.slice(2);

const listening = ports.flatMap((port) => {
  const tcp = createServer((socket) => {
    let streaming = false;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (!streaming && data.toString('latin1', 0, 6) === 'stream') streaming = true;
      if (streaming) {
        socket.write(data);
        return;
      }
      const body = JSON.stringify({
        name,
        peer: socket.remoteAddress?.replace('::ffff:', ''),
        port: Number(port),
      });
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    });
  });
  const udp = createSocket('udp6', (message, peer) => {
    const body = JSON.stringify({
      name,
      peer: peer.address.replace('::ffff:', ''),
      port: Number(port),
      echo: message.toString(),
    });
    udp.send(body, peer.port, peer.address);
  });
  return [
    new Promise((resolve) => tcp.listen(Number(port), resolve)),
    new Promise((resolve) => udp.bind(Number(port), resolve)),
  ];
});

await Promise.all(listening);
process.stdout.write('ready\n');
