/** What the main thread does for the addresses of groups that this node owns: neighbours that have them, and others that claim them. */

import { createAddressClaims } from './app/address-claims.js';
import type { EventRecorder } from './app/events.js';
import type { Guard } from './app/guard.js';
import { createHeal } from './app/heal.js';
import type { HealthReason } from './election/health.js';
import { errorFrom } from './errors.js';
import { isIpv6 } from './model/address.js';
import type { FloatingAddress, NodeConfig } from './model/node.js';
import { announcements } from './netlink/announcements.js';
import { ETH_P_ARP } from './netlink/arp.js';
import { ETH_P_IPV6 } from './netlink/nd.js';
import type { Log } from './ports.js';
import { systemClock, systemTimers } from './shell/clock.js';
import { createFrameSocket } from './shell/frames.js';
import { nameToIndex } from './shell/libc.js';
import { macOf, routersOf } from './shell/neighbourhood.js';
import { createNeighbours } from './shell/neighbours.js';

export interface AddressParts {
  readonly guard: Pick<Guard, 'onEvent' | 'caughtUp'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly log: Log;
  readonly say: (reasons: readonly HealthReason[]) => void;
}

/** Frames leave by a socket for the occasion: announcements are rare. */
const announceBy = (log: Log) => (addresses: readonly FloatingAddress[]) => {
  for (const { address, interface: device } of addresses) {
    const mac = macOf(device);
    if (mac === undefined) continue;
    try {
      const socket = createFrameSocket(device, isIpv6(address) ? ETH_P_IPV6 : ETH_P_ARP);
      try {
        for (const frame of announcements(mac, address)) socket.send(frame);
      } finally {
        socket.close();
      }
    } catch (thrown) {
      log.debug({ address, interface: device, error: errorFrom(thrown).message }, 'could not announce');
    }
  }
};

/** Known to the kernel, and not known to be gone. */
export const neighboursOf = async (device: string) => {
  const neighbours = createNeighbours();
  try {
    const index = nameToIndex(device);
    const known = (await neighbours.list()).filter(
      ({ linkIndex, state }) => linkIndex === index && (state === 'confirmed' || state === 'stale'),
    );
    return known.map(({ address }) => address);
  } finally {
    neighbours.close();
  }
};

/** From now on; `active`: groups that this node owns, kept up to date by somebody who hears of roles before this does. Returns what ends it. */
export const lookAfterAddresses = (
  { groups }: Pick<NodeConfig, 'groups'>,
  active: ReadonlySet<string>,
  { guard, events, log, say }: AddressParts,
): (() => void) => {
  const ports = {
    ...{ clock: systemClock, timers: systemTimers, log, macOf, routersOf, neighboursOf, say },
    frames: createFrameSocket,
    announce: announceBy(log),
    caughtUp: guard.caughtUp,
    record: (kind: string, message: string) => events.record(kind, message, {}),
  };
  const claims = createAddressClaims(ports);
  const heal = createHeal(ports);
  const watch = (): void =>
    claims.watch(groups.filter(({ name }) => active.has(name)).flatMap(({ addresses }) => addresses));
  const begin = (name: string): void => {
    const group = groups.find((one) => one.name === name);
    if (group) heal.begin(name, group.addresses);
  };
  watch();
  for (const name of active) begin(name);
  const unsubscribe = guard.onEvent((event) => {
    if (event.kind === 'role') {
      const { group, to } = event;
      if (to === 'active') begin(group);
      else heal.end(group);
      watch();
    } else if (event.kind === 'peer' && event.alive) {
      // A partition has healed: neighbours on the other side may have heard somebody else, or nobody.
      for (const name of active) {
        ports.announce(groups.find((one) => one.name === name)?.addresses ?? []);
        begin(name);
      }
    } else if (event.kind === 'guard-repaired' || event.kind === 'address-corrected') {
      // An interface may have been made anew, and the sockets were on the old one.
      watch();
      for (const name of active) begin(name);
    }
  });
  return () => {
    unsubscribe();
    claims.stop();
    for (const name of active) heal.end(name);
  };
};
