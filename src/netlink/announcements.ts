/** The frames that tell a network segment where an address is. */

import { type Ip, isIpv6 } from '../model/address.js';
import { gratuitousReply, gratuitousRequest } from './arp.js';
import { unsolicitedAdvertisement } from './nd.js';

export const announcements = (mac: string, address: Ip): Uint8Array[] =>
  isIpv6(address)
    ? [unsolicitedAdvertisement(mac, address)]
    : [gratuitousRequest(mac, address), gratuitousReply(mac, address)];
