/** Process: in the client's namespace, one datagram and one connection attempt to the floating address every interval. */

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { servicePorts } from '../lab/services.js';
import { clientRange, floating } from '../lab/topology.js';
import type { ProbeHistory } from './history.js';
import { type OutageWatch, startOutageWatch } from './outage-watch.js';
import { type Pace, startPace } from './pace.js';
import { nowMs, onCommands, say, sayLast } from './probe-pipe-process.js';

const intervalMs = Number(process.argv[2] ?? 2);
/** 0: none. */
const maxOutageMs = Number(process.argv[3] ?? 0);
/** A SYN is sent again after a second (RFC 6298): an attempt that needs that has failed. */
const connectTimeoutMs = 900;
/** Datagrams take turns over this many flows, connections over this many client addresses. */
const flows = 8;

const host = floating.front.address;

let told = false;
const watch = (probe: string): OutageWatch =>
  startOutageWatch(maxOutageMs, intervalMs, (outageMs) => {
    if (told) return;
    told = true;
    say({
      kind: 'breach',
      what: `no answer to ${probe} for ${Math.round(outageMs)} ms, more than the ${maxOutageMs} ms that were allowed`,
    });
  });

const startDatagrams = (): (() => ProbeHistory) => {
  const sentMs: number[] = [];
  const answeredMs: (number | null)[] = [];
  const outage = watch('datagrams');
  const sockets = Array.from({ length: flows }, () => {
    const socket = createSocket('udp4');
    socket.on('message', (message) => {
      const index = message.readUInt32BE(0);
      answeredMs[index] ??= nowMs();
      outage.answered(index);
    });
    // Unreachable networks and refused ports are what a drill is about: the lost answer says it.
    socket.on('error', () => undefined);
    socket.connect(servicePorts.echo, host);
    return socket;
  });
  let pace: Pace | undefined;
  Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    .then(() => {
      pace = startPace(intervalMs, nowMs, () => {
        const index = sentMs.length;
        const datagram = Buffer.alloc(16);
        datagram.writeUInt32BE(index, 0);
        answeredMs.push(null);
        sentMs.push(nowMs());
        outage.sent(index, sentMs[index]!);
        sockets[index % flows]?.send(datagram, () => undefined);
      });
    })
    .catch(() => undefined);
  return () => {
    pace?.stop();
    return { intervalMs, sentMs, answeredMs, longestStallMs: pace?.longestStallMs ?? 0 };
  };
};

const startConnects = (): (() => ProbeHistory) => {
  const sentMs: number[] = [];
  const answeredMs: (number | null)[] = [];
  const outage = watch('connects');
  const [a, b, c, first] = clientRange.first;
  const pace = startPace(intervalMs, nowMs, () => {
    const index = sentMs.length;
    answeredMs.push(null);
    sentMs.push(nowMs());
    outage.sent(index, sentMs[index]!);
    const localAddress = `${a}.${b}.${c + 3}.${first + 240 + (index % flows)}`;
    const socket = connect({ host, port: servicePorts.web, localAddress });
    // After a pause of this process its timers come first: what has arrived meanwhile is looked at before giving up.
    const giveUp = (): void => {
      setImmediate(() => socket.destroy());
    };
    const timer = setTimeout(giveUp, connectTimeoutMs);
    socket.once('connect', () => {
      answeredMs[index] = nowMs();
      outage.answered(index);
      // A reset leaves no TIME_WAIT behind: half a million ports would not do for a minute otherwise.
      socket.resetAndDestroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => clearTimeout(timer));
  });
  return () => {
    pace.stop();
    return { intervalMs, sentMs, answeredMs, longestStallMs: pace.longestStallMs };
  };
};

const stopDatagrams = startDatagrams();
const stopConnects = startConnects();
say({ kind: 'ready' });

onCommands((command) => {
  if (command !== 'stop') return;
  const udp = stopDatagrams();
  const connects = stopConnects();
  // What is still under way may be answered yet.
  setTimeout(() => sayLast({ kind: 'probes', udp, connect: connects }), connectTimeoutMs);
});
