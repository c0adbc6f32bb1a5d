/** ctnetlink: the request to forget flows by what both of their tuples say (linux/netfilter/nfnetlink_conntrack.h). */

import { type Ip, ipBytes, isIpv6 } from '../model/address.js';
import { type Protocol, protocolNumber } from '../model/service.js';
import { ByteWriter } from './attributes.js';
import { beginMessage, endMessage, NLM_F_ACK, NLM_F_REQUEST } from './message.js';

/** Flows from anywhere to a service, which a backend answers. */
export interface FlowPattern {
  readonly protocol: Protocol;
  /** Of the same family as the backend's. */
  readonly serviceAddress: Ip;
  /** Undefined: any. */
  readonly servicePort?: number;
  readonly backendAddress: Ip;
  readonly backendPort?: number;
}

const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const AF_INET = 2;
const AF_INET6 = 10;
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
  address: Ip,
  port: number | undefined,
): void => {
  const place = end === 'source' ? 0 : 1;
  const nested = writer.begin(type);
  const ip = writer.begin(1);
  // CTA_IP_V4_SRC, _DST, CTA_IP_V6_SRC, _DST.
  writer.attributeBytes((isIpv6(address) ? 3 : 1) + place, ipBytes(address));
  writer.end(ip);
  const proto = writer.begin(2);
  writer.attributeU8(1, protocolNumber[protocol]);
  if (port !== undefined) writer.attributeU16Be(2 + place, port);
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
  writer.u8(isIpv6(pattern.serviceAddress) ? AF_INET6 : AF_INET);
  // Version 1: the family of the header counts in a deletion of many (ctnetlink_del_conntrack).
  writer.u8(1);
  writer.u16(0);
  const { protocol, serviceAddress, servicePort, backendAddress, backendPort } = pattern;
  tuple(writer, CTA_TUPLE_ORIG, protocol, 'destination', serviceAddress, servicePort);
  tuple(writer, CTA_TUPLE_REPLY, protocol, 'source', backendAddress, backendPort);
  const filter = writer.begin(CTA_FILTER);
  writer.attributeU32(
    1,
    flag.destination | flag.protocol | (servicePort === undefined ? 0 : flag.destinationPort),
  );
  writer.attributeU32(2, flag.source | flag.protocol | (backendPort === undefined ? 0 : flag.sourcePort));
  writer.end(filter);
  endMessage(writer, start);
  return writer.finish();
};
