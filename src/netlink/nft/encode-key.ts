/** Keys as expressions: loads fields into registers and adds the dependencies nft would add (and hides in print). */

import { RelevoError } from '../../errors.js';
import type { ByteWriter } from '../attributes.js';
import type { Family, Field, Key } from './ast.js';
import * as expr from './expressions.js';
import { fieldShape, type Layer3, metaKey, wordsOf } from './fields.js';

/** What earlier statements of the rule have established about the packet. */
export interface Known {
  readonly family: Family;
  layer3?: Layer3;
  layer4?: number;
  ethernet?: boolean;
  /** Maps of the rule's table that this kernel does not look up as sets. */
  readonly valued?: ReadonlySet<string>;
}

const ARPHRD_ETHER = Uint8Array.of(1, 0);
const nfprotoByLayer3: Readonly<Record<Layer3, number>> = { ip: 2, ip6: 10, arp: 3 };
const etherTypeByLayer3: Readonly<Record<Layer3, Uint8Array>> = {
  ip: Uint8Array.of(0x08, 0x00),
  ip6: Uint8Array.of(0x86, 0xdd),
  arp: Uint8Array.of(0x08, 0x06),
};

const requireLayer3 = (writer: ByteWriter, known: Known, layer3: Layer3): void => {
  if (known.family === layer3 || known.layer3 === layer3) return;
  if (known.family === 'inet' && layer3 !== 'arp') {
    expr.metaLoad(writer, 0, metaKey.nfproto);
    expr.compare(writer, 0, '==', Uint8Array.of(nfprotoByLayer3[layer3]));
  } else if (known.family === 'netdev') {
    expr.metaLoad(writer, 0, metaKey.protocol);
    expr.compare(writer, 0, '==', etherTypeByLayer3[layer3]);
  } else {
    throw new RelevoError('internal', `a rule of family ${known.family} cannot read ${layer3} headers`);
  }
  known.layer3 = layer3;
};

export const requireLayer4 = (writer: ByteWriter, known: Known, protocol: number): void => {
  if (known.layer4 === protocol) return;
  expr.metaLoad(writer, 0, metaKey.l4proto);
  expr.compare(writer, 0, '==', Uint8Array.of(protocol));
  known.layer4 = protocol;
};

export const requireField = (writer: ByteWriter, known: Known, field: Field): void => {
  const shape = fieldShape[field];
  if (shape.layer3) requireLayer3(writer, known, shape.layer3);
  if (shape.layer4 !== undefined) requireLayer4(writer, known, shape.layer4);
  if (shape.ethernet && !known.ethernet) {
    expr.metaLoad(writer, 0, metaKey.iiftype);
    expr.compare(writer, 0, '==', ARPHRD_ETHER);
    known.ethernet = true;
  }
};

/** What a key presupposes, as comparisons by way of register 0. */
export const requireKey = (writer: ByteWriter, known: Known, key: Key): void => {
  for (const part of key) {
    if ('field' in part) requireField(writer, known, part.field);
    else if (part.kind !== 'numgen') for (const field of part.fields) requireField(writer, known, field);
  }
};

export const loadField = (writer: ByteWriter, field: Field, word: number): number => {
  const { load, bytes } = fieldShape[field];
  if (load.kind === 'payload') expr.payloadLoad(writer, word, load.base, load.offset, bytes);
  else if (load.kind === 'meta') expr.metaLoad(writer, word, load.key);
  else expr.ctLoad(writer, word, load.key, load.direction);
  return wordsOf(bytes);
};

const keyWords = (key: Key): number =>
  key.reduce((words, part) => words + ('field' in part ? wordsOf(fieldShape[part.field].bytes) : 1), 0);

/** What a comparison that holds says about the packet: later statements need not ask again. */
export const learn = (known: Known, field: Field, bytes: Uint8Array): void => {
  const [first] = bytes;
  if (first === undefined) return;
  if (field === 'meta l4proto' || field === 'ip protocol' || field === 'ip6 nexthdr') known.layer4 = first;
  const layer3 = (Object.keys(nfprotoByLayer3) as Layer3[]).find((one) =>
    field === 'meta nfproto'
      ? nfprotoByLayer3[one] === first
      : field === 'meta protocol' && etherTypeByLayer3[one].every((byte, index) => byte === bytes[index]),
  );
  if (layer3) known.layer3 = layer3;
};

/** The first `length` bits set. */
export const prefixMask = (bytes: number, length: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, index) => 0xff00 >> Math.min(8, Math.max(0, length - index * 8)));

const inHostOrder: ReadonlySet<Field> = new Set<Field>(['meta mark', 'meta priority', 'ct mark']);

/** Of a field's upper bits, in the field's own byte order. */
export const fieldMask = (field: Field, length: number): Uint8Array => {
  const mask = prefixMask(fieldShape[field].bytes, length);
  return inHostOrder.has(field) ? mask.reverse() : mask;
};

const loadMasked = (writer: ByteWriter, field: Field, prefixLength: number, word: number): number => {
  const { bytes } = fieldShape[field];
  const words = loadField(writer, field, word);
  expr.bitwise(writer, word, fieldMask(field, prefixLength), new Uint8Array(bytes));
  return words;
};

/** Hash inputs go to the registers behind the key. */
const loadParts = (writer: ByteWriter, key: Key, word: number): number => {
  const total = keyWords(key);
  let at = word;
  for (const part of key) {
    if (part.kind === 'field') at += loadField(writer, part.field, at);
    else if (part.kind === 'masked') at += loadMasked(writer, part.field, part.prefixLength, at);
    else if (part.kind === 'numgen') expr.numgen(writer, at++, part.mode, part.modulus);
    else if (part.kind === 'symhash') expr.symhash(writer, at++, part.modulus);
    else {
      const source = word + total;
      let scratch = source;
      for (const field of part.fields) scratch += loadField(writer, field, scratch);
      if (scratch > expr.registerWords) throw new RelevoError('internal', 'a key does not fit the registers');
      expr.jhash(writer, at++, { word: source, length: (scratch - source) * 4 }, part.modulus, part.seed);
    }
  }
  if (at > expr.registerWords) throw new RelevoError('internal', 'a key does not fit the registers');
  return total;
};

/** Loads a key from register `word` on, with what it presupposes of the packet. Returns the words it takes. */
export const loadKey = (writer: ByteWriter, known: Known, key: Key, word = 0): number => {
  requireKey(writer, known, key);
  return loadParts(writer, key, word);
};
