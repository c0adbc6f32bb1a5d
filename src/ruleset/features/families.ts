/** What IPv4 and IPv6 differ in: tables, fields, types. */

import { type Ip, isIpv6 } from '../../model/address.js';
import type { DataType, Field, TableName } from '../../netlink/nft/ast.js';
import { ip6Table, ipTable } from '../feature.js';

export interface FamilyShape {
  readonly table: TableName;
  readonly type: DataType;
  readonly bytes: 4 | 16;
  readonly source: Field;
  readonly destination: Field;
  readonly originalSource: Field;
  readonly originalDestination: Field;
  /** Of replies: the backend, whatever was translated. */
  readonly replySource: Field;
  has(address: Ip): boolean;
}

export const ipv4: FamilyShape = {
  table: ipTable,
  type: 'ipv4_addr',
  bytes: 4,
  source: 'ip saddr',
  destination: 'ip daddr',
  originalSource: 'ct original ip saddr',
  originalDestination: 'ct original ip daddr',
  replySource: 'ct reply ip saddr',
  has: (address) => !isIpv6(address),
};

export const ipv6: FamilyShape = {
  table: ip6Table,
  type: 'ipv6_addr',
  bytes: 16,
  source: 'ip6 saddr',
  destination: 'ip6 daddr',
  originalSource: 'ct original ip6 saddr',
  originalDestination: 'ct original ip6 daddr',
  replySource: 'ct reply ip6 saddr',
  has: isIpv6,
};

export const families: readonly FamilyShape[] = [ipv4, ipv6];
