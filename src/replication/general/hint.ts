/**
 * Reports of packets that are about to make a general entry: `log` rules behind the look-up that did not find one. A report says which
 * key to look up; what the entry is, the kernel's element says. So neither the connection's original tuple nor a backend is needed, and
 * every field that packets have will do.
 */

import { type EntryKind, type EntryShape, keyFromRegisters } from '../../model/general-shape.js';
import type { LoggedPacket } from '../../model/kernel-events.js';
import { hintPrefix } from '../../ruleset/features/hints.js';
import type { Directory, Listed } from './directory.js';

const kindsByPrefix: Readonly<Record<string, readonly EntryKind[]>> = {
  [hintPrefix.client]: ['sticky'],
  [hintPrefix.ban]: ['ban'],
  [hintPrefix.flow]: ['client', 'flow'],
};

const IPPROTO_FRAGMENT = 44;
/** Extension headers before the ports: hop-by-hop, routing, destination options. */
const extensions = new Set([0, 43, 60]);

interface Heads {
  readonly family: 4 | 6;
  readonly protocol: number;
  /** Where addresses and ports are in the payload. */
  readonly source: number;
  readonly destination: number;
  readonly ports: number;
}

const ipv4Heads = (bytes: Uint8Array): Heads | undefined => {
  const ports = (bytes[0]! & 0x0f) * 4;
  const fragment = ((bytes[6]! & 0x1f) << 8) | bytes[7]!;
  if (ports < 20 || fragment !== 0) return undefined;
  return { family: 4, protocol: bytes[9]!, source: 12, destination: 16, ports };
};

const ipv6Heads = (bytes: Uint8Array): Heads | undefined => {
  let protocol = bytes[6]!;
  let at = 40;
  while (extensions.has(protocol) || protocol === IPPROTO_FRAGMENT) {
    if (at + 8 > bytes.length) return undefined;
    if (protocol === IPPROTO_FRAGMENT && (bytes[at + 2]! !== 0 || (bytes[at + 3]! & 0xf8) !== 0))
      return undefined;
    const length = protocol === IPPROTO_FRAGMENT ? 8 : (bytes[at + 1]! + 1) * 8;
    protocol = bytes[at]!;
    at += length;
  }
  return { family: 6, protocol, source: 8, destination: 24, ports: at };
};

const headsOf = (bytes: Uint8Array): Heads | undefined => {
  const version = bytes[0]! >>> 4;
  const heads =
    version === 4 && bytes.length >= 20
      ? ipv4Heads(bytes)
      : version === 6 && bytes.length >= 40
        ? ipv6Heads(bytes)
        : undefined;
  return heads && heads.ports + 4 <= bytes.length ? heads : undefined;
};

const latin1 = (bytes: Uint8Array, from: number, length: number): string => {
  let text = '';
  for (let at = from; at < from + length; at++) text += String.fromCharCode(bytes[at]!);
  return text;
};

/** The shape's fields from the packet, as registers. Undefined: a MAC address is asked for and the report has none. */
const registers = (
  { fields, family }: EntryShape,
  { payload, hardware }: LoggedPacket,
  heads: Heads,
): Uint8Array | undefined => {
  const bytes: number[] = [];
  for (const field of fields) {
    if (field === 'srcmac' || field === 'dstmac') {
      if (!hardware || hardware.length < 12) return undefined;
      const from = field === 'dstmac' ? 0 : 6;
      bytes.push(...hardware.subarray(from, from + 6), 0, 0);
    } else if (field === 'srcip' || field === 'dstip') {
      const from = field === 'srcip' ? heads.source : heads.destination;
      bytes.push(...payload.subarray(from, from + (family === 4 ? 4 : 16)));
    } else {
      const from = heads.ports + (field === 'srcport' ? 0 : 2);
      bytes.push(payload[from]!, payload[from + 1]!, 0, 0);
    }
  }
  return Uint8Array.from(bytes);
};

export interface Hint {
  readonly owner: Listed;
  readonly key: string;
}

/** Keys to look up; none for a packet of no service that is replicated, or one that does not tell. */
export const readHints = (packet: LoggedPacket, directory: Directory): Hint[] => {
  const kinds = kindsByPrefix[packet.prefix];
  const heads = kinds && headsOf(packet.payload);
  if (!kinds || !heads) return [];
  const { payload } = packet;
  const address = latin1(payload, heads.destination, heads.family === 4 ? 4 : 16);
  const port = (payload[heads.ports + 2]! << 8) | payload[heads.ports + 3]!;
  const owner = directory.at(address, heads.protocol, port);
  if (!owner) return [];
  return owner.shapes.flatMap((shape): Hint[] => {
    if (shape.family !== heads.family || !kinds.includes(shape.kind)) return [];
    const values = registers(shape, packet, heads);
    const key = values && keyFromRegisters(shape, values, 0);
    return key === undefined ? [] : [{ owner, key }];
  });
};
