/** Rules as netlink bytes: each statement as the expressions that nft itself would make of it. */

import { RelevoError } from '../../errors.js';
import type { ByteWriter } from '../attributes.js';
import type { Family, FromMap, RuleSpec, Statement, WritableField, Written } from './ast.js';
import {
  type Known,
  learn,
  loadField,
  loadKey,
  requireField,
  requireKey,
  requireLayer4,
} from './encode-key.js';
import * as expr from './expressions.js';
import * as effects from './expressions-effects.js';
import { fieldShape, IPPROTO_TCP, IPPROTO_UDP, metaKey, typeShape, wordsOf } from './fields.js';
import { addressTypeNumber, ctStateBit, ctStatusBit, familyNumber, tcpFlagBit } from './numbers.js';

const u32Host = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);

const u32Network = (value: number): Uint8Array => u32Host(value).reverse();

type Of<Kind extends Statement['kind']> = Extract<Statement, { readonly kind: Kind }>;

const bitsOf = <Name extends string>(names: readonly Name[], bits: Readonly<Record<Name, number>>): number =>
  names.reduce((sum, name) => sum | bits[name], 0);

/** NFT_CT_STATE, NFT_CT_DIRECTION, NFT_CT_STATUS, NFT_CT_EXPIRATION */
const ctState = 0;
const ctDirection = 1;
const ctStatus = 2;
const ctExpiration = 5;

/** `load & bits != 0`, as nft writes `ct state a,b`. */
const testCtBits = (writer: ByteWriter, ctKey: number, bits: number): void => {
  expr.ctLoad(writer, 0, ctKey, undefined);
  expr.bitwise(writer, 0, u32Host(bits), new Uint8Array(4));
  expr.compare(writer, 0, '!=', new Uint8Array(4));
};

/** The value of a map into register 0, or the verdict. */
const fromMap = (writer: ByteWriter, known: Known, { key, map }: FromMap, to: 0 | 'verdict' = 0): void => {
  loadKey(writer, known, key);
  expr.lookup(writer, map, 0, to, false);
};

const compareField = (writer: ByteWriter, known: Known, { field, op, value, mask }: Of<'compare'>): void => {
  requireField(writer, known, field);
  loadField(writer, field, 0);
  if (mask !== undefined) expr.bitwise(writer, 0, u32Host(mask), new Uint8Array(4));
  expr.compare(writer, 0, op, value.bytes.subarray(0, fieldShape[field].bytes));
  if (op === '==' && mask === undefined) learn(known, field, value.bytes);
};

const natFamily = (addressType: string | undefined): number =>
  addressType === 'ipv6_addr' ? familyNumber.ip6 : familyNumber.ip;

const natFromMap = (writer: ByteWriter, known: Known, statement: Of<'nat'>): void => {
  fromMap(writer, known, statement);
  const [address, port] = statement.dataTypes;
  if (!address) throw new RelevoError('internal', `${statement.type} without a data type`);
  const portWord = port ? wordsOf(typeShape[address].bytes) : undefined;
  expr.nat(writer, statement.type, natFamily(address), 0, portWord);
};

const natLiteral = (writer: ByteWriter, { type, address, port }: Of<'nat-literal'>): void => {
  expr.immediate(writer, 0, address.bytes);
  const portWord = port ? wordsOf(address.bytes.length) : undefined;
  if (port && portWord !== undefined) expr.immediate(writer, portWord, port.bytes);
  expr.nat(writer, type, natFamily(address.type), 0, portWord);
};

const IPPROTO_SCTP = 132;
/** Offsets of the checksum in the headers of IPv4, TCP, UDP and SCTP; the kernel finds that of a pseudo-header by itself. */
const transportChecksum: Readonly<Record<number, expr.Checksum>> = {
  [IPPROTO_TCP]: { kind: 'inet', offset: 16 },
  [IPPROTO_UDP]: { kind: 'inet', offset: 6 },
  [IPPROTO_SCTP]: { kind: 'sctp', offset: 8 },
};

const checksumOf = (field: WritableField, known: Known): expr.Checksum => {
  const { layer3, ethernet } = fieldShape[field];
  if (ethernet || field === 'udp checksum') return {};
  if (layer3 === 'ip') return { kind: 'inet', offset: 10, pseudoHeader: true };
  if (layer3 === 'ip6') return { pseudoHeader: true };
  const checksum = transportChecksum[known.layer4 ?? -1];
  if (checksum) return checksum;
  throw new RelevoError('internal', `${field} is written in a rule that does not say which protocol it is`);
};

/** Loads what is to be written into register 0. */
const loadWritten = (writer: ByteWriter, known: Known, written: Written): void => {
  if ('map' in written) fromMap(writer, known, written);
  else if ('value' in written) expr.immediate(writer, 0, written.value.bytes);
  else {
    loadKey(writer, known, [written.from]);
    const { keep = 0xffff_ffff, bits = 0 } = written;
    if (written.keep === undefined && written.bits === undefined) return;
    expr.bitwise(writer, 0, u32Host(keep & ~bits), u32Host(bits));
  }
};

const writeField = (writer: ByteWriter, known: Known, statement: Of<'write'>): void => {
  const { field } = statement;
  const { load, bytes } = fieldShape[field];
  requireField(writer, known, field);
  loadWritten(writer, known, statement);
  if (load.kind === 'meta') expr.metaStore(writer, 0, load.key);
  else if (load.kind === 'ct') expr.ctStore(writer, 0, load.key);
  else expr.payloadStore(writer, 0, { ...load, length: bytes }, checksumOf(field, known));
};

