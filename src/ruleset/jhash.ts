/** `jhash … mod M seed S` of nft as the kernel computes it (include/linux/jhash.h, net/netfilter/nft_hash.c): which slot a key falls into. */

import { readHostNumber } from './features/bytes.js';

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** `bytes`: in register form, so a multiple of four of them. Returns a number below 2^32. */
export const jhash = (bytes: Uint8Array, seed: number): number => {
  let a = (0xdeadbeef + bytes.length + seed) | 0;
  let b = a;
  let c = a;
  let at = 0;
  const word = (index: number): number => readHostNumber(bytes, at + index * 4);
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(0)) | 0;
    b = (b + word(1)) | 0;
    c = (c + word(2)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  const left = (bytes.length - at) / 4;
  if (left === 0) return c >>> 0;
  if (left > 2) c = (c + word(2)) | 0;
  if (left > 1) b = (b + word(1)) | 0;
  a = (a + word(0)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
};

/** reciprocal_scale(): slots are ranges of hashes, in order. */
export const slotOf = (bytes: Uint8Array, modulus: number, seed: number): number =>
  Math.floor((jhash(bytes, seed) * modulus) / 2 ** 32);
