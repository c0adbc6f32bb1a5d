/**
 * Classic BPF programs for packet sockets (Documentation/networking/filter.rst): the kernel hands on only the frames in question, so that
 * listening costs nothing while there are none. Offsets count from the Ethernet header, of untagged frames.
 */

import { type Ip, ipBytes, isIpv6 } from '../model/address.js';
import { ETH_P_ARP } from './arp.js';
import { ETH_P_IPV6, neighbourAdvertisement } from './nd.js';

/** struct sock_filter of linux/filter.h; `jt` and `jf` count steps to pass over. */
export interface FilterStep {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** BPF_LD with the width and BPF_ABS, BPF_JMP with BPF_JEQ or BPF_JA, BPF_RET. */
const word = 0x20;
const half = 0x28;
const byte = 0x30;
const jeq = 0x15;
const ja = 0x05;
const ret = 0x06;

/** BPF_MAXINSNS */
export const mostSteps = 4_096;

const step = (code: number, k: number, jt = 0, jf = 0): FilterStep => ({ code, jt, jf, k });
const drop = step(ret, 0);
const take = step(ret, 0xffff_ffff);

/** Goes on where the value is there, and drops the frame otherwise. */
const need = (width: number, at: number, value: number): FilterStep[] => [
  step(width, at),
  step(jeq, value, 1, 0),
  drop,
];

const words = (bytes: Uint8Array): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4));
};

/** Goes on behind itself where one of the addresses is at that place, and drops the frame otherwise; the first ones where there are too many. */
const oneOf = (addresses: readonly Ip[], at: number, room: number): FilterStep[] => {
  const blocks = addresses.map((address): FilterStep[] => {
    const parts = words(ipBytes(address));
    return [
      ...parts.flatMap((value, index) => [
        step(word, at + 4 * index),
        // To the next address: past what is left of this one and its jump.
        step(jeq, value, 0, 2 * (parts.length - 1 - index) + 1),
      ]),
      step(ja, 0),
    ];
  });
  const size = blocks[0]?.length ?? 0;
  const some = blocks.slice(0, Math.floor(room / Math.max(size, 1)));
  return [
    ...some.flatMap((block, index) => [
      ...block.slice(0, -1),
      step(ja, (some.length - 1 - index) * size + 1),
    ]),
    drop,
  ];
};

const unlessMac = (at: number, mac: string): FilterStep[] => {
  const bytes = mac.split(':').map((text) => Number.parseInt(text, 16));
  return [
    step(word, at),
    step(jeq, words(Uint8Array.from(bytes.slice(0, 4)))[0]!, 0, 3),
    step(half, at + 4),
    step(jeq, bytes[4]! * 256 + bytes[5]!, 0, 1),
    drop,
    take,
  ];
};

const room = mostSteps - 64;
const arp = need(half, 12, ETH_P_ARP);
/** An advertisement right behind the fixed header. */
const advertisement = [
  ...need(half, 12, ETH_P_IPV6),
  ...need(byte, 20, 58),
  ...need(byte, 54, neighbourAdvertisement),
];

/** Frames in which another MAC address than this one says that it has one of the addresses; all of one family. */
export const claimFilter = (addresses: readonly Ip[], mac: string): FilterStep[] =>
  addresses.some(isIpv6)
    ? [...advertisement, ...oneOf(addresses, 62, room), ...unlessMac(6, mac)]
    : [...arp, ...oneOf(addresses, 28, room), ...unlessMac(22, mac)];

/** Answers to questions that one of the addresses has asked. */
export const answerFilter = (addresses: readonly Ip[]): FilterStep[] =>
  addresses.some(isIpv6)
    ? [...advertisement, ...oneOf(addresses, 38, room), take]
    : [...arp, ...need(half, 20, 2), ...oneOf(addresses, 38, room), take];
