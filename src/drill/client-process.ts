/** Process: one datagram and one connection attempt every interval, over the services in turn. */

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { ProbeHistory } from './history.js';
import { type OutageWatch, startOutageWatch } from './outage-watch.js';
import { type Pace, startPace } from './pace.js';
import { nowMs, onCommands, say, sayLast, targetsGiven } from './probe-pipe-process.js';
import { type Endpoint, endpointText, flowsEach } from './probe-targets.js';

const intervalMs = Number(process.argv[3] ?? 2);
/** 0: none. */
const maxOutageMs = Number(process.argv[4] ?? 0);
const targets = targetsGiven();
/** A SYN is sent again after a second (RFC 6298): an attempt that needs that has failed. */
const connectTimeoutMs = 900;
let told = false;
const watch = (probe: string, among: number): OutageWatch =>
  startOutageWatch(maxOutageMs, intervalMs * among, (outageMs) => {
    if (told) return;
    told = true;
    say({
      kind: 'breach',
      what: `no answer to ${probe} for ${Math.round(outageMs)} ms, more than the ${maxOutageMs} ms that were allowed`,
    });
  });

/** One watch a service: that the others answer says nothing of it. */
const watches = (probe: string, endpoints: readonly Endpoint[]): OutageWatch[] =>
  endpoints.map((endpoint) => watch(`${probe} to ${endpointText(endpoint)}`, endpoints.length));

const nothing = (): ProbeHistory => ({ intervalMs, sentMs: [], answeredMs: [], longestStallMs: 0 });

const startDatagrams = (endpoints: readonly Endpoint[]): (() => ProbeHistory) => {
  if (endpoints.length === 0) return nothing;
  const sentMs: number[] = [];
  const answeredMs: (number | null)[] = [];
  const outages = watches('datagrams', endpoints);
  const sockets = endpoints.map(({ host, port }) =>
    Array.from({ length: flowsEach }, () => {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (message) => {
        const index = message.readUInt32BE(0);
        answeredMs[index] ??= nowMs();
        outages[index % endpoints.length]!.answered(index);
      });
      // Unreachable networks and refused ports are what a drill is about: the lost answer says it.
      socket.on('error', () => undefined);
      socket.connect(port, host);
      return socket;
    }),
  );
  let pace: Pace | undefined;
  Promise.all(sockets.flat().map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    .then(() => {
      pace = startPace(intervalMs, nowMs, () => {
        const index = sentMs.length;
        const datagram = Buffer.alloc(16);
        datagram.writeUInt32BE(index, 0);
        answeredMs.push(null);
        sentMs.push(nowMs());
        const which = index % endpoints.length;
        outages[which]!.sent(index, sentMs[index]!);
        const flow = Math.floor(index / endpoints.length) % flowsEach;
        sockets[which]![flow]!.send(datagram, () => undefined);
      });
    })
    .catch(() => undefined);
  return () => {
    pace?.stop();
    const names = endpoints.map(endpointText);
    return { intervalMs, sentMs, answeredMs, longestStallMs: pace?.longestStallMs ?? 0, targets: names };
  };
};

const startConnects = (endpoints: readonly Endpoint[], from: readonly string[]): (() => ProbeHistory) => {
  if (endpoints.length === 0) return nothing;
  const sentMs: number[] = [];
  const answeredMs: (number | null)[] = [];
  const outages = watches('connects', endpoints);
  const pace = startPace(intervalMs, nowMs, () => {
    const index = sentMs.length;
    const which = index % endpoints.length;
    const { host, port } = endpoints[which]!;
    answeredMs.push(null);
    sentMs.push(nowMs());
    outages[which]!.sent(index, sentMs[index]!);
    const localAddress = from[Math.floor(index / endpoints.length) % from.length];
    const socket = connect({ host, port, ...(localAddress !== undefined && { localAddress }) });
    // After a pause of this process its timers come first: what has arrived meanwhile is looked at before giving up.
    const giveUp = (): void => {
      setImmediate(() => socket.destroy());
    };
    const timer = setTimeout(giveUp, connectTimeoutMs);
    socket.once('connect', () => {
      answeredMs[index] = nowMs();
      outages[which]!.answered(index);
      // A reset leaves no TIME_WAIT behind: half a million ports would not do for a minute otherwise.
      socket.resetAndDestroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => clearTimeout(timer));
  });
  return () => {
    pace.stop();
    const names = endpoints.map(endpointText);
    return { intervalMs, sentMs, answeredMs, longestStallMs: pace.longestStallMs, targets: names };
  };
};

const stopDatagrams = startDatagrams(targets.echo);
const stopConnects = startConnects(targets.connect, targets.connectFrom);
say({ kind: 'ready' });

onCommands((command) => {
  if (command !== 'stop') return;
  const udp = stopDatagrams();
  const connects = stopConnects();
  // What is still under way may be answered yet.
  setTimeout(() => sayLast({ kind: 'probes', udp, connect: connects }), connectTimeoutMs);
});
