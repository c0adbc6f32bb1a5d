/** Expressions that move values, one function each, as netlink attributes: load, compute, compare, store. Registers are numbered in 32-bit words. */

import type { ByteWriter } from '../attributes.js';
import type { Verdict } from './ast.js';
import { verdictCode } from './numbers.js';

/** NFT_REG32_00: the first of sixteen 32-bit registers. */
const NFT_REG32_00 = 8;
export const registerWords = 16;
export const register = (word: number): number => NFT_REG32_00 + word;
const NFT_REG_VERDICT = 0;

const NFTA_LIST_ELEM = 1;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;

/** As an element of a list, or as attribute `type` where one expression stands alone. */
export const expression = (
  writer: ByteWriter,
  name: string,
  body: () => void,
  type: number = NFTA_LIST_ELEM,
): void => {
  const element = writer.begin(type);
  writer.attributeString(NFTA_EXPR_NAME, name);
  const data = writer.begin(NFTA_EXPR_DATA);
  body();
  writer.end(data);
  writer.end(element);
};

const value = (writer: ByteWriter, type: number, bytes: Uint8Array): void => {
  const nested = writer.begin(type);
  writer.attributeBytes(NFTA_DATA_VALUE, bytes);
  writer.end(nested);
};

/** A verdict as attribute `type`: of an immediate expression or of a map element. */
export const writeVerdict = (writer: ByteWriter, type: number, verdict: Verdict): void => {
  const data = writer.begin(type);
  const nested = writer.begin(NFTA_DATA_VERDICT);
  writer.attributeU32Be(1, verdictCode[verdict.kind]);
  if ('chain' in verdict) writer.attributeString(2, verdict.chain);
  writer.end(nested);
  writer.end(data);
};

export const payloadLoad = (
  writer: ByteWriter,
  word: number,
  base: number,
  offset: number,
  length: number,
): void =>
  expression(writer, 'payload', () => {
    writer.attributeU32Be(1, register(word));
    writer.attributeU32Be(2, base);
    writer.attributeU32Be(3, offset);
    writer.attributeU32Be(4, length);
  });

export const metaLoad = (writer: ByteWriter, word: number, key: number): void =>
  expression(writer, 'meta', () => {
    writer.attributeU32Be(2, key);
    writer.attributeU32Be(1, register(word));
  });

export const ctLoad = (writer: ByteWriter, word: number, key: number, direction: 0 | 1 | undefined): void =>
  expression(writer, 'ct', () => {
    writer.attributeU32Be(2, key);
    writer.attributeU32Be(1, register(word));
    if (direction !== undefined) writer.attributeU8(3, direction);
  });

/** NFT_CMP_* */
const comparison = { '==': 0, '!=': 1, '<': 2 } as const;

export const compare = (
  writer: ByteWriter,
  word: number,
  op: keyof typeof comparison,
  bytes: Uint8Array,
): void =>
  expression(writer, 'cmp', () => {
    writer.attributeU32Be(1, register(word));
    writer.attributeU32Be(2, comparison[op]);
    value(writer, 3, bytes);
  });

/** Four bytes (NFT_BYTEORDER_HTON). */
export const toNetworkOrder = (writer: ByteWriter, word: number): void =>
  expression(writer, 'byteorder', () => {
    writer.attributeU32Be(1, register(word));
    writer.attributeU32Be(2, register(word));
    writer.attributeU32Be(3, 1);
    writer.attributeU32Be(4, 4);
    writer.attributeU32Be(5, 4);
  });

/** `register = register & mask ^ flip`, over as many bytes as the mask has. */
export const bitwise = (writer: ByteWriter, word: number, mask: Uint8Array, flip: Uint8Array): void =>
  expression(writer, 'bitwise', () => {
    writer.attributeU32Be(1, register(word));
    writer.attributeU32Be(2, register(word));
    writer.attributeU32Be(3, mask.length);
    value(writer, 4, mask);
    value(writer, 5, flip);
  });

export const immediate = (writer: ByteWriter, word: number, bytes: Uint8Array): void =>
  expression(writer, 'immediate', () => {
    writer.attributeU32Be(1, register(word));
    value(writer, 2, bytes);
  });

