/** The guard's datagrams: which socket reaches whom on which path, sealing, opening, and the count of what is refused. */

import { type Channel, createChannel, type Opened } from '../election/channel.js';
import type { Body } from '../election/messages.js';
import type { LateRefusal } from '../election/refusal-problems.js';
import { createRelay } from '../election/relay.js';
import type { GuardEvent } from '../election/thread.js';
import { witnessName } from '../election/types.js';
import type { NodeConfig, SocketAddress } from '../model/node.js';
import type { Datagrams } from '../ports.js';
import type { GuardLoopPorts } from './guard-ports.js';

export interface GuardNetwork {
  readonly refused: Readonly<Record<string, number>>;
  /** The last of each kind, of the last minute. */
  lateRefusals(): LateRefusal[];
  open(): Promise<void>;
  /** `stamp` adds what differs by path. */
  send(to: string, path: number | undefined, body: Body, stamp: (path: number) => Body): void;
  close(): void;
}

/** A refusal of one kind is told once, then counted silently for this long. */
const refusalQuietMs = 10_000;
/** Status names what was refused within this time. */
const lateMs = 60_000;

export const createGuardNetwork = (
  ports: GuardLoopPorts,
  config: NodeConfig,
  session: number,
  onMessage: (message: Opened & { kind: 'message' }) => void,
  onEvent: (event: GuardEvent) => void,
): GuardNetwork => {
  const self = config.nodes.find((node) => node.name === config.node)!;
  const peers = config.nodes.filter((node) => node !== self);
  const witness: readonly SocketAddress[] = config.witness.kind === 'arbiter' ? config.witness.at : [];
  const channel: Channel = createChannel({
    cluster: config.cluster,
    self: config.node,
    session,
    mac: ports.mac,
    senders: [...peers.map(({ name }) => name), witnessName],
    quietMs: 1.5 * config.timing.deadMs,
  });
  const addressesByName = new Map<string, readonly SocketAddress[]>([
    ...peers.map(({ name, heartbeat }) => [name, heartbeat] as const),
    [witnessName, witness],
  ]);
  /** Whose address that is; a peer's own socket sends all it says. */
  const nameByAddress = new Map(
    peers.flatMap(({ name, heartbeat }) =>
      heartbeat.map((at) => [`${at.address}:${at.port}`, name] as const),
    ),
  );
  const relay = createRelay(
    peers.map(({ name }) => name),
    config.timing.deadMs / 2,
  );
  const refused: Record<string, number> = {};
  const toldMs = new Map<string, number>();
  const late = new Map<string, LateRefusal & { readonly atMs: number }>();
  const sockets: Datagrams[] = [];
  let witnessSocket: Datagrams | undefined;

  const socketFor = (to: string, path: number): Datagrams | undefined =>
    to === witnessName ? witnessSocket : sockets[path];

  const sendOne = (to: string, path: number, body: Body): void => {
    const address = addressesByName.get(to)?.[path];
    if (address) socketFor(to, path)?.send(channel.seal(to, path, body), address);
  };

  const refuse = (opened: Opened & { kind: 'refused' }, from: SocketAddress): void => {
    const count = (refused[opened.code] ?? 0) + 1;
    refused[opened.code] = count;
    // A new session is everyday business after a restart, and so are copies that others hand on; the rest an operator should know of.
    if (opened.code === 'new-session' || opened.code === 'repeated') return;
    const nowMs = ports.clock.nowMs();
    late.set(opened.code, {
      code: opened.code,
      detail: opened.detail,
      from: `${from.address}:${from.port}`,
      atMs: nowMs,
    });
    if (nowMs - (toldMs.get(opened.code) ?? Number.NEGATIVE_INFINITY) < refusalQuietMs) return;
    toldMs.set(opened.code, nowMs);
    const { code, detail } = opened;
    onEvent({ kind: 'refused', code, detail, from: `${from.address}:${from.port}`, count });
  };

  /** Over every path that is known to work, or the first ones, to a node of the cluster; the bytes are sealed for `to`. */
  const passTo = (helper: string, bytes: Uint8Array): void => {
    addressesByName.get(helper)?.forEach((address, path) => {
      sockets[path]?.send(bytes, address);
    });
  };

  /** What did not reach the peer directly goes through another node, if one is near. */
  const sendRelayed = (to: string, body: Body, stamp: (path: number) => Body): void => {
    if (to === witnessName) return;
    const help = relay.helpFor(to, ports.clock.nowMs());
    if (!help) return;
    const { helper, path } = help;
    passTo(helper, channel.seal(to, path, body.type === 'heartbeat' ? stamp(path) : body));
  };

  const receive = (bytes: Uint8Array, from: SocketAddress): void => {
    const nowMs = ports.clock.nowMs();
    const opened = channel.open(bytes, nowMs);
    const sender = nameByAddress.get(`${from.address}:${from.port}`);
    if (opened.kind === 'message') {
      if (sender === opened.from) relay.heardDirectly(opened.from, nowMs);
      else if (sender !== undefined) relay.heardThrough(opened.from, sender, opened.path, nowMs);
      onMessage(opened);
      return;
    }
    if (opened.relay && opened.relay.from === sender) {
      passTo(opened.relay.to, bytes);
      return;
    }
    refuse(opened, from);
    if (opened.helloTo === undefined) return;
    const count = addressesByName.get(opened.helloTo)?.length ?? 0;
    for (let path = 0; path < count; path++) sendOne(opened.helloTo, path, { type: 'hello' });
    const hello = { type: 'hello' } as const;
    sendRelayed(opened.helloTo, hello, () => hello);
  };

  return {
    refused,
    lateRefusals: () =>
      [...late.values()]
        .filter(({ atMs }) => atMs > ports.clock.nowMs() - lateMs)
        .map(({ code, detail, from }) => ({ code, detail, from })),
    async open() {
      for (const local of self.heartbeat) {
        const socket = await ports.datagrams(local);
        socket.onDatagram(receive);
        sockets.push(socket);
      }
      if (witness.length === 0) return;
      witnessSocket = await ports.datagrams(undefined);
      witnessSocket.onDatagram(receive);
    },
    send(to, path, body, stamp) {
      const count = addressesByName.get(to)?.length ?? 0;
      for (let index = 0; index < count; index++) {
        // What came through others is answered on every path: by now it may reach its author.
        if (path === undefined || path >= count || path === index) {
          sendOne(to, index, body.type === 'heartbeat' ? stamp(index) : body);
        }
      }
      sendRelayed(to, body, stamp);
    },
    close() {
      for (const socket of sockets) socket.close();
      witnessSocket?.close();
    },
  };
};
