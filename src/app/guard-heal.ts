/** After a takeover: asks neighbours from the floating address until they have this node's MAC; hears of others who answer for it. IPv4. */

import {
  askAgain,
  conflictTexts,
  createHeal,
  type Heal,
  healBounds,
  hearArp,
  loseAddresses,
  ownAddresses,
} from '../election/heal.js';
import { errorFrom } from '../errors.js';
import { type Ipv4, isIpv6 } from '../model/address.js';
import type { NodeConfig } from '../model/node.js';
import { arpRequest, ETH_P_ARP, parseArp } from '../netlink/arp.js';
import type { FrameSocket, LinkState } from '../ports.js';
import type { GuardLoopPorts } from './guard-ports.js';

export interface GuardHeal {
  start(): void;
  own(group: string): void;
  lose(group: string): void;
  stop(): void;
}

interface Listening {
  readonly heal: Heal;
  socket: FrameSocket | undefined;
}

export const createGuardHeal = (
  ports: GuardLoopPorts,
  config: NodeConfig,
  links: ReadonlyMap<string, LinkState>,
  on: {
    /** What somebody else does, as long as it counts; told when it changes. */
    conflicts(texts: readonly string[]): void;
    healed(detail: string): void;
    /** The address must be announced again. */
    defend(group: string): void;
  },
): GuardHeal => {
  const { clock, timers } = ports;
  const listening = new Map<string, Listening>();
  let cancel: (() => void) | undefined;
  let told = '';

  const addressesOn = (link: string, group?: string): string[] =>
    config.groups
      .filter(({ name }) => group === undefined || name === group)
      .flatMap(({ addresses }) => addresses)
      .filter((one) => one.interface === link && !isIpv6(one.address))
      .map(({ address }) => address);
  const groupOf = (address: string): string =>
    config.groups.find(({ addresses }) => addresses.some((one) => one.address === address))!.name;

  const listen = (link: string, { heal }: Listening): FrameSocket => {
    const floating = new Set(addressesOn(link));
    const socket = ports.frames(link, ETH_P_ARP);
    socket.onFrame((frame) => {
      const packet = parseArp(frame);
      const mac = links.get(link)?.mac;
      if (!packet || mac === undefined) return;
      const nowMs = clock.nowMs();
      const { conflict, healed } = hearArp(heal, packet, { mac, floating }, nowMs);
      if (conflict !== undefined) on.defend(groupOf(packet.senderAddress));
      if (healed) {
        const tookMs = Math.round(nowMs - heal.startedMs);
        on.healed(`every known neighbour on ${link} has the new owner after ${tookMs} ms`);
      }
    });
    return socket;
  };

  const look = (): void => {
    cancel = timers.after(healBounds.everyMs, look);
    const conflicts: string[] = [];
    for (const [link, one] of listening) {
      conflicts.push(...conflictTexts(one.heal, link, clock.nowMs()));
      ask(link, one);
    }
    if (told === conflicts.join()) return;
    told = conflicts.join();
    on.conflicts(conflicts);
  };

  const ask = (link: string, one: Listening): void => {
    const state = links.get(link);
    if (!state?.usable) return;
    try {
      one.socket ??= listen(link, one);
      for (const { neighbour, from } of askAgain(one.heal).asks) {
        one.socket.send(arpRequest(state.mac, from as Ipv4, neighbour as Ipv4));
      }
    } catch (thrown) {
      // The interface may have been made anew: a fresh socket next time.
      ports.log.debug({ interface: link, error: errorFrom(thrown).message }, 'neighbours not asked');
      one.socket?.close();
      one.socket = undefined;
    }
  };

  return {
    start() {
      for (const { addresses } of config.groups) {
        for (const { address, interface: link } of addresses) {
          if (!isIpv6(address) && !listening.has(link)) {
            listening.set(link, { heal: createHeal(), socket: undefined });
          }
        }
      }
      if (listening.size > 0) look();
    },
    own(group) {
      for (const [link, one] of listening) {
        ownAddresses(one.heal, addressesOn(link, group), clock.nowMs());
        ask(link, one);
      }
    },
    lose(group) {
      for (const [link, { heal }] of listening) loseAddresses(heal, addressesOn(link, group));
    },
    stop() {
      cancel?.();
      for (const { socket } of listening.values()) socket?.close();
    },
  };
};
