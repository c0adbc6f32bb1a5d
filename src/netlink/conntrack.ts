/** ctnetlink: the request to forget flows by what both of their tuples say (linux/netfilter/nfnetlink_conntrack.h). */

import { type Ipv4, ipv4Bytes } from '../model/address.js';
import { type Protocol, protocolNumber } from '../model/service.js';
import { ByteWriter } from './attributes.js';
import { beginMessage, endMessage, NLM_F_ACK, NLM_F_REQUEST } from './message.js';

/** Flows from anywhere to a service, which a backend answers. */
export interface FlowPattern {
  readonly protocol: Protocol;
  readonly serviceAddress: Ipv4;
  readonly servicePort: number;
  readonly backendAddress: Ipv4;
  readonly backendPort: number;
}

const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const AF_INET = 2;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_FILTER = 25;
/** net/netfilter/nf_internals.h: which parts of a tuple count. */
const flag = { source: 1, destination: 2, protocol: 8, sourcePort: 16, destinationPort: 32 } as const;

const tuple = (
  writer: ByteWriter,
  type: number,
  protocol: Protocol,
  end: 'source' | 'destination',
  address: Ipv4,
  port: number,
): void => {
  const place = end === 'source' ? 0 : 1;
  const nested = writer.begin(type);
  const ip = writer.begin(1);
  writer.attributeBytes(1 + place, ipv4Bytes(address));
  writer.end(ip);
  const proto = writer.begin(2);
  writer.attributeU8(1, protocolNumber[protocol]);
  writer.attributeU16Be(2 + place, port);
  writer.end(proto);
  writer.end(nested);
};

/**
 * Deletes every flow that matches both tuples. Kernels before 6.8 know no filter for this and answer with an error (ENOENT, EINVAL):
 * nothing is deleted then.
 */
export const forgetFlows = (pattern: FlowPattern, sequence: number): Uint8Array => {
  const writer = new ByteWriter(256);
  const type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
  const start = beginMessage(writer, type, NLM_F_REQUEST | NLM_F_ACK, sequence);
  writer.u8(AF_INET);
  // Version 1: the family of the header counts in a deletion of many (ctnetlink_del_conntrack).
  writer.u8(1);
  writer.u16(0);
  const { protocol } = pattern;
  tuple(writer, CTA_TUPLE_ORIG, protocol, 'destination', pattern.serviceAddress, pattern.servicePort);
  tuple(writer, CTA_TUPLE_REPLY, protocol, 'source', pattern.backendAddress, pattern.backendPort);
  const filter = writer.begin(CTA_FILTER);
  writer.attributeU32(1, flag.destination | flag.protocol | flag.destinationPort);
  writer.attributeU32(2, flag.source | flag.protocol | flag.sourcePort);
  writer.end(filter);
  endMessage(writer, start);
  return writer.finish();
};
