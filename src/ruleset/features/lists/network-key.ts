/** Keys of elements of policies: the bytes of their networks, as text that maps can be made of. */

import { ipBytes, isIpv6 } from '../../../model/address.js';
import type { PolicyElement } from '../../../model/service.js';
import { prefixMask } from '../../../netlink/nft/encode-key.js';
import { keyText } from '../../same-element.js';

export type Network = Pick<PolicyElement, 'address' | 'prefixLength'>;

/** Of IPv4 addresses without making arrays: a list has hundreds of thousands. */
const ipv4Key = (address: string, prefixLength: number): string => {
  let number = 0;
  let part = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === 0x2e) {
      number = (number << 8) | part;
      part = 0;
    } else part = part * 10 + code - 0x30;
  }
  number = (number << 8) | part;
  if (prefixLength < 32) number &= prefixLength === 0 ? 0 : -1 << (32 - prefixLength);
  return String.fromCharCode(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
};

/** The network's bytes as text. */
export const keyOf = ({ address, prefixLength }: Network): string => {
  if (!isIpv6(address)) return ipv4Key(address, prefixLength);
  const bytes = ipBytes(address);
  if (prefixLength < 128) {
    const mask = prefixMask(bytes.length, prefixLength);
    for (let at = 0; at < bytes.length; at++) bytes[at]! &= mask[at]!;
  }
  return keyText(bytes);
};
