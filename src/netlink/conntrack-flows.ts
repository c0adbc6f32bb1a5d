/** ctnetlink: dumps of flows to services (linux/netfilter/nfnetlink_conntrack.h, nf_conntrack_common.h, nf_conntrack_tcp.h). */

import { type Ip, ipBytes, ipFromBytes, isIpv6 } from '../model/address.js';
import { ByteWriter, eachAttribute, type Received, readU32, readU32Be } from './attributes.js';
import { beginMessage, endMessage, type Message, NLM_F_DUMP, NLM_F_REQUEST, writeNfgen } from './message.js';

/** One flow that was translated to a backend. The object is the reader's: it is written over by the next. */
export interface Flow {
  /** Of the flow, as long as it is there. */
  readonly id: number;
  /** IPPROTO_*. */
  readonly protocol: number;
  readonly serviceAddress: Ip;
  /** 0 where the protocol has none. */
  readonly servicePort: number;
  readonly backendAddress: Ip;
  readonly backendPort: number;
  /** It is neither closed nor about to be: tcp up to the last FIN but one, sctp up to its shutdown, udp always. */
  readonly open: boolean;
}

const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_NEW = 0;
const IPCTNL_MSG_CT_GET = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const attribute = {
  original: 1,
  reply: 2,
  status: 3,
  protocolInfo: 4,
  id: 12,
  filter: 25,
  statusMask: 26,
} as const;
const statusDestinationNat = 1 << 5;
const filterDestination = 2;

/**
 * Flows of one family that were translated by dnat, of one address if it is given (IPv4 only: the kernel's filter for IPv6 is
 * inverted, ctnetlink_filter_match_tuple). Kernels before 5.15 and 5.8 know no filter by status and by address, and tell of more.
 */
export const dumpFlows = (family: 'ipv4' | 'ipv6', address: Ip | undefined, sequence: number): Uint8Array => {
  const writer = new ByteWriter(128);
  const type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET;
  const start = beginMessage(writer, type, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  writeNfgen(writer, family === 'ipv4' ? AF_INET : AF_INET6);
  writer.attributeU32Be(attribute.status, statusDestinationNat);
  writer.attributeU32Be(attribute.statusMask, statusDestinationNat);
  if (address !== undefined && !isIpv6(address)) {
    const tuple = writer.begin(attribute.original);
    const ip = writer.begin(1);
    writer.attributeBytes(2, ipBytes(address));
    writer.end(ip);
    writer.end(tuple);
    const filter = writer.begin(attribute.filter);
    writer.attributeU32(1, filterDestination);
    writer.attributeU32(2, 0);
    writer.end(filter);
  }
  endMessage(writer, start);
  return writer.finish();
};

/** TCP_CONNTRACK_*: from SYN_SENT to CLOSE_WAIT; and what begins anew from both sides, SYN_SENT2. */
const isTcpOpen = (state: number): boolean => (state >= 1 && state <= 5) || state === 9;
/** SCTP_CONNTRACK_*: from COOKIE_WAIT to ESTABLISHED. */
const isSctpOpen = (state: number): boolean => state >= 2 && state <= 4;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the messages of one dump; undefined for a flow that no service had a part in. Throws `bad-frame` on a length that lies. */
export const createFlowReader = (): ((received: Received, message: Message) => Flow | undefined) => {
  /** Addresses of services and backends are few, and text is dear. */
  const texts = new Map<number, Ip>();
  const flow: Writable<Flow> = {
    id: 0,
    protocol: 0,
    serviceAddress: '0.0.0.0' as Ip,
    servicePort: 0,
    backendAddress: '0.0.0.0' as Ip,
    backendPort: 0,
    open: true,
  };
  const addressAt = ({ view, bytes }: Received, from: number, to: number): Ip => {
    if (to - from !== 4) return ipFromBytes(bytes, from, 16);
    const number = view.getUint32(from);
    let text = texts.get(number);
    if (text === undefined) {
      text = ipFromBytes(bytes, from, 4);
      texts.set(number, text);
    }
    return text;
  };
  /** The service is the destination of what came first, the backend the source of what is answered. */
  const readTuple = (received: Received, from: number, to: number, isReply: boolean): void => {
    const { view, bytes } = received;
    const end = isReply ? 0 : 1;
    eachAttribute(view, from, to, (type, start, stop) => {
      if (type === 1) {
        eachAttribute(view, start, stop, (part, first, last) => {
          if (part !== 1 + end && part !== 3 + end) return;
          if (last - first !== 4 && last - first !== 16) return;
          const address = addressAt(received, first, last);
          if (isReply) flow.backendAddress = address;
          else flow.serviceAddress = address;
        });
      } else if (type === 2) {
        eachAttribute(view, start, stop, (part, first, last) => {
          if (part === 1 && last > first) flow.protocol = bytes[first]!;
          else if (part === 2 + end && last - first >= 2) {
            if (isReply) flow.backendPort = view.getUint16(first);
            else flow.servicePort = view.getUint16(first);
          }
        });
      }
    });
  };
  const readState = ({ view, bytes }: Received, from: number, to: number): void => {
    eachAttribute(view, from, to, (protocol, start, stop) => {
      if (protocol !== 1 && protocol !== 3) return;
      eachAttribute(view, start, stop, (type, first, last) => {
        if (type !== 1 || last <= first) return;
        flow.open = protocol === 1 ? isTcpOpen(bytes[first]!) : isSctpOpen(bytes[first]!);
      });
    });
  };
  return (received, { type, from, to }) => {
    if (type !== ((NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW)) return undefined;
    let status = 0;
    flow.open = true;
    flow.servicePort = 0;
    flow.backendPort = 0;
    eachAttribute(received.view, from + 4, to, (kind, start, stop) => {
      if (kind === attribute.original || kind === attribute.reply) {
        readTuple(received, start, stop, kind === attribute.reply);
      } else if (kind === attribute.status) status = readU32Be(received.view, start, stop);
      else if (kind === attribute.protocolInfo) readState(received, start, stop);
      else if (kind === attribute.id) flow.id = readU32(received.view, start, stop);
    });
    return (status & statusDestinationNat) === 0 ? undefined : flow;
  };
};
