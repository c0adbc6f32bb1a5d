/** Addresses, endpoints and backends as numbers: compared and looked up without making strings or arrays. */

import type { Ip, Ipv4 } from '../model/address.js';
import type { Endpoint, Protocol } from '../model/service.js';

/** `vip . proto . port` in 49 bits. */
export type EndpointId = number;
/** `address . port` in 48 bits. */
export type TargetId = number;

/** Of an IPv4 address. */
export const addressNumber = (address: Ip): number => {
  let value = 0;
  let part = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === 0x2e) {
      value = value * 256 + part;
      part = 0;
    } else part = part * 10 + code - 0x30;
  }
  return value * 256 + part;
};

export const addressText = (value: number): Ipv4 =>
  `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}` as Ipv4;

const protocolBit = (protocol: Protocol): number => (protocol === 'udp' ? 1 : 0);

export const endpointNumber = (address: number, protocol: Protocol, port: number): EndpointId =>
  (address * 2 + protocolBit(protocol)) * 65_536 + port;

export const endpointId = ({ protocol, address, port }: Endpoint): EndpointId =>
  endpointNumber(addressNumber(address), protocol, port);

export const endpointOf = (id: EndpointId): Endpoint => {
  const high = Math.floor(id / 65_536);
  return {
    protocol: high % 2 === 1 ? 'udp' : 'tcp',
    address: addressText(Math.floor(high / 2)),
    port: id % 65_536,
  };
};

export const targetId = (address: number, port: number): TargetId => address * 65_536 + port;
export const targetAddress = (target: TargetId): number => Math.floor(target / 65_536);
export const targetPort = (target: TargetId): number => target % 65_536;
