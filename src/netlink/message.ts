/** Netlink message headers, walking a received buffer, and what the kernel's acknowledgements and errors mean. */

import { type ErrorCode, RelevoError } from '../errors.js';
import { align4, type ByteWriter, eachAttribute, readString, readU32, viewOf } from './attributes.js';

/** linux/netlink.h */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
export const NLM_F_ECHO = 0x8;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

export const headerBytes = 16;

/** Opens a message; give the result to `endMessage`. */
export const beginMessage = (writer: ByteWriter, type: number, flags: number, sequence: number): number => {
  const start = writer.length;
  writer.u32(0);
  writer.u16(type);
  writer.u16(flags);
  writer.u32(sequence);
  writer.u32(0);
  return start;
};

export const endMessage = (writer: ByteWriter, start: number): void => {
  writer.setU32(start, writer.length - start);
  writer.pad();
};

/** struct nfgenmsg of linux/netfilter/nfnetlink.h. */
export const writeNfgen = (writer: ByteWriter, family: number, resource = 0): void => {
  writer.u8(family);
  writer.u8(0);
  writer.u16Be(resource);
};

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Netlink port of whoever caused it (0: the kernel itself). */
  readonly port: number;
  /** Payload: from behind the header to the end of the message, in the buffer that was walked. */
  readonly from: number;
  readonly to: number;
}

/** Calls `visit` for each message of a received buffer. Throws `bad-frame` on a length that lies. */
export const eachMessage = (view: DataView, visit: (message: Message) => void): void => {
  let at = 0;
  while (at + headerBytes <= view.byteLength) {
    const length = view.getUint32(at, true);
    if (length < headerBytes || at + length > view.byteLength) {
      throw new RelevoError('bad-frame', `netlink message of ${length} bytes at ${at} of ${view.byteLength}`);
    }
    visit({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      port: view.getUint32(at + 12, true),
      from: at + headerBytes,
      to: at + length,
    });
    at += align4(length);
  }
};

/** An answer to the message with this sequence number; errno 0 is success. */
export interface Ack {
  readonly sequence: number;
  readonly errno: number;
  /** The kernel's own words and the place it means, with NETLINK_EXT_ACK. */
  readonly text?: string;
  /** Offset from the start of the offending message. */
  readonly offset?: number;
}

const NLMSGERR_ATTR_MSG = 1;
const NLMSGERR_ATTR_OFFS = 2;

/** Reads an NLMSG_ERROR message. Undefined when it is too short to be one. */
export const readAck = (view: DataView, message: Message): Ack | undefined => {
  if (message.to - message.from < 4 + headerBytes) return undefined;
  const errno = -view.getInt32(message.from, true);
  const sequence = view.getUint32(message.from + 4 + 8, true);
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return { sequence, errno };
  const echoed = message.flags & NLM_F_CAPPED ? headerBytes : view.getUint32(message.from + 4, true);
  if (echoed > message.to - message.from) return { sequence, errno };
  const from = message.from + 4 + align4(echoed);
  let text: string | undefined;
  let offset: number | undefined;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  eachAttribute(view, from, message.to, (type, start, end) => {
    if (type === NLMSGERR_ATTR_MSG) text = readString(bytes, start, end);
    if (type === NLMSGERR_ATTR_OFFS) offset = readU32(view, start, end);
  });
  return { sequence, errno, ...(text !== undefined && { text }), ...(offset !== undefined && { offset }) };
};

interface ErrnoMeaning {
  readonly name: string;
  readonly code: ErrorCode;
  readonly remedy?: string;
}

const meaningByErrno: Readonly<Record<number, ErrnoMeaning>> = {
  1: {
    name: 'EPERM',
    code: 'not-permitted',
    remedy: 'it is owned by another socket, or the process lacks CAP_NET_ADMIN',
  },
  2: { name: 'ENOENT', code: 'kernel-missing' },
  6: { name: 'ENXIO', code: 'kernel-missing' },
  11: { name: 'EAGAIN', code: 'kernel-busy' },
  12: { name: 'ENOMEM', code: 'kernel-full', remedy: 'the kernel is out of memory for it' },
  13: { name: 'EACCES', code: 'not-permitted', remedy: 'the process lacks CAP_NET_ADMIN' },
  16: { name: 'EBUSY', code: 'kernel-busy', remedy: 'it is still referenced' },
  17: { name: 'EEXIST', code: 'kernel-exists' },
  19: { name: 'ENODEV', code: 'kernel-missing', remedy: 'there is no such interface' },
  22: { name: 'EINVAL', code: 'kernel-refused' },
  23: { name: 'ENFILE', code: 'kernel-full', remedy: 'the set has reached its size' },
  28: { name: 'ENOSPC', code: 'kernel-full', remedy: 'the set has reached its size' },
  34: { name: 'ERANGE', code: 'kernel-refused' },
  85: { name: 'ERESTART', code: 'kernel-busy' },
  90: { name: 'EMSGSIZE', code: 'kernel-refused', remedy: 'the batch is larger than the socket can send' },
  93: { name: 'EPROTONOSUPPORT', code: 'unsupported', remedy: 'this kernel has no such netlink family' },
  95: { name: 'EOPNOTSUPP', code: 'unsupported', remedy: 'this kernel cannot do it' },
  99: { name: 'EADDRNOTAVAIL', code: 'kernel-missing' },
  105: { name: 'ENOBUFS', code: 'kernel-overrun' },
};

/** A kernel errno as a RelevoError: `what` says what was refused. */
export const errnoError = (
  errno: number,
  what: string,
  facts: Readonly<Record<string, string | number | boolean | undefined>> = {},
): RelevoError => {
  const meaning = meaningByErrno[errno] ?? { name: `errno ${errno}`, code: 'kernel-refused' as const };
  const remedy = meaning.remedy ? `: ${meaning.remedy}` : '';
  return new RelevoError(meaning.code, `${what} refused by the kernel with ${meaning.name}${remedy}`, {
    ...facts,
    errno,
  });
};

export { viewOf };
