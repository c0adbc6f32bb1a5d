/** The questions relevo asks nf_tables: GET messages, with and without a dump. */

import { ByteWriter } from '../attributes.js';
import { beginMessage, endMessage, NLM_F_DUMP, NLM_F_REQUEST, writeNfgen } from '../message.js';
import type { ObjectType, TableName } from './ast.js';
import { familyNumber, messageType, msg, objectTypeNumber } from './numbers.js';

const request = (
  message: number,
  flags: number,
  sequence: number,
  table: TableName,
  body: (writer: ByteWriter) => void,
): Uint8Array => {
  const writer = new ByteWriter(256);
  const start = beginMessage(writer, messageType(message), NLM_F_REQUEST | flags, sequence);
  writeNfgen(writer, familyNumber[table.family]);
  body(writer);
  endMessage(writer, start);
  return writer.finish();
};

export const getTable = (table: TableName, sequence: number): Uint8Array =>
  request(msg.getTable, 0, sequence, table, (writer) => writer.attributeString(1, table.name));

export const getSet = (table: TableName, set: string, sequence: number): Uint8Array =>
  request(msg.getSet, 0, sequence, table, (writer) => {
    writer.attributeString(1, table.name);
    writer.attributeString(2, set);
  });

export const dumpElements = (table: TableName, set: string, sequence: number): Uint8Array =>
  request(msg.getElement, NLM_F_DUMP, sequence, table, (writer) => {
    writer.attributeString(1, table.name);
    writer.attributeString(2, set);
  });

/** Chains, sets, rules, objects or flowtables of one table. Older kernels ignore the filter: check the table of what comes. */
export const dumpObjects = (
  kind: 'getChain' | 'getSet' | 'getRule' | 'getObject' | 'getFlowtable',
  table: TableName,
  sequence: number,
): Uint8Array =>
  request(msg[kind], NLM_F_DUMP, sequence, table, (writer) => writer.attributeString(1, table.name));

/** Named objects of one type in one table; like `dumpObjects`, to be checked for the table. */
export const dumpNamed = (type: ObjectType, table: TableName, sequence: number): Uint8Array =>
  request(msg.getObject, NLM_F_DUMP, sequence, table, (writer) => {
    writer.attributeString(1, table.name);
    writer.attributeU32Be(3, objectTypeNumber[type]);
  });

/** One element by its key. The kernel answers a lone key that is not there with ENOENT. */
export const getElement = (table: TableName, set: string, key: Uint8Array, sequence: number): Uint8Array =>
  request(msg.getElement, 0, sequence, table, (writer) => {
    writer.attributeString(1, table.name);
    writer.attributeString(2, set);
    const list = writer.begin(3);
    const element = writer.begin(1);
    const value = writer.begin(1);
    writer.attributeBytes(1, key);
    writer.end(value);
    writer.end(element);
    writer.end(list);
  });
