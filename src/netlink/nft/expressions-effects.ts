/** Expressions that do something to a packet, a connection or a set, and those that keep a state, as netlink attributes. */

import type { ByteWriter } from '../attributes.js';
import type { Counted, ObjectType, StatefulStatement, Statement } from './ast.js';
import { expression, register } from './expressions.js';
import { limitUnitSeconds, logFlagBit, logLevelNumber, objectTypeNumber } from './numbers.js';

type Of<Kind extends Statement['kind']> = Extract<Statement, { readonly kind: Kind }>;

const NFT_LIMIT_F_INV = 1;
const NFT_CONNLIMIT_F_INV = 1;
const defaultBurst = 5;

/** `type`: the attribute it becomes; a list element by default. */
export const stateful = (
  writer: ByteWriter,
  statement: StatefulStatement,
  type?: number,
  counted: Counted = { packets: 0, bytes: 0 },
): void => {
  switch (statement.kind) {
    case 'counter':
      expression(
        writer,
        'counter',
        () => {
          writer.attributeU64Be(1, counted.bytes);
          writer.attributeU64Be(2, counted.packets);
        },
        type,
      );
      return;
    case 'limit':
      expression(
        writer,
        'limit',
        () => {
          writer.attributeU64Be(1, statement.rate);
          writer.attributeU64Be(2, limitUnitSeconds[statement.unit]);
          writer.attributeU32Be(3, statement.burst ?? defaultBurst);
          writer.attributeU32Be(4, 0);
          writer.attributeU32Be(5, statement.over ? NFT_LIMIT_F_INV : 0);
        },
        type,
      );
      return;
    case 'ct-count':
      expression(
        writer,
        'connlimit',
        () => {
          writer.attributeU32Be(1, statement.count);
          writer.attributeU32Be(2, statement.over ? NFT_CONNLIMIT_F_INV : 0);
        },
        type,
      );
      return;
  }
};

/** Where sets, elements and dynset take expressions: one by itself (all kernels), or a list (since Linux 5.11). */
export const statefulList = (
  writer: ByteWriter,
  statements: readonly StatefulStatement[],
  types: { readonly one: number; readonly list: number },
  counted?: Counted,
): void => {
  const [only] = statements;
  if (!only) return;
  if (statements.length === 1) {
    stateful(writer, only, types.one, counted);
    return;
  }
  const list = writer.begin(types.list);
  for (const statement of statements) stateful(writer, statement, undefined, counted);
  writer.end(list);
};

export const log = (writer: ByteWriter, statement: Of<'log'>): void =>
  expression(writer, 'log', () => {
    if (statement.group !== undefined) writer.attributeU16Be(1, statement.group);
    if (statement.prefix) writer.attributeString(2, statement.prefix);
    if (statement.snaplen) writer.attributeU32Be(3, statement.snaplen);
    if (statement.queueThreshold) writer.attributeU16Be(4, statement.queueThreshold);
    if (statement.level) writer.attributeU32Be(5, logLevelNumber[statement.level]);
    const bits = (statement.flags ?? []).reduce((sum, flag) => sum | logFlagBit[flag], 0);
    if (bits !== 0) writer.attributeU32Be(6, bits);
  });

const dynsetOp = { add: 0, update: 1, delete: 2 } as const;
const NFT_DYNSET_F_EXPR = 2;
const dynsetStatements = { one: 7, list: 10 };

export const dynset = (
  writer: ByteWriter,
  statement: Of<'dynset'>,
  keyWord: number,
  dataWord: number | undefined,
): void =>
  expression(writer, 'dynset', () => {
    const { timeoutMs, statements = [] } = statement;
    writer.attributeString(1, statement.set);
    writer.attributeU32Be(3, dynsetOp[statement.op]);
    writer.attributeU32Be(4, register(keyWord));
    if (dataWord !== undefined) writer.attributeU32Be(5, register(dataWord));
    if (timeoutMs !== undefined) writer.attributeU64Be(6, timeoutMs);
    if (statements.length > 1) writer.attributeU32Be(9, NFT_DYNSET_F_EXPR);
    statefulList(writer, statements, dynsetStatements);
  });

export const objectReference = (writer: ByteWriter, type: ObjectType, name: string): void =>
  expression(writer, 'objref', () => {
    writer.attributeU32Be(1, objectTypeNumber[type]);
    writer.attributeString(2, name);
  });

/** linux/netfilter/nf_synproxy.h: NF_SYNPROXY_OPT_*. */
const synproxyOption = { mss: 1, wscale: 2, sackPermitted: 4, timestamp: 8 } as const;

export const synproxy = (writer: ByteWriter, statement: Of<'synproxy'>): void =>
  expression(writer, 'synproxy', () => {
    let options = 0;
    if (statement.mss !== undefined) {
      writer.attributeU16Be(1, statement.mss);
      options |= synproxyOption.mss;
    }
    if (statement.wscale !== undefined) {
      writer.attributeU8(2, statement.wscale);
      options |= synproxyOption.wscale;
    }
    if (statement.sackPermitted) options |= synproxyOption.sackPermitted;
    if (statement.timestamp) options |= synproxyOption.timestamp;
    writer.attributeU32Be(3, options);
  });

const NFT_QUEUE_FLAG_BYPASS = 1;

export const queue = (writer: ByteWriter, statement: Of<'queue'>): void =>
  expression(writer, 'queue', () => {
    writer.attributeU16Be(1, statement.number);
    writer.attributeU16Be(2, 1);
    if (statement.bypass) writer.attributeU16Be(3, NFT_QUEUE_FLAG_BYPASS);
  });

export const flowAdd = (writer: ByteWriter, flowtable: string): void =>
  expression(writer, 'flow_offload', () => writer.attributeString(1, flowtable));

/** To the interface whose index is in the register. */
export const toDevice = (writer: ByteWriter, kind: 'fwd' | 'dup', word: number): void =>
  expression(writer, kind, () => writer.attributeU32Be(kind === 'fwd' ? 1 : 2, register(word)));

/** NFT_REJECT_*: ICMP or ICMPv6 with a code of the family, TCP reset, or a code that fits both families. */
const rejectType = { icmp: 0, tcpReset: 1, icmpx: 2 } as const;

const reject = (writer: ByteWriter, type: keyof typeof rejectType, code: number): void =>
  expression(writer, 'reject', () => {
    writer.attributeU32Be(1, rejectType[type]);
    writer.attributeU8(2, code);
  });

export const rejectTcpReset = (writer: ByteWriter): void => reject(writer, 'tcpReset', 0);

/** ICMP_PORT_UNREACH, ICMPV6_PORT_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH. */
export const rejectPortUnreachable = (writer: ByteWriter, family: string): void => {
  if (family === 'ip') reject(writer, 'icmp', 3);
  else if (family === 'ip6') reject(writer, 'icmp', 4);
  else reject(writer, 'icmpx', 1);
};

/** Expressions without attributes: notrack, masq. */
export const plain = (writer: ByteWriter, name: 'notrack' | 'masq'): void =>
  expression(writer, name, () => {});