const tcpFlags = (writer: ByteWriter, known: Known, { of, are, invert }: Of<'tcp-flags'>): void => {
  requireLayer4(writer, known, IPPROTO_TCP);
  expr.payloadLoad(writer, 0, 2, 13, 1);
  expr.bitwise(writer, 0, Uint8Array.of(bitsOf(of, tcpFlagBit)), new Uint8Array(1));
  const any = are === 'any';
  const wanted = any ? 0 : bitsOf(are, tcpFlagBit);
  expr.compare(writer, 0, any === (invert === true) ? '==' : '!=', Uint8Array.of(wanted));
};

const writeDynset = (writer: ByteWriter, known: Known, statement: Of<'dynset'>): void => {
  // Before the key is in its registers.
  if (statement.data) requireKey(writer, known, statement.data);
  const dataWord = loadKey(writer, known, statement.key);
  if (statement.data) loadKey(writer, known, statement.data, dataWord);
  effects.dynset(writer, statement, 0, statement.data && dataWord);
};

/** Of the transport header (enum nft_payload_bases: 2). */
const sourcePort = { base: 2, offset: 0, length: 2 } as const;

/**
 * nfnetlink_log reports 32 bits besides the packet itself: its mark. All is loaded before anything is stored, and the header, whose
 * store may end the rule for want of memory, is stored first: no packet goes on with what was meant for the report.
 */
const writeLog = (writer: ByteWriter, known: Known, statement: Of<'log'>): void => {
  const { telling } = statement;
  if (!telling) {
    effects.log(writer, statement);
    return;
  }
  const setPort = (word: number): void => expr.payloadStore(writer, word, sourcePort, {});
  for (const field of [telling.mark, telling.sourcePort]) requireField(writer, known, field);
  loadField(writer, telling.mark, 0);
  loadField(writer, telling.sourcePort, 1);
  loadField(writer, 'meta mark', 2);
  loadField(writer, 'th sport', 3);
  setPort(1);
  expr.metaStore(writer, 0, metaKey.mark);
  effects.log(writer, statement);
  expr.metaStore(writer, 2, metaKey.mark);
  setPort(3);
};

const writeStatement = (writer: ByteWriter, known: Known, statement: Statement): void => {
  switch (statement.kind) {
    case 'counter':
    case 'limit':
    case 'ct-count':
      effects.stateful(writer, statement);
      return;
    case 'compare':
      compareField(writer, known, statement);
      return;
    case 'lookup':
      loadKey(writer, known, statement.key);
      // Before Linux 6.5 a map is looked up for its value only: it goes to the register of the key, which nobody reads again.
      expr.lookup(
        writer,
        statement.set,
        0,
        known.valued?.has(statement.set) ? 0 : undefined,
        statement.invert === true,
      );
      return;
    case 'vmap':
      fromMap(writer, known, statement, 'verdict');
      return;
    case 'nat':
      natFromMap(writer, known, statement);
      return;
    case 'nat-literal':
      natLiteral(writer, statement);
      return;
    case 'write':
      writeField(writer, known, statement);
      return;
    case 'fwd':
    case 'dup':
      if ('map' in statement) fromMap(writer, known, statement);
      else expr.immediate(writer, 0, u32Host(statement.device.index));
      effects.toDevice(writer, statement.kind, 0);
      return;
    case 'ct-state':
      testCtBits(writer, ctState, bitsOf(statement.states, ctStateBit));
      return;
    case 'ct-status':
      testCtBits(writer, ctStatus, bitsOf(statement.statuses, ctStatusBit));
      return;
    case 'ct-direction':
      expr.ctLoad(writer, 0, ctDirection, undefined);
      expr.compare(writer, 0, '==', Uint8Array.of(statement.direction === 'original' ? 0 : 1));
      return;
    case 'ct-expiration-below':
      // In milliseconds and host order: turned round to be compared.
      expr.ctLoad(writer, 0, ctExpiration, undefined);
      expr.toNetworkOrder(writer, 0);
      expr.compare(writer, 0, '<', u32Network(statement.ms));
      return;
    case 'tcp-flags':
      tcpFlags(writer, known, statement);
      return;
    case 'fib-type':
      expr.fibAddressType(writer, 0, statement.address === 'saddr' ? 1 : 2);
      expr.compare(writer, 0, statement.op, u32Host(addressTypeNumber[statement.type]));
      return;
    case 'dynset':
      writeDynset(writer, known, statement);
      return;
    case 'log':
      writeLog(writer, known, statement);
      return;
    case 'object':
      effects.objectReference(writer, statement.type, statement.name);
      return;
    case 'synproxy':
      requireLayer4(writer, known, IPPROTO_TCP);
      effects.synproxy(writer, statement);
      return;
    case 'queue':
      effects.queue(writer, statement);
      return;
    case 'flow-add':
      effects.flowAdd(writer, statement.flowtable);
      return;
    case 'masquerade':
      effects.plain(writer, 'masq');
      return;
    case 'notrack':
      effects.plain(writer, 'notrack');
      return;
    case 'reject-port-unreachable':
      effects.rejectPortUnreachable(writer, known.family);
      return;
    case 'reject-tcp-reset':
      requireLayer4(writer, known, IPPROTO_TCP);
      effects.rejectTcpReset(writer);
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

/** Attributes of NFT_MSG_NEWRULE from the expressions on. `valued`: maps that this kernel does not look up as sets. */
export const writeRule = (
  writer: ByteWriter,
  family: Family,
  rule: RuleSpec,
  valued?: ReadonlySet<string>,
): void => {
  const known: Known = { family, ...(valued && { valued }) };
  const list = writer.begin(NFTA_RULE_EXPRESSIONS);
  for (const statement of rule.statements) writeStatement(writer, known, statement);
  writer.end(list);
  if (rule.comment !== undefined) {
    writer.attributeBytes(NFTA_RULE_USERDATA, commentUserdata(0, rule.comment));
  }
};
