/** Rules as netlink bytes: loads the parts of a key into registers and adds the dependencies nft would add (and hides in print). */

import { RelevoError } from '../../errors.js';
import type { ByteWriter } from '../attributes.js';
import type { Family, Field, Key, RuleSpec, Statement } from './ast.js';
import * as expr from './expressions.js';
import { fieldShape, IPPROTO_TCP, type Layer3, typeShape, wordsOf } from './fields.js';
import { ctStateBit, familyNumber, IPS_DST_NAT } from './numbers.js';

/** What earlier statements of the rule have established about the packet. */
interface Known {
  readonly family: Family;
  layer3?: Layer3;
  layer4?: number;
  ethernet?: boolean;
}

const META_PROTOCOL = 1;
const META_PRIORITY = 2;
const META_IIFTYPE = 8;
const META_NFPROTO = 15;
const META_L4PROTO = 16;
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
    expr.metaLoad(writer, 0, META_NFPROTO);
    expr.compare(writer, 0, '==', Uint8Array.of(nfprotoByLayer3[layer3]));
  } else if (known.family === 'netdev') {
    expr.metaLoad(writer, 0, META_PROTOCOL);
    expr.compare(writer, 0, '==', etherTypeByLayer3[layer3]);
  } else {
    throw new RelevoError('internal', `a rule of family ${known.family} cannot read ${layer3} headers`);
  }
  known.layer3 = layer3;
};

const requireLayer4 = (writer: ByteWriter, known: Known, protocol: number): void => {
  if (known.layer4 === protocol) return;
  expr.metaLoad(writer, 0, META_L4PROTO);
  expr.compare(writer, 0, '==', Uint8Array.of(protocol));
  known.layer4 = protocol;
};

const requireField = (writer: ByteWriter, known: Known, field: Field): void => {
  const shape = fieldShape[field];
  if (shape.layer3) requireLayer3(writer, known, shape.layer3);
  if (shape.layer4 !== undefined) requireLayer4(writer, known, shape.layer4);
  if (shape.ethernet && !known.ethernet) {
    expr.metaLoad(writer, 0, META_IIFTYPE);
    expr.compare(writer, 0, '==', ARPHRD_ETHER);
    known.ethernet = true;
  }
};

const requireKey = (writer: ByteWriter, known: Known, key: Key): void => {
  for (const part of key) {
    if (part.kind === 'field') requireField(writer, known, part.field);
    else if (part.kind !== 'numgen') for (const field of part.fields) requireField(writer, known, field);
  }
};

const loadField = (writer: ByteWriter, field: Field, word: number): number => {
  const { load, bytes } = fieldShape[field];
  if (load.kind === 'payload') expr.payloadLoad(writer, word, load.base, load.offset, bytes);
  else if (load.kind === 'meta') expr.metaLoad(writer, word, load.key);
  else expr.ctLoad(writer, word, load.key, load.direction);
  return wordsOf(bytes);
};

const keyWords = (key: Key): number =>
  key.reduce((words, part) => words + (part.kind === 'field' ? wordsOf(fieldShape[part.field].bytes) : 1), 0);

