// A real backend: HTTP and UDP on the ports given. Answers with its name and the peer it sees, one JSON object.
// `80@198.51.100.10`: UDP alone, from that address.
// A TCP connection that sends `stream` stays open and gets every byte back.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [name, ...ports] = process.argv.slice(2);

const listening = ports.flatMap((place) => {
  const [port, host] = place.split('@');
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
  const type = host && !host.includes(':') ? 'udp4' : 'udp6';
  const udp = createSocket({ type, reuseAddr: true }, (message, peer) => {
    const body = JSON.stringify({
      name,
      peer: peer.address.replace('::ffff:', ''),
      port: Number(port),
      echo: message.toString(),
    });
    udp.send(body, peer.port, peer.address);
  });
  return [
    ...(host ? [] : [new Promise((resolve) => tcp.listen(Number(port), resolve))]),
    new Promise((resolve) => udp.bind(Number(port), host, resolve)),
  ];
});

await Promise.all(listening);
process.stdout.write('ready\n');
