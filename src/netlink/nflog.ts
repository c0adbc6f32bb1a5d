/** nfnetlink_log messages (linux/netfilter/nfnetlink_log.h): configuring a group, and decoding reports in one pass. */

import type { LoggedPacket } from '../model/kernel-events.js';
import { ByteWriter, eachAttribute, readString } from './attributes.js';
import { beginMessage, endMessage, NLM_F_ACK, NLM_F_REQUEST, writeNfgen } from './message.js';

const NFNL_SUBSYS_ULOG = 4;
export const NFULNL_MSG_PACKET = (NFNL_SUBSYS_ULOG << 8) | 0;
const NFULNL_MSG_CONFIG = (NFNL_SUBSYS_ULOG << 8) | 1;
const NFULNL_COPY_PACKET = 2;
export const NFULNL_CFG_F_SEQ = 1;

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
  /** A message is sent after so many hundredths of a second at the latest; 0: with the kernel's next tick. */
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

export const setGroupThreshold = (
  sequence: number,
  group: number,
  { threshold, bufferBytes }: Pick<GroupSettings, 'threshold' | 'bufferBytes'>,
): Uint8Array =>
  config(sequence, group, (writer) => {
    writer.attributeU32Be(3, bufferBytes);
    writer.attributeU32Be(5, threshold);
  });

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

const NFULA_MARK = 2;
const NFULA_PAYLOAD = 9;
const NFULA_PREFIX = 10;
const NFULA_SEQ = 12;
const NFULA_HWHEADER = 16;
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
  let mark: number | undefined;
  let hardware: Uint8Array | undefined;
  eachAttribute(view, from + 4, to, (type, start, end) => {
    if (type === NFULA_PAYLOAD) payload = bytes.subarray(start, end);
    else if (type === NFULA_PREFIX) prefix = readPrefix(cache, bytes, start, end);
    else if (type === NFULA_SEQ && end - start >= 4) sequence = view.getUint32(start, false);
    else if (type === NFULA_HWHEADER) hardware = bytes.subarray(start, end);
    else if (type === NFULA_MARK && end - start >= 4) mark = view.getUint32(start, false);
  });
  return { payload, prefix, sequence, hardware, mark };
};
