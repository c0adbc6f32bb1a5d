/** rtnetlink messages (linux/rtnetlink.h, if_link.h, if_addr.h, neighbour.h): links, addresses, neighbours. */

import { type Ip, ipBytes, ipFromBytes, isIpv6 } from '../model/address.js';
import type { LinkState, NeighbourState } from '../model/kernel-events.js';
import { ByteWriter, eachAttribute, readString, readU32 } from './attributes.js';
import {
  beginMessage,
  endMessage,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from './message.js';

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
const RTM_GETNEIGH = 30;
export const RTNLGRP_LINK = 1;
export const RTNLGRP_NEIGH = 3;
export const RTNLGRP_IPV4_IFADDR = 5;
export const RTNLGRP_IPV6_IFADDR = 9;
export const AF_INET = 2;
export const AF_INET6 = 10;

const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFF_LOWER_UP = 0x10000;
const usableFlags = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_EXT_MASK = 29;
/** linux/if_arp.h */
const ARPHRD_ETHER = 1;
/** Statistics are most of a link's message, and not wanted. */
const RTEXT_FILTER_SKIP_STATS = 8;

const message = (
  type: number,
  flags: number,
  sequence: number,
  body: (writer: ByteWriter) => void,
): Uint8Array => {
  const writer = new ByteWriter(128);
  const start = beginMessage(writer, type, NLM_F_REQUEST | flags, sequence);
  body(writer);
  endMessage(writer, start);
  return writer.finish();
};

const writeIfinfo = (writer: ByteWriter): void => {
  for (let word = 0; word < 4; word++) writer.u32(0);
  writer.attributeU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
};

export const dumpLinks = (sequence: number): Uint8Array =>
  message(RTM_GETLINK, NLM_F_DUMP, sequence, writeIfinfo);

export const getLink = (sequence: number, name: string): Uint8Array =>
  message(RTM_GETLINK, 0, sequence, (writer) => {
    writeIfinfo(writer);
    writer.attributeString(IFLA_IFNAME, name);
  });

const etherText = (bytes: Uint8Array, from: number, to: number): string =>
  Array.from(bytes.subarray(from, to), (byte) => byte.toString(16).padStart(2, '0')).join(':');

/**
 * struct ifinfomsg and attributes. Undefined for messages of the bridge family: there RTM_DELLINK means that a port left a
 * bridge, not that the link is gone.
 */
export const readLink = (
  view: DataView,
  bytes: Uint8Array,
  from: number,
  to: number,
): LinkState | undefined => {
  if (to - from < 16 || bytes[from] !== 0) return undefined;
  const index = view.getInt32(from + 4, true);
  const flags = view.getUint32(from + 8, true);
  let name = '';
  let mac = '';
  let portOf: string | undefined;
  eachAttribute(view, from + 16, to, (type, start, end) => {
    if (type === IFLA_IFNAME) name = readString(bytes, start, end);
    if (type === IFLA_ADDRESS && end - start <= 32) {
      mac = etherText(bytes, start, end);
    }
    if (type !== IFLA_LINKINFO) return;
    eachAttribute(view, start, end, (inner, innerStart, innerEnd) => {
      if (inner === IFLA_INFO_SLAVE_KIND) portOf = readString(bytes, innerStart, innerEnd);
    });
  });
  return {
    index,
    name,
    mac,
    usable: (flags & usableFlags) === usableFlags,
    ethernet: view.getUint16(from + 2, true) === ARPHRD_ETHER,
    ...(portOf !== undefined && { portOf }),
  };
};

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_F_NODAD = 0x02;
const IFA_F_NOPREFIXROUTE = 0x200;
const forever = 0xffff_ffff;

export interface LinkAddress {
  readonly linkIndex: number;
  readonly address: Ip;
  readonly prefixLength: number;
}

const writeIfaddr = (writer: ByteWriter, family: number, prefixLength: number, linkIndex: number): void => {
  writer.u8(family);
  writer.u8(prefixLength);
  writer.u8(0);
  writer.u8(0);
  writer.u32(linkIndex);
};

const writeAddress = (writer: ByteWriter, { address, prefixLength, linkIndex }: LinkAddress): void => {
  const bytes = ipBytes(address);
  writeIfaddr(writer, familyOf(address), prefixLength, linkIndex);
  writer.attributeBytes(IFA_LOCAL, bytes);
  writer.attributeBytes(IFA_ADDRESS, bytes);
};

export const familyOf = (address: Ip): number => (isIpv6(address) ? AF_INET6 : AF_INET);

/**
 * `noPrefixRoute`: the network's route exists already, and must not go when this address goes.
 *
 * An IPv6 address is good at once, without a probe for duplicates, and never chosen as a source by itself (a preferred lifetime of 0): both
 * nodes of a pair would. One that is there already gets these properties too.
 */
export const addAddress = (sequence: number, address: LinkAddress, noPrefixRoute: boolean): Uint8Array => {
  const is6 = isIpv6(address.address);
  const ifThere = is6 ? NLM_F_REPLACE : NLM_F_EXCL;
  const flags = (noPrefixRoute ? IFA_F_NOPREFIXROUTE : 0) | (is6 ? IFA_F_NODAD : 0);
  return message(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | ifThere, sequence, (writer) => {
    writeAddress(writer, address);
    if (flags !== 0) writer.attributeU32(IFA_FLAGS, flags);
    // struct ifa_cacheinfo: preferred and valid lifetimes in seconds, two stamps that only the kernel writes.
    if (is6) {
      writer.attributeBytes(IFA_CACHEINFO, new Uint8Array(Uint32Array.of(0, forever, 0, 0).buffer));
    }
  });
};

export const deleteAddress = (sequence: number, address: LinkAddress): Uint8Array =>
  message(RTM_DELADDR, NLM_F_ACK, sequence, (writer) => writeAddress(writer, address));

/** One family at a time: a dump of all of them waits for the RTNL mutex. */
export const dumpAddresses = (sequence: number, family: number): Uint8Array =>
  message(RTM_GETADDR, NLM_F_DUMP, sequence, (writer) => writeIfaddr(writer, family, 0, 0));

/** struct ifaddrmsg and attributes; undefined for other families. */
export const readAddress = (
  view: DataView,
  bytes: Uint8Array,
  from: number,
  to: number,
): LinkAddress | undefined => {
  if (to - from < 8) return undefined;
  const family = bytes[from];
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const length = family === AF_INET ? 4 : 16;
  let address: Ip | undefined;
  eachAttribute(view, from + 8, to, (type, start, end) => {
    if (end - start !== length) return;
    // On point-to-point links IFA_ADDRESS is the peer's; the own one is IFA_LOCAL.
    if (type === IFA_LOCAL || (type === IFA_ADDRESS && !address)) address = ipFromBytes(bytes, start, length);
  });
  if (!address) return undefined;
  return { linkIndex: readU32(view, from + 4, from + 8), address, prefixLength: bytes[from + 1]! };
};

/** True when `network` (an address with its prefix) covers `address`. */
export const covers = (network: { address: Ip; prefixLength: number }, address: Ip): boolean => {
  const [wide, narrow] = [ipBytes(network.address), ipBytes(address)];
  if (wide.length !== narrow.length) return false;
  for (let bit = 0; bit < network.prefixLength; bit += 8) {
    const shift = Math.max(0, 8 - (network.prefixLength - bit));
    if (wide[bit >> 3]! >> shift !== narrow[bit >> 3]! >> shift) return false;
  }
  return true;
};

const NDA_DST = 1;
const NDA_LLADDR = 2;
const NTF_PROXY = 0x08;
const NUD_STALE = 0x04;
const NUD_FAILED = 0x20;
/** NUD_REACHABLE, NUD_DELAY, NUD_PROBE, NUD_NOARP, NUD_PERMANENT: with NUD_STALE, the states in which a MAC address counts. */
const confirmed = 0x02 | 0x08 | 0x10 | 0x40 | 0x80;

/** Of both families. */
export const dumpNeighbours = (sequence: number): Uint8Array =>
  message(RTM_GETNEIGH, NLM_F_DUMP, sequence, (writer) => {
    for (let word = 0; word < 3; word++) writer.u32(0);
  });

/** struct ndmsg and attributes; undefined for bridges' tables, proxies, and addresses other than IPv4 and IPv6. */
export const readNeighbour = (
  view: DataView,
  bytes: Uint8Array,
  from: number,
  to: number,
): NeighbourState | undefined => {
  if (to - from < 12) return undefined;
  const family = bytes[from];
  if ((family !== AF_INET && family !== AF_INET6) || (bytes[from + 10]! & NTF_PROXY) !== 0) return undefined;
  const addressBytes = family === AF_INET ? 4 : 16;
  const state = view.getUint16(from + 8, true);
  let address: Ip | undefined;
  let etherAddress = '';
  eachAttribute(view, from + 12, to, (type, start, end) => {
    if (type === NDA_DST && end - start === addressBytes) address = ipFromBytes(bytes, start, addressBytes);
    if (type === NDA_LLADDR && end - start === 6) etherAddress = etherText(bytes, start, end);
  });
  if (!address) return undefined;
  const known = etherAddress !== '';
  return {
    linkIndex: view.getInt32(from + 4, true),
    address,
    etherAddress,
    state:
      (state & NUD_FAILED) !== 0
        ? 'failed'
        : known && (state & confirmed) !== 0
          ? 'confirmed'
          : known && (state & NUD_STALE) !== 0
            ? 'stale'
            : 'unresolved',
  };
};
