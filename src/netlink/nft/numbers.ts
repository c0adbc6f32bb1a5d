/** Numbers of the nf_tables interface, as in linux/netfilter/nf_tables.h and the headers named beside them. */

import type {
  AddressType,
  CtState,
  CtStatus,
  Family,
  LogFlag,
  LogLevel,
  ObjectType,
  StatefulStatement,
  TcpFlag,
} from './ast.js';

/** linux/netfilter/nfnetlink.h */
export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 16;
export const NFNL_MSG_BATCH_END = 17;
export const NFNLGRP_NFTABLES = 7;

/** enum nf_tables_msg_types; the DESTROY messages came with Linux 6.3. */
export const msg = {
  newTable: 0,
  getTable: 1,
  delTable: 2,
  newChain: 3,
  getChain: 4,
  delChain: 5,
  newRule: 6,
  getRule: 7,
  delRule: 8,
  newSet: 9,
  getSet: 10,
  delSet: 11,
  newElement: 12,
  getElement: 13,
  delElement: 14,
  newGeneration: 15,
  getGeneration: 16,
  newObject: 18,
  getObject: 19,
  delObject: 20,
  newFlowtable: 22,
  getFlowtable: 23,
  delFlowtable: 24,
  destroyTable: 26,
  destroyElement: 30,
} as const;

export const messageNameByType: Readonly<Record<number, string>> = {
  0: 'new table',
  2: 'delete table',
  3: 'new chain',
  5: 'delete chain',
  6: 'new rule',
  8: 'delete rule',
  9: 'new set',
  11: 'delete set',
  12: 'new element',
  14: 'delete element',
  15: 'new generation',
  18: 'new object',
  20: 'delete object',
  22: 'new flowtable',
  24: 'delete flowtable',
};

export const messageType = (message: number): number => (NFNL_SUBSYS_NFTABLES << 8) | message;

/** NFPROTO_* of linux/netfilter.h. */
export const familyNumber: Readonly<Record<Family, number>> = { inet: 1, ip: 2, netdev: 5, ip6: 10 };
export const familyByNumber: Readonly<Record<number, Family>> = {
  1: 'inet',
  2: 'ip',
  5: 'netdev',
  10: 'ip6',
};

export const NFT_TABLE_F_OWNER = 0x2;
/** Since Linux 6.9. */
export const NFT_TABLE_F_PERSIST = 0x4;

export const setFlag = {
  interval: 0x4,
  map: 0x8,
  timeout: 0x10,
  dynamic: 0x20,
  concat: 0x80,
  /** Elements have several expressions. */
  expressions: 0x100,
} as const;
export const NFT_SET_ELEM_INTERVAL_END = 0x1;
/** Data type of verdict maps. */
export const NFT_DATA_VERDICT = 0xffffff00;

/** enum nft_verdicts and NF_* of linux/netfilter.h. */
export const verdictCode = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;

/** linux/netfilter/nf_conntrack_common.h: NF_CT_STATE_BIT. */
export const ctStateBit: Readonly<Record<CtState, number>> = {
  invalid: 1,
  established: 2,
  related: 4,
  new: 8,
  untracked: 64,
};
/** IPS_* of the same header. */
export const ctStatusBit: Readonly<Record<CtStatus, number>> = {
  expected: 0x1,
  'seen-reply': 0x2,
  assured: 0x4,
  confirmed: 0x8,
  snat: 0x10,
  dnat: 0x20,
};

/** RFC 9293, section 3.1: the fourteenth byte of the header. */
export const tcpFlagBit: Readonly<Record<TcpFlag, number>> = {
  fin: 0x1,
  syn: 0x2,
  rst: 0x4,
  psh: 0x8,
  ack: 0x10,
  urg: 0x20,
};

/** RTN_* of linux/rtnetlink.h. */
export const addressTypeNumber: Readonly<Record<AddressType, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  multicast: 5,
};

export const logLevelNumber: Readonly<Record<LogLevel, number>> = {
  emerg: 0,
  alert: 1,
  crit: 2,
  err: 3,
  warn: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

/** NF_LOG_* of linux/netfilter/nf_log.h. */
export const logFlagBit: Readonly<Record<LogFlag, number>> = {
  'tcp sequence': 0x1,
  'tcp options': 0x2,
  'ip options': 0x4,
  skuid: 0x8,
  ether: 0x20,
};

type LimitUnit = Extract<StatefulStatement, { readonly kind: 'limit' }>['unit'];
export const limitUnitSeconds: Readonly<Record<LimitUnit, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
};

/** NFT_OBJECT_* */
export const objectTypeNumber: Readonly<Record<ObjectType, number>> = { counter: 1, 'ct helper': 3 };
export const objectTypeByNumber: Readonly<Record<number, ObjectType>> = { 1: 'counter', 3: 'ct helper' };

export const hookNumber: Readonly<Record<string, number>> = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
  // NF_NETDEV_INGRESS, NF_NETDEV_EGRESS: a numbering of their own.
  ingress: 0,
  egress: 1,
};

/** The word for a hook number, which means another thing in netdev. */
export const hookName = (family: Family, number: number): string => {
  const names =
    family === 'netdev'
      ? ['ingress', 'egress']
      : ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress'];
  return names[number] ?? String(number);
};
