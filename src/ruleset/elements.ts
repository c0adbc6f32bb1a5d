/** The byte form of the elements that a plan stands for, written straight into a packed list. */

import type { ElementBytes } from '../netlink/nft/ast.js';
import type { TargetId } from './ids.js';
import { type KindNumber, kindChainName, kindOf } from './kinds.js';
import type { PackedElements } from './packed.js';
import type { EndpointPlan } from './plan.js';

/** Registers of numgen and of the packet's priority are in host order. */
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

const putU32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};

const putHostU32 = (bytes: Uint8Array, at: number, value: number): void => {
  if (!littleEndian) {
    putU32(bytes, at, value);
    return;
  }
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
};

const hostU32 = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, littleEndian);

const putPort = (bytes: Uint8Array, at: number, port: number): void => {
  bytes[at] = port >>> 8;
  bytes[at + 1] = port;
};

const putTarget = (bytes: Uint8Array, at: number, target: TargetId): void => {
  putU32(bytes, at, Math.floor(target / 65_536));
  putPort(bytes, at + 4, target % 65_536);
};

/** A new element that starts with `vip . proto . port`; returns its offset. */
const putEndpoint = (list: PackedElements, plan: EndpointPlan): number => {
  const at = list.grow();
  const { bytes } = list;
  putU32(bytes, at, plan.address);
  bytes[at + 4] = plan.protocol;
  putPort(bytes, at + 8, plan.port);
  return at;
};

export const putService = (list: PackedElements, plan: EndpointPlan, kind: KindNumber): void => {
  const at = putEndpoint(list, plan);
  putHostU32(list.bytes, at + 12, kind);
};

export const putSlot = (list: PackedElements, plan: EndpointPlan, slot: number, target: TargetId): void => {
  const at = putEndpoint(list, plan);
  putHostU32(list.bytes, at + 12, slot);
  putTarget(list.bytes, at + 16, target);
};

/** `vip . proto . port . backend . port`: recorder sets and `masquerading`. */
export const putPair = (list: PackedElements, plan: EndpointPlan, target: TargetId): number => {
  const at = putEndpoint(list, plan);
  putTarget(list.bytes, at + 12, target);
  return at;
};

export const putSource = (
  list: PackedElements,
  plan: EndpointPlan,
  target: TargetId,
  source: number,
): void => {
  const at = putPair(list, plan, target);
  putU32(list.bytes, at + 20, source);
};

/** An element of `backends`, which services share: `target` times two, plus one for udp. */
export type BackendUse = number;
export const backendUse = (protocol: number, target: TargetId): BackendUse =>
  target * 2 + (protocol === 17 ? 1 : 0);

export const putBackend = (list: PackedElements, use: BackendUse): void => {
  const at = list.grow();
  const target = Math.floor(use / 2);
  putU32(list.bytes, at, Math.floor(target / 65_536));
  list.bytes[at + 4] = use % 2 === 1 ? 17 : 6;
  putPort(list.bytes, at + 8, target % 65_536);
};

export const kindElement = (number: KindNumber): ElementBytes => {
  const key = new Uint8Array(4);
  putHostU32(key, 0, number);
  return { key, data: { kind: 'goto', chain: kindChainName(kindOf(number)!) } };
};

/** What `services` says about an endpoint; undefined when it is not an element of ours. */
export const readServiceElement = (
  element: ElementBytes,
): { address: number; protocol: number; port: number; kind: KindNumber } | undefined => {
  const { key, data } = element;
  if (key.length !== 12 || !(data instanceof Uint8Array) || data.length !== 4) return undefined;
  return {
    address: new DataView(key.buffer, key.byteOffset).getUint32(0),
    protocol: key[4]!,
    port: (key[8]! << 8) | key[9]!,
    kind: hostU32(data, 0),
  };
};