/** NFT_FIB_RESULT_ADDRTYPE of the source (`flags` 1) or destination (2). */
export const fibAddressType = (writer: ByteWriter, word: number, flags: number): void =>
  expression(writer, 'fib', () => {
    writer.attributeU32Be(1, register(word));
    writer.attributeU32Be(2, 3);
    writer.attributeU32Be(3, flags);
  });

export const numgen = (writer: ByteWriter, word: number, mode: 'inc' | 'random', modulus: number): void =>
  expression(writer, 'numgen', () => {
    writer.attributeU32Be(1, register(word));
    writer.attributeU32Be(2, modulus);
    writer.attributeU32Be(3, mode === 'inc' ? 0 : 1);
    writer.attributeU32Be(4, 0);
  });

export const jhash = (
  writer: ByteWriter,
  word: number,
  source: { readonly word: number; readonly length: number },
  modulus: number,
  seed: number,
): void =>
  expression(writer, 'hash', () => {
    writer.attributeU32Be(1, register(source.word));
    writer.attributeU32Be(2, register(word));
    writer.attributeU32Be(3, source.length);
    writer.attributeU32Be(4, modulus);
    writer.attributeU32Be(5, seed);
    writer.attributeU32Be(7, 0);
  });

export const symhash = (writer: ByteWriter, word: number, modulus: number): void =>
  expression(writer, 'hash', () => {
    writer.attributeU32Be(2, register(word));
    writer.attributeU32Be(4, modulus);
    writer.attributeU32Be(7, 1);
  });

/** `destination`: undefined for a set, a word for a map, `verdict` for a verdict map. */
export const lookup = (
  writer: ByteWriter,
  set: string,
  word: number,
  destination: number | 'verdict' | undefined,
  invert: boolean,
): void =>
  expression(writer, 'lookup', () => {
    writer.attributeString(1, set);
    writer.attributeU32Be(2, register(word));
    if (destination !== undefined) {
      writer.attributeU32Be(3, destination === 'verdict' ? NFT_REG_VERDICT : register(destination));
    }
    if (invert) writer.attributeU32Be(5, 1);
  });

export const nat = (
  writer: ByteWriter,
  type: 'dnat' | 'snat',
  protocolFamily: number,
  addressWord: number,
  portWord: number | undefined,
): void =>
  expression(writer, 'nat', () => {
    writer.attributeU32Be(1, type === 'snat' ? 0 : 1);
    writer.attributeU32Be(2, protocolFamily);
    writer.attributeU32Be(3, register(addressWord));
    if (portWord !== undefined) writer.attributeU32Be(5, register(portWord));
  });

export const immediateVerdict = (writer: ByteWriter, verdict: Verdict): void =>
  expression(writer, 'immediate', () => {
    writer.attributeU32Be(1, NFT_REG_VERDICT);
    writeVerdict(writer, 2, verdict);
  });

export const metaStore = (writer: ByteWriter, word: number, key: number): void =>
  expression(writer, 'meta', () => {
    writer.attributeU32Be(2, key);
    writer.attributeU32Be(3, register(word));
  });

export const ctStore = (writer: ByteWriter, word: number, key: number): void =>
  expression(writer, 'ct', () => {
    writer.attributeU32Be(2, key);
    writer.attributeU32Be(4, register(word));
  });

/** The checksum over what is written, in the same header, and whether one with a pseudo-header covers it (the kernel finds that by itself). */
export interface Checksum {
  readonly kind?: 'inet' | 'sctp';
  readonly offset?: number;
  readonly pseudoHeader?: true;
}

/** enum nft_payload_csum_types */
const checksumKind = { none: 0, inet: 1, sctp: 2 } as const;

export const payloadStore = (
  writer: ByteWriter,
  word: number,
  place: { readonly base: number; readonly offset: number; readonly length: number },
  checksum: Checksum,
): void =>
  expression(writer, 'payload', () => {
    writer.attributeU32Be(5, register(word));
    writer.attributeU32Be(2, place.base);
    writer.attributeU32Be(3, place.offset);
    writer.attributeU32Be(4, place.length);
    writer.attributeU32Be(6, checksumKind[checksum.kind ?? 'none']);
    writer.attributeU32Be(7, checksum.offset ?? 0);
    if (checksum.pseudoHeader) writer.attributeU32Be(8, 1);
  });
