/**
 * Does anybody else say that it has an address of ours? While this node owns it, the kernel hands on only such frames (`neighbour-filter.ts`).
 * Each is answered by an announcement, at most once a second per interface, during which nothing is listened to: whoever sends claims without
 * end costs next to nothing. A claim counts only if this node still owns the address once it knows all that the guard had said before: the next
 * owner announces as soon as the guard has closed, and its frame may be read sooner than the guard's word.
 */

import type { HealthReason } from '../election/health.js';
import { errorFrom } from '../errors.js';
import { type Ip, isIpv6 } from '../model/address.js';
import type { FloatingAddress } from '../model/node.js';
import { ETH_P_ARP, parseArp } from '../netlink/arp.js';
import { ETH_P_IPV6, parseAdvertisement } from '../netlink/nd.js';
import { claimFilter, type FilterStep } from '../netlink/neighbour-filter.js';
import type { Clock, FrameSocket, Log, Timers } from '../ports.js';

export interface AddressClaimPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  frames(interfaceName: string, etherType: number, filter: readonly FilterStep[]): FrameSocket;
  macOf(interfaceName: string): string | undefined;
  announce(addresses: readonly FloatingAddress[]): void;
  /** Resolves with true when everything that the guard has decided until now has been heard here. */
  caughtUp(): Promise<boolean>;
  record(kind: 'address-conflict' | 'address-conflict-over', message: string): void;
  say(reasons: readonly HealthReason[]): void;
}

export interface AddressClaims {
  /** The addresses that this node owns from now on; also after an interface has been made anew. */
  watch(addresses: readonly FloatingAddress[]): void;
  stop(): void;
}

/** RFC 5227 section 2.4 defends once in 10 s and then gives up; an address of a service is never given up. */
const defendEveryMs = 1_000;
/** A claim is in sight for so long after it was last heard. */
const showMs = 60_000;
const showAgainMs = 5_000;

interface Claim {
  readonly interface: string;
  readonly mac: string;
  lastMs: number;
}

const claimOf = (frame: Uint8Array): { readonly address: Ip; readonly mac: string } | undefined => {
  const arp = parseArp(frame);
  if (arp) return { address: arp.senderAddress, mac: arp.senderMac };
  const nd = parseAdvertisement(frame);
  return nd && { address: nd.target, mac: nd.frameSource };
};

export const createAddressClaims = (ports: AddressClaimPorts): AddressClaims => {
  const { clock, timers, log } = ports;
  const claims = new Map<Ip, Claim>();
  const stops = new Set<() => void>();
  let cancelShow: (() => void) | undefined;

  /** Known by sight already: no more than its time is new. */
  const note = (address: Ip, device: string, mac: string): void => {
    const known = claims.get(address);
    if (known?.mac === mac && known.interface === device) {
      known.lastMs = clock.nowMs();
      return;
    }
    claims.set(address, { interface: device, mac, lastMs: clock.nowMs() });
    ports.record(
      'address-conflict',
      `${mac} on ${device} says that it has ${address}, which this node owns: announced again`,
    );
    show();
  };

  const show = (): void => {
    cancelShow?.();
    cancelShow = undefined;
    for (const [address, { lastMs }] of claims) {
      if (clock.nowMs() - lastMs < showMs) continue;
      claims.delete(address);
      ports.record('address-conflict-over', `nobody else has claimed ${address} for ${showMs / 1000} s`);
    }
    // Seen by the owner alone, whoever that is: a weight would only send the group back and forth.
    ports.say(
      [...claims].map(([address, { interface: device, mac }]) => ({
        text: `${address} is claimed by ${mac} on ${device} too: find that machine and take the address from it`,
        weight: 0,
      })),
    );
    if (claims.size > 0) cancelShow = timers.after(showAgainMs, show);
  };

  /** One interface and family. */
  const listen = (device: string, addresses: readonly FloatingAddress[]): (() => void) => {
    const etherType = addresses.some(({ address }) => isIpv6(address)) ? ETH_P_IPV6 : ETH_P_ARP;
    let socket: FrameSocket | undefined;
    let cancel: (() => void) | undefined;
    let ended = false;
    const close = (): void => {
      socket?.close();
      socket = undefined;
    };
    const defend = (address: Ip, mac: string): void => {
      close();
      let isOurs = false;
      cancel = timers.after(defendEveryMs, () => {
        // What was claimed while nobody listened.
        if (isOurs) ports.announce(addresses);
        open();
      });
      void ports.caughtUp().then((isKnown) => {
        if (ended || !isKnown) return;
        isOurs = true;
        // This interface's own, under an address that it has got meanwhile.
        if (mac !== ports.macOf(device)) note(address, device, mac);
        ports.announce(addresses);
      });
    };
    const open = (): void => {
      cancel = undefined;
      const mac = ports.macOf(device);
      if (mac === undefined) return;
      try {
        const filter = claimFilter(
          addresses.map(({ address }) => address),
          mac,
        );
        const fresh = ports.frames(device, etherType, filter);
        socket = fresh;
        fresh.onFrame((frame) => {
          const claim = socket === fresh ? claimOf(frame) : undefined;
          if (claim) defend(claim.address, claim.mac);
        });
      } catch (thrown) {
        log.warn({ interface: device, error: errorFrom(thrown).message }, 'claims of others go unheard');
      }
    };
    open();
    return () => {
      ended = true;
      cancel?.();
      close();
    };
  };

  const stop = (): void => {
    for (const end of stops) end();
    stops.clear();
  };

  return {
    watch(addresses) {
      stop();
      const places = new Map<string, FloatingAddress[]>();
      for (const one of addresses) {
        const key = `${one.interface} ${isIpv6(one.address)}`;
        places.set(key, [...(places.get(key) ?? []), one]);
      }
      for (const some of places.values()) stops.add(listen(some[0]!.interface, some));
      const owned = new Set(addresses.map(({ address }) => address));
      for (const address of claims.keys()) if (!owned.has(address)) claims.delete(address);
      show();
    },
    stop() {
      stop();
      cancelShow?.();
      cancelShow = undefined;
    },
  };
};
