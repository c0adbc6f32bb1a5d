/** `relevo witness`: a voter on a third machine. It keeps no files, owns nothing, and answers nodes that know the secret. */

import { type Channel, createChannel } from '../election/channel.js';
import type { Mac } from '../election/messages.js';
import { witnessName } from '../election/types.js';
import { lockMsFor } from '../election/voter.js';
import { createWitnessState, stepWitness } from '../election/witness.js';
import type { SocketAddress } from '../model/node.js';
import type { Clock, Datagrams, Log } from '../ports.js';

export interface WitnessPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** HMAC-SHA256 under the cluster's secret. */
  readonly mac: Mac;
  /** Random, 1 … 2^53 − 1. */
  readonly session: number;
  datagrams(local: SocketAddress): Promise<Datagrams>;
}

export interface WitnessOptions {
  readonly cluster: string;
  readonly listen: readonly SocketAddress[];
  /** The cluster's `timing.leaseMs`; asks with a longer lease are refused. */
  readonly leaseMs: number;
}

export interface WitnessView {
  /** Who has the vote per group, as last granted; expired votes are listed until the next one. */
  readonly votes: Readonly<Record<string, string>>;
  readonly refused: Readonly<Record<string, number>>;
}

export interface WitnessApp {
  /** Rejects with `bad-config` when an address cannot be bound. */
  start(): Promise<void>;
  view(): WitnessView;
  stop(): Promise<void>;
}

/** Nodes greet twice within this (heartbeat.ts, `fullEvery`), so a second process of one name is never alone for so long. */
const quietMs = 500;
const refusalQuietMs = 10_000;

export const createWitness = (ports: WitnessPorts, options: WitnessOptions): WitnessApp => {
  const { clock, log } = ports;
  const voter = { leaseMs: options.leaseMs, lockMs: lockMsFor };
  const channel: Channel = createChannel({
    cluster: options.cluster,
    self: witnessName,
    session: ports.session,
    mac: ports.mac,
    quietMs,
  });
  const sockets: Datagrams[] = [];
  const refused: Record<string, number> = {};
  const toldMs = new Map<string, number>();
  const holders = new Map<string, string>();
  let state = createWitnessState(clock.nowMs());

  const noteGrant = (group: string, node: string): void => {
    if (holders.get(group) === node) return;
    holders.set(group, node);
    log.info({ group, node }, 'the vote goes to another node');
  };

  const noteRefusal = (code: string, detail: string, from: SocketAddress): void => {
    refused[code] = (refused[code] ?? 0) + 1;
    if (code === 'new-session') return;
    const nowMs = clock.nowMs();
    if (nowMs - (toldMs.get(code) ?? Number.NEGATIVE_INFINITY) < refusalQuietMs) return;
    toldMs.set(code, nowMs);
    log.warn(
      { code, detail, from: `${from.address}:${from.port}`, count: refused[code] },
      'datagram refused',
    );
  };

  const receive = (socket: Datagrams, bytes: Uint8Array, from: SocketAddress): void => {
    const opened = channel.open(bytes, clock.nowMs());
    if (opened.kind === 'refused') {
      noteRefusal(opened.code, opened.detail, from);
      if (opened.helloTo) socket.send(channel.seal(opened.helloTo, 0, { type: 'hello' }), from);
      return;
    }
    const node = { node: opened.from, session: opened.session };
    const result = stepWitness(voter, state, node, opened.body, clock.nowMs());
    state = result.state;
    if (!result.reply) return;
    if (result.reply.type === 'answer' && result.reply.verdict === 'granted') {
      noteGrant(result.reply.group, opened.from);
    }
    socket.send(channel.seal(opened.from, opened.path, result.reply), from);
  };

  return {
    async start() {
      for (const local of options.listen) {
        const socket = await ports.datagrams(local);
        socket.onDatagram((bytes, from) => receive(socket, bytes, from));
        sockets.push(socket);
      }
      const listen = options.listen.map(({ address, port }) => `${address}:${port}`);
      log.info({ cluster: options.cluster, listen, leaseMs: options.leaseMs }, 'witness votes');
    },
    view: () => ({ votes: Object.fromEntries(holders), refused: { ...refused } }),
    async stop() {
      for (const socket of sockets) socket.close();
      sockets.length = 0;
    },
  };
};