/** Loads a key from register `word` on; hash inputs go to the registers behind it. Returns the words it takes. */
const loadKey = (writer: ByteWriter, key: Key, word: number): number => {
  const total = keyWords(key);
  let at = word;
  for (const part of key) {
    if (part.kind === 'field') at += loadField(writer, part.field, at);
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

const u32Host = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);

/** `load & bits != 0`, as nft writes `ct state a,b`. */
const testCtBits = (writer: ByteWriter, ctKey: number, bits: number): void => {
  expr.ctLoad(writer, 0, ctKey, undefined);
  expr.mask(writer, 0, u32Host(bits));
  expr.compare(writer, 0, '!=', new Uint8Array(4));
};

const writeStatement = (writer: ByteWriter, known: Known, statement: Statement): void => {
  switch (statement.kind) {
    case 'compare': {
      const { field, op, value } = statement;
      requireField(writer, known, field);
      loadField(writer, field, 0);
      expr.compare(writer, 0, op, value.bytes.subarray(0, fieldShape[field].bytes));
      if (field === 'meta l4proto' && op === '==' && value.bytes[0] !== undefined)
        known.layer4 = value.bytes[0];
      return;
    }
    case 'lookup':
      requireKey(writer, known, statement.key);
      loadKey(writer, statement.key, 0);
      expr.lookup(writer, statement.set, 0, undefined, statement.invert === true);
      return;
    case 'vmap':
      requireKey(writer, known, statement.key);
      loadKey(writer, statement.key, 0);
      expr.lookup(writer, statement.map, 0, 'verdict', false);
      return;
    case 'nat': {
      requireKey(writer, known, statement.key);
      loadKey(writer, statement.key, 0);
      expr.lookup(writer, statement.map, 0, 0, false);
      const [address, port] = statement.dataTypes;
      if (!address) throw new RelevoError('internal', `${statement.type} without a data type`);
      const natFamily = address === 'ipv6_addr' ? familyNumber.ip6 : familyNumber.ip;
      const portWord = port ? wordsOf(typeShape[address].bytes) : undefined;
      expr.nat(writer, statement.type, natFamily, 0, portWord);
      return;
    }
    case 'masquerade':
      expr.plain(writer, 'masq');
      return;
    case 'notrack':
      expr.plain(writer, 'notrack');
      return;
    case 'ct-state':
      testCtBits(
        writer,
        0,
        statement.states.reduce((bits, state) => bits | ctStateBit[state], 0),
      );
      return;
    case 'ct-direction':
      expr.ctLoad(writer, 0, 1, undefined);
      expr.compare(writer, 0, '==', Uint8Array.of(statement.direction === 'original' ? 0 : 1));
      return;
    case 'ct-status-dnat':
      testCtBits(writer, 2, IPS_DST_NAT);
      return;
    case 'log':
      expr.log(writer, statement);
      return;
    case 'dynset': {
      requireKey(writer, known, statement.key);
      if (statement.data) requireKey(writer, known, statement.data);
      const dataWord = loadKey(writer, statement.key, 0);
      if (statement.data) loadKey(writer, statement.data, dataWord);
      expr.dynset(
        writer,
        statement.set,
        statement.op,
        0,
        statement.data ? dataWord : undefined,
        statement.timeoutMs,
      );
      return;
    }
    case 'counter':
      expr.counter(writer);
      return;
    case 'set-priority':
      requireKey(writer, known, statement.key);
      loadKey(writer, statement.key, 0);
      expr.lookup(writer, statement.map, 0, 0, false);
      expr.metaStore(writer, 0, META_PRIORITY);
      return;
    case 'reject-port-unreachable':
      expr.rejectPortUnreachable(writer);
      return;
    case 'reject-tcp-reset':
      requireLayer4(writer, known, IPPROTO_TCP);
      expr.rejectTcpReset(writer);
      return;
    case 'verdict':
      expr.immediateVerdict(writer, statement.verdict);
      return;
  }
};

const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_RULE_USERDATA = 7;
/** libnftnl's user data: type 0 is the comment, its length in one byte, terminating zero included. */
export const commentUserdata = (type: number, comment: string): Uint8Array => {
  const text = new TextEncoder().encode(comment).subarray(0, 127);
  const bytes = new Uint8Array(text.length + 3);
  bytes[0] = type;
  bytes[1] = text.length + 1;
  bytes.set(text, 2);
  return bytes;
};

/** Attributes of NFT_MSG_NEWRULE from the expressions on. */
export const writeRule = (writer: ByteWriter, family: Family, rule: RuleSpec): void => {
  const known: Known = { family };
  const list = writer.begin(NFTA_RULE_EXPRESSIONS);
  for (const statement of rule.statements) writeStatement(writer, known, statement);
  writer.end(list);
  if (rule.comment !== undefined) {
    writer.attributeBytes(NFTA_RULE_USERDATA, commentUserdata(0, rule.comment));
  }
};
