/** Whether a neighbour is there: asked by ARP (RFC 5227 section 1.1) or Neighbour Discovery (RFC 4861 section 7.2.2), on its own link. */

import { type Ip, isIpv6 } from '../model/address.js';
import { arpProbe, ETH_P_ARP } from '../netlink/arp.js';
import { ETH_P_IPV6, solicitation } from '../netlink/nd.js';
import { claimFilter } from '../netlink/neighbour-filter.js';
import type { FrameSocket } from '../ports.js';
import { createFrameSocket } from './frames.js';
import { linkLocalOf, macOf } from './neighbourhood.js';

/** False: nothing of it came within `ms`, or it could not be asked. */
export const hearsNeighbour = (
  { interface: device, address }: { readonly interface: string; readonly address: Ip },
  ms: number,
): Promise<boolean> => {
  const mac = macOf(device);
  const own = isIpv6(address) ? linkLocalOf(device) : undefined;
  if (mac === undefined || (isIpv6(address) && own === undefined)) return Promise.resolve(false);
  return new Promise((resolve) => {
    let socket: FrameSocket | undefined;
    const settle = (isThere: boolean): void => {
      clearTimeout(timer);
      socket?.close();
      resolve(isThere);
    };
    const timer = setTimeout(() => settle(false), ms);
    try {
      socket = createFrameSocket(
        device,
        isIpv6(address) ? ETH_P_IPV6 : ETH_P_ARP,
        // Whatever it says of itself will do.
        claimFilter([address], mac),
      );
      socket.onFrame(() => settle(true));
      socket.send(isIpv6(address) ? solicitation(mac, own!, address) : arpProbe(mac, address));
    } catch {
      // An interface that is down or gone: its carrier tells of that.
      settle(false);
    }
  });
};
