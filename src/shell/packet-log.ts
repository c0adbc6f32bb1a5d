/** One group of nfnetlink_log: packets that `log group N` rules report, with losses made visible. */

import { RelevoError } from '../errors.js';
import { eachMessage, errnoError, NLMSG_ERROR, readAck, viewOf } from '../netlink/message.js';
import {
  bindGroup,
  configureGroup,
  createPrefixCache,
  NFULNL_CFG_F_CONNTRACK,
  NFULNL_CFG_F_SEQ,
  NFULNL_MSG_PACKET,
  readLoggedPacket,
  setGroupThreshold,
} from '../netlink/nflog.js';
import { beforeNatPrefix, createOriginalFinder } from '../netlink/nflog-originals.js';
import type { LoggedPacket, PacketLog } from '../ports.js';
import { NETLINK_NETFILTER, openNetlinkSocket } from './netlink-socket.js';

export interface PacketLogOptions {
  readonly group: number;
  /** Bytes of each packet from its network header on; 128 hold the headers. */
  readonly copyRange?: number;
  /** Packets to gather before a message is sent; a rule's own `queue-threshold` can only lower it. */
  readonly threshold?: number;
  /** Longest wait for the threshold, in the kernel's steps of 10 ms. */
  readonly flushMs?: number;
  readonly receiveBufferBytes?: number;
  /** How to learn the original tuple: from the kernel where it can (`kernel`), else from reports before NAT. Default: try. */
  readonly originals?: 'kernel' | 'reports';
}

export interface OpenPacketLog extends PacketLog {
  /** Settles when the kernel has taken the configuration; rejects with `kernel-busy` when another program has the group. */
  readonly ready: Promise<void>;
  /** Once ready, true: the kernel cannot tell original destinations, so the ruleset must report newcomers before NAT too. */
  readonly needsBeforeNat: boolean;
}

/** A message and its padding fit the read buffer. */
const messageBytes = 16 * 1024;
const gatherBytes = 15 * 1024;
/** A lone report is read at once; those that follow closely are read together this often, and their entries share a frame. */
const gatherMs = 0.4;

interface Waiting {
  readonly what: string;
  readonly resolve: () => void;
  readonly reject: (error: RelevoError) => void;
}

export const createPacketLog = (options: PacketLogOptions): OpenPacketLog => {
  const { group } = options;
  const packetListeners = new Set<(packets: readonly LoggedPacket[]) => void>();
  const lossListeners = new Set<(detail: string) => void>();
  const waitingBySequence = new Map<number, Waiting>();
  const cache = createPrefixCache();
  const originals = createOriginalFinder();
  /** Reports come in pairs, before and behind NAT. */
  let pairs = options.originals === 'reports';
  let requests = 0;
  let expected: number | undefined;
  let closed = false;

  const tellLoss = (detail: string): void => {
    for (const listener of lossListeners) listener(detail);
  };

  const checkSequence = ({ sequence }: LoggedPacket): void => {
    if (sequence === undefined) return;
    if (expected !== undefined && sequence !== expected) {
      const missing = (sequence - expected) >>> 0;
      tellLoss(`${missing} packets of log group ${group} are missing before number ${sequence}`);
    }
    expected = (sequence + 1) >>> 0;
  };

  const onAck = (sequence: number, errno: number): void => {
    const waiting = waitingBySequence.get(sequence);
    if (!waiting) return;
    waitingBySequence.delete(sequence);
    if (errno === 0) waiting.resolve();
    else waiting.reject(errnoError(errno, waiting.what, { group }));
  };

  const socket = openNetlinkSocket(
    {
      protocol: NETLINK_NETFILTER,
      messageBytes,
      transient: true,
      gatherMs,
      receiveBytes: options.receiveBufferBytes ?? 16 * 1024 * 1024,
    },
    {
      message(bytes) {
        const view = viewOf(bytes);
        const packets: LoggedPacket[] = [];
        eachMessage(view, (message) => {
          if (message.type === NFULNL_MSG_PACKET) {
            const packet = readLoggedPacket(view, bytes, message.from, message.to, cache);
            checkSequence(packet);
            if (packet.prefix === beforeNatPrefix) originals.remember(packet);
            else packets.push(originals.complete(packet));
          } else if (message.type === NLMSG_ERROR) {
            const ack = readAck(view, message);
            if (ack) onAck(ack.sequence, ack.errno);
          }
        });
        if (packets.length > 0) for (const listener of packetListeners) listener(packets);
      },
      lost: (error) => tellLoss(error.message),
    },
  );

  const request = (what: string, build: (sequence: number) => Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new RelevoError('not-ready', `${what}: the packet log is closed`));
      const sequence = ++requests;
      waitingBySequence.set(sequence, { what, resolve, reject });
      socket.send(build(sequence), (error) => {
        waitingBySequence.delete(sequence);
        reject(error);
      });
    });

  const configure = async (): Promise<void> => {
    try {
      await request(`listening to log group ${group}`, (sequence) => bindGroup(sequence, group));
    } catch (thrown) {
      // EPERM is what nfulnl_recv_config says to a second listener.
      if (!(thrown instanceof RelevoError) || thrown.code !== 'not-permitted') throw thrown;
      throw new RelevoError('kernel-busy', `another program listens to it: ${thrown.message}`, thrown.facts);
    }
    const settings = {
      copyRange: options.copyRange ?? 128,
      bufferBytes: gatherBytes,
      flushHundredths: Math.max(1, Math.round((options.flushMs ?? 10) / 10)),
      threshold: options.threshold ?? 1,
    };
    const apply = (flags: number): Promise<void> =>
      request(`configuring log group ${group}`, (sequence) =>
        configureGroup(sequence, group, { ...settings, flags }),
      );
    if (options.originals === 'reports') return apply(NFULNL_CFG_F_SEQ);
    try {
      await apply(NFULNL_CFG_F_SEQ | NFULNL_CFG_F_CONNTRACK);
    } catch (thrown) {
      // CONFIG_NETFILTER_NETLINK_GLUE_CT is not set: the reports from before NAT tell the same.
      if (options.originals || !(thrown instanceof RelevoError) || thrown.code !== 'unsupported')
        throw thrown;
      pairs = true;
      await apply(NFULNL_CFG_F_SEQ);
    }
  };

  const ready = configure();
  // Whoever waits for `ready` hears of it; who does not must not be ended by it.
  ready.catch(() => {});

  return {
    ready,
    get needsBeforeNat() {
      return pairs;
    },
    get reportsPerPacket() {
      return pairs ? 2 : 1;
    },
    onPackets(listener) {
      packetListeners.add(listener);
      return () => packetListeners.delete(listener);
    },
    onLoss(listener) {
      lossListeners.add(listener);
      return () => lossListeners.delete(listener);
    },
    setThreshold: (packets) =>
      request(`setting the threshold of log group ${group}`, (sequence) =>
        setGroupThreshold(sequence, group, packets),
      ),
    close() {
      if (closed) return;
      closed = true;
      for (const waiting of waitingBySequence.values()) {
        waiting.reject(new RelevoError('not-ready', `${waiting.what}: the packet log was closed`));
      }
      waitingBySequence.clear();
      socket.close();
    },
  };
};
