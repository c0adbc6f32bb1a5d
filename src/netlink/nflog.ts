/** nfnetlink_log messages (linux/netfilter/nfnetlink_log.h): configuring a group, and decoding reports in one pass. */

import type { Ipv4 } from '../model/address.js';
import type { LoggedPacket } from '../model/kernel-events.js';
import { align4, ByteWriter, eachAttribute, NLA_TYPE_MASK, readString } from './attributes.js';
import { beginMessage, endMessage, NLM_F_ACK, NLM_F_REQUEST, writeNfgen } from './message.js';

const NFNL_SUBSYS_ULOG = 4;
export const NFULNL_MSG_PACKET = (NFNL_SUBSYS_ULOG << 8) | 0;
const NFULNL_MSG_CONFIG = (NFNL_SUBSYS_ULOG << 8) | 1;
const NFULNL_COPY_PACKET = 2;
export const NFULNL_CFG_F_SEQ = 1;
export const NFULNL_CFG_F_CONNTRACK = 4;

const config = (sequence: number, group: number, body: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter(64);
  const start = beginMessage(writer, NFULNL_MSG_CONFIG, NLM_F_REQUEST | NLM_F_ACK, sequence);
  writeNfgen(writer, 0, group);
  body(writer);
  endMessage(writer, start);
  return writer.finish();
};

/** NFULNL_CFG_CMD_BIND: the socket becomes the group's listener; a group has one. */
export const bindGroup = (sequence: number, group: number): Uint8Array =>
  config(sequence, group, (writer) => writer.attributeU8(1, 1));

export interface GroupSettings {
  /** Bytes of each packet, from its network header on. */
  readonly copyRange: number;
  /** Size of the message the kernel gathers packets in. */
  readonly bufferBytes: number;
  /** A message is sent after so many hundredths of a second at the latest. */
  readonly flushHundredths: number;
  /** … or when it holds so many packets. */
  readonly threshold: number;
  readonly flags: number;
}

export const configureGroup = (sequence: number, group: number, settings: GroupSettings): Uint8Array =>
  config(sequence, group, (writer) => {
    writer.u16(10);
    writer.u16(2);
    writer.u32Be(settings.copyRange);
    writer.u8(NFULNL_COPY_PACKET);
    writer.u8(0);
    writer.pad();
    writer.attributeU32Be(3, settings.bufferBytes);
    writer.attributeU32Be(4, settings.flushHundredths);
    writer.attributeU32Be(5, settings.threshold);
    writer.attributeU16Be(6, settings.flags);
  });

export const setGroupThreshold = (sequence: number, group: number, threshold: number): Uint8Array =>
  config(sequence, group, (writer) => writer.attributeU32Be(5, threshold));

type Original = NonNullable<LoggedPacket['original']>;

const ipv4At = (bytes: Uint8Array, at: number): Ipv4 =>
  `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}` as Ipv4;

/**
 * The original tuple inside NFULA_CT, walked by hand: CTA_TUPLE_ORIG (1) holds CTA_TUPLE_IP (1) and CTA_TUPLE_PROTO (2)
 * of linux/netfilter/nfnetlink_conntrack.h. Undefined for anything but a whole IPv4 tuple.
 */
const readOriginal = (view: DataView, bytes: Uint8Array, from: number, to: number): Original | undefined => {
  let source = -1;
  let destination = -1;
  let protocol = -1;
  let destinationPort = -1;
  // Depth-first over three levels: entering a nest means stepping over its header only.
  let at = from;
  let level = 0;
  let inside = 0;
  let end = to;
  while (at + 4 <= end) {
    const length = view.getUint16(at, true);
    const type = view.getUint16(at + 2, true) & NLA_TYPE_MASK;
    if (length < 4 || at + length > end) return undefined;
    if (level === 0) {
      if (type === 1) {
        end = at + length;
        at += 4;
        level = 1;
        continue;
      }
    } else if (length > 8 && (type === 1 || type === 2) && (view.getUint16(at + 2, true) & 0x8000) !== 0) {
      inside = type;
      at += 4;
      continue;
    } else if (inside === 1 && length === 8) {
      if (type === 1) source = at + 4;
      else if (type === 2) destination = at + 4;
    } else if (inside === 2) {
      if (type === 1 && length === 5) protocol = bytes[at + 4]!;
      else if (type === 3 && length === 6) destinationPort = view.getUint16(at + 4, false);
    }
    at += align4(length);
  }
  if (source < 0 || destination < 0 || protocol < 0 || destinationPort < 0) return undefined;
  return {
    source: ipv4At(bytes, source),
    destination: ipv4At(bytes, destination),
    protocol,
    destinationPort,
  };
};

/** Prefixes repeat: one string for all packets with the same bytes. */
export interface PrefixCache {
  bytes: Uint8Array;
  text: string;
}

export const createPrefixCache = (): PrefixCache => ({ bytes: new Uint8Array(0), text: '' });

const readPrefix = (cache: PrefixCache, bytes: Uint8Array, from: number, to: number): string => {
  const known = cache.bytes;
  let same = known.length === to - from;
  for (let index = 0; same && index < known.length; index++) same = known[index] === bytes[from + index];
  if (!same) {
    cache.bytes = bytes.slice(from, to);
    cache.text = readString(bytes, from, to);
  }
  return cache.text;
};

const NFULA_PAYLOAD = 9;
const NFULA_PREFIX = 10;
const NFULA_SEQ = 12;
const NFULA_HWHEADER = 16;
const NFULA_CT = 18;
const noPayload = new Uint8Array(0);

/** One NFULNL_MSG_PACKET, its payload range given (nfgenmsg included). `payload` shares memory with `bytes`. */
export const readLoggedPacket = (
  view: DataView,
  bytes: Uint8Array,
  from: number,
  to: number,
  cache: PrefixCache,
): LoggedPacket => {
  let payload: Uint8Array = noPayload;
  let prefix = '';
  let sequence: number | undefined;
  let original: Original | undefined;
  let hardware: Uint8Array | undefined;
  eachAttribute(view, from + 4, to, (type, start, end) => {
    if (type === NFULA_PAYLOAD) payload = bytes.subarray(start, end);
    else if (type === NFULA_PREFIX) prefix = readPrefix(cache, bytes, start, end);
    else if (type === NFULA_SEQ && end - start >= 4) sequence = view.getUint32(start, false);
    else if (type === NFULA_HWHEADER) hardware = bytes.subarray(start, end);
    else if (type === NFULA_CT) original = readOriginal(view, bytes, start, end);
  });
  if (original) return { payload, prefix, sequence, original };
  return hardware ? { payload, prefix, sequence, hardware } : { payload, prefix, sequence };
};
