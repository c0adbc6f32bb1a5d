/** The byte form of the elements that a plan stands for. */

import type { ElementBytes } from '../netlink/nft/ast.js';
import type { TargetId } from './ids.js';
import { type KindNumber, kindChainName, kindOf } from './kinds.js';
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

/** `vip . proto . port` at the start of `bytes` zeroed bytes. */
const endpointKey = (plan: EndpointPlan, length: number): Uint8Array => {
  const key = new Uint8Array(length);
  putU32(key, 0, plan.address);
  key[4] = plan.protocol;
  putPort(key, 8, plan.port);
  return key;
};

export const serviceElement = (plan: EndpointPlan, kind: KindNumber): ElementBytes => {
  const data = new Uint8Array(4);
  putHostU32(data, 0, kind);
  return { key: endpointKey(plan, 12), data };
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

export const slotElement = (plan: EndpointPlan, slot: number, target: TargetId): ElementBytes => {
  const key = endpointKey(plan, 16);
  putHostU32(key, 12, slot);
  const data = new Uint8Array(8);
  putTarget(data, 0, target);
  return { key, data };
};

/** `vip . proto . port . backend . port`: recorder sets and `masquerading`. */
export const pairElement = (plan: EndpointPlan, target: TargetId): ElementBytes => {
  const key = endpointKey(plan, 20);
  putTarget(key, 12, target);
  return { key };
};

export const sourceElement = (plan: EndpointPlan, target: TargetId, source: number): ElementBytes => {
  const data = new Uint8Array(4);
  putU32(data, 0, source);
  return { ...pairElement(plan, target), data };
};

export const backendElement = (protocol: number, target: TargetId): ElementBytes => {
  const key = new Uint8Array(12);
  putU32(key, 0, Math.floor(target / 65_536));
  key[4] = protocol;
  putPort(key, 8, target % 65_536);
  return { key };
};

export const kindElement = (number: KindNumber): ElementBytes => {
  const key = new Uint8Array(4);
  putHostU32(key, 0, number);
  return { key, data: { kind: 'goto', chain: kindChainName(kindOf(number)!) } };
};

export const readKindElement = (element: ElementBytes): KindNumber => hostU32(element.key, 0);
