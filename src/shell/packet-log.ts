/** One group of nfnetlink_log: packets that `log group N` rules report, with losses made visible. */

import { RelevoError } from '../errors.js';
import { eachMessage, errnoError, NLMSG_ERROR, readAck, viewOf } from '../netlink/message.js';
import {
  bindGroup,
  configureGroup,
  createPrefixCache,
  NFULNL_CFG_F_SEQ,
  NFULNL_MSG_PACKET,
  readLoggedPacket,
  setGroupThreshold,
} from '../netlink/nflog.js';
import type { LoggedPacket, PacketLog } from '../ports.js';
import { NETLINK_NETFILTER, openNetlinkSocket } from './netlink-socket.js';

export interface PacketLogOptions {
  readonly group: number;
  /** Bytes of each packet from its network header on; 128 hold the headers. */
  readonly copyRange?: number;
  /** Packets to gather before a message is sent; a rule's own `queue-threshold` can only lower it. */
  readonly threshold?: number;
  /** Longest wait for the threshold, in steps of 10 ms. Default 0: until the kernel's next tick, 1 to 10 ms (CONFIG_HZ). */
  readonly flushMs?: number;
  readonly receiveBufferBytes?: number;
}

export interface OpenPacketLog extends PacketLog {
  /** Settles when the kernel has taken the configuration; rejects with `kernel-busy` when another program has the group. */
  readonly ready: Promise<void>;
}

/** A message and its padding fit the read buffer. */
const messageBytes = 16 * 1024;
const gatherBytes = 15 * 1024;
/** The kernel takes nothing smaller (NLMSG_GOODSIZE): a page, which costs it less to make than four. */
const smallestGatherBytes = 4096 - 320;
/** More than a report of two headers takes. */
const usualReportBytes = 200;

/** What a message of so many packets is made in. The kernel makes it anew for every message. */
const roomFor = (packets: number): number =>
  packets * usualReportBytes <= smallestGatherBytes ? smallestGatherBytes : gatherBytes;
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
            packets.push(packet);
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
    const { threshold = 1 } = options;
    const settings = {
      copyRange: options.copyRange ?? 128,
      bufferBytes: roomFor(threshold),
      flushHundredths: Math.round((options.flushMs ?? 0) / 10),
      threshold,
    };
    await request(`configuring log group ${group}`, (sequence) =>
      configureGroup(sequence, group, { ...settings, flags: NFULNL_CFG_F_SEQ }),
    );
  };

  const ready = configure();
  // Whoever waits for `ready` hears of it; who does not must not be ended by it.
  ready.catch(() => {});

  return {
    ready,
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
        setGroupThreshold(sequence, group, { threshold: packets, bufferBytes: roomFor(packets) }),
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
