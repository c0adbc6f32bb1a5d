/**
 * Interfaces and addresses over rtnetlink: the port `Links`. Usable in any thread.
 *
 * Every request here but a dump of addresses (since Linux 6.9) waits for the RTNL mutex, inside sendmsg(2): 460 ms were seen beside others
 * that made and removed namespaces. So a watch asks once and then listens; only where it has no other means it keeps asking.
 */

import { RelevoError } from '../errors.js';
import { eachMessage, errnoError, viewOf } from '../netlink/message.js';
import * as rt from '../netlink/rtnetlink.js';
import type { LinkState, Links } from '../ports.js';
import { createCarrierCounters } from './carrier.js';
import { createNetlinkAsker, type NetlinkAsker } from './netlink-dumps.js';
import { isOwnPort } from './netlink-ports.js';
import { NETLINK_ROUTE, type NetlinkSocket, openNetlinkSocket } from './netlink-socket.js';

const EEXIST = 17;
const EADDRNOTAVAIL = 99;
const ENODEV = 19;

const listLinks = async (asker: NetlinkAsker): Promise<LinkState[]> => {
  const links: LinkState[] = [];
  await asker.ask('listing interfaces', rt.dumpLinks, ({ view, bytes }, message) => {
    if (message.type !== rt.RTM_NEWLINK) return;
    const link = rt.readLink(view, bytes, message.from, message.to);
    if (link) links.push(link);
  });
  return links;
};

const listAddresses = async (asker: NetlinkAsker, family: number): Promise<rt.LinkAddress[]> => {
  const addresses: rt.LinkAddress[] = [];
  const dump = (sequence: number): Uint8Array => rt.dumpAddresses(sequence, family);
  await asker.ask('listing addresses', dump, ({ view, bytes }, message) => {
    if (message.type !== rt.RTM_NEWADDR) return;
    const found = rt.readAddress(view, bytes, message.from, message.to);
    // A kernel without IPv6 answers for IPv6 with what it has.
    if (found && rt.familyOf(found.address) === family) addresses.push(found);
  });
  return addresses;
};

const findLink = async (asker: NetlinkAsker, name: string): Promise<LinkState> => {
  let found: LinkState | undefined;
  await asker.ask(
    `finding interface ${name}`,
    (sequence) => rt.getLink(sequence, name),
    ({ view, bytes }, message) => {
      found = rt.readLink(view, bytes, message.from, message.to);
    },
  );
  if (!found) throw errnoError(ENODEV, `finding interface ${name}`, { interface: name });
  return found;
};

/** Runs a request whose refusal with one of `harmless` means that all is as wished. */
const tolerating = async (harmless: readonly number[], run: () => Promise<unknown>): Promise<void> => {
  try {
    await run();
  } catch (thrown) {
    if (thrown instanceof RelevoError && harmless.includes(Number(thrown.facts.errno))) return;
    throw thrown;
  }
};

const same = (a: LinkState | undefined, b: LinkState): boolean =>
  a !== undefined &&
  a.name === b.name &&
  a.mac === b.mac &&
  a.usable === b.usable &&
  a.ethernet === b.ethernet &&
  a.portOf === b.portOf;

type LinkListener = (name: string, state: LinkState | undefined) => void;

export interface LinksOptions {
  /** The links to `look` at; undefined: all. */
  readonly carrierLinks?: readonly string[];
}

/** What a counter has told is confirmed after this long, when the kernel has surely told it as well. */
const confirmMs = 1_500;

interface LinkWatch {
  look(): void;
  nameOf(index: number): string | undefined;
  indexOf(name: string): number | undefined;
  close(): void;
}

/** Keeps the picture of the links and tells of differences, once each; tells when others change addresses. */
const createLinkWatch = (
  asker: NetlinkAsker,
  options: LinksOptions,
  tell: LinkListener,
  tellAddresses: () => void,
): LinkWatch => {
  const stateByIndex = new Map<number, LinkState>();
  const carriers = createCarrierCounters(options.carrierLinks);
  let known = false;
  let early: (() => void)[] = [];

  const change = (state: LinkState): void => {
    const before = stateByIndex.get(state.index);
    if (same(before, state)) return;
    stateByIndex.set(state.index, state);
    if (before && before.name !== state.name) tell(before.name, undefined);
    tell(state.name, state);
  };
  const update = (state: LinkState): void => {
    carriers.note(state);
    change(state);
  };
  const remove = (index: number): void => {
    carriers.forget(index);
    const before = stateByIndex.get(index);
    if (!before) return;
    stateByIndex.delete(index);
    tell(before.name, undefined);
  };
  let comparing = false;
  const compareWithKernel = async (): Promise<void> => {
    const links = await listLinks(asker);
    if (!known) for (const link of links) stateByIndex.set(link.index, link);
    known = true;
    const present = new Set(links.map((link) => link.index));
    for (const index of [...stateByIndex.keys()]) if (!present.has(index)) remove(index);
    for (const link of links) update(link);
    const waiting = early;
    early = [];
    for (const one of waiting) one();
  };

  const look = (): void => {
    if (comparing) return;
    comparing = true;
    compareWithKernel()
      // Closed, or a dump that failed: what is told by events still counts, and the next look tries again.
      .catch(() => {
        known = true;
      })
      .finally(() => {
        comparing = false;
      });
  };
  let confirming: NodeJS.Timeout | undefined;
  /** The kernel tells of at most one loss of carrier per second, over all interfaces of the machine (linkwatch, net/core/link_watch.c). */
  const glance = (): void => {
    for (const state of carriers.lost()) {
      change({ ...state, usable: false });
      clearTimeout(confirming);
      confirming = setTimeout(look, confirmMs);
    }
    if (!carriers.complete) look();
  };

  const socket: NetlinkSocket = openNetlinkSocket(
    {
      protocol: NETLINK_ROUTE,
      messageBytes: 16 * 1024,
      receiveBytes: 8 * 1024 * 1024,
      groups: [rt.RTNLGRP_LINK, rt.RTNLGRP_IPV4_IFADDR, rt.RTNLGRP_IPV6_IFADDR],
    },
    {
      message(bytes) {
        const view = viewOf(bytes);
        eachMessage(view, (message) => {
          if (message.type === rt.RTM_NEWADDR || message.type === rt.RTM_DELADDR) {
            if (!isOwnPort(message.port)) tellAddresses();
            return;
          }
          if (message.type !== rt.RTM_NEWLINK && message.type !== rt.RTM_DELLINK) return;
          const state = rt.readLink(view, bytes, message.from, message.to);
          if (!state) return;
          const apply = (): void => (message.type === rt.RTM_NEWLINK ? update(state) : remove(state.index));
          // What arrives before the first list is judged against it.
          if (known) apply();
          else early.push(apply);
        });
      },
      lost() {
        look();
        tellAddresses();
      },
    },
  );
  look();
  return {
    look: glance,
    nameOf: (index) => stateByIndex.get(index)?.name,
    indexOf(name) {
      for (const state of stateByIndex.values()) if (state.name === name) return state.index;
      return undefined;
    },
    close() {
      clearTimeout(confirming);
      carriers.close();
      socket.close();
    },
  };
};

export const createLinks = (options: LinksOptions = {}): Links => {
  const asker = createNetlinkAsker(NETLINK_ROUTE);
  const listeners = new Set<LinkListener>();
  const addressListeners = new Set<() => void>();
  let watch: LinkWatch | undefined;
  const startWatch = (): void => {
    watch ??= createLinkWatch(
      asker,
      options,
      (name, state) => {
        for (const one of listeners) one(name, state);
      },
      () => {
        for (const one of addressListeners) one();
      },
    );
  };
  const indexOf = async (name: string): Promise<number> =>
    watch?.indexOf(name) ?? (await findLink(asker, name)).index;
  return {
    list: () => listLinks(asker),
    onChange(listener) {
      listeners.add(listener);
      startWatch();
      return () => listeners.delete(listener);
    },
    look: () => watch?.look(),
    onAddressChange(listener) {
      addressListeners.add(listener);
      startWatch();
      return () => addressListeners.delete(listener);
    },
    async addAddress(linkName, address, prefixLength) {
      // Both questions are on their way before the first is answered.
      const [linkIndex, present] = await Promise.all([
        indexOf(linkName),
        listAddresses(asker, rt.familyOf(address)),
      ]);
      // A second address of a network must not bring a second route, nor take the only one with it when it goes.
      const noPrefixRoute = present.some(
        (one) => one.linkIndex === linkIndex && one.address !== address && rt.covers(one, address),
      );
      const wanted = { linkIndex, address, prefixLength };
      await tolerating([EEXIST], () =>
        asker.ask(
          `adding ${address}/${prefixLength} to ${linkName}`,
          (sequence) => rt.addAddress(sequence, wanted, noPrefixRoute),
          () => {},
        ),
      );
    },
    removeAddress: (linkName, address, prefixLength) =>
      tolerating([EADDRNOTAVAIL, ENODEV], async () => {
        const unwanted = { linkIndex: await indexOf(linkName), address, prefixLength };
        await asker.ask(
          `removing ${address}/${prefixLength} from ${linkName}`,
          (sequence) => rt.deleteAddress(sequence, unwanted),
          () => {},
        );
      }),
    async addresses() {
      const links = watch ? [] : await listLinks(asker);
      const nameByIndex = new Map(links.map((link) => [link.index, link.name]));
      const both = await Promise.all([rt.AF_INET, rt.AF_INET6].map((one) => listAddresses(asker, one)));
      return both.flat().flatMap(({ linkIndex, address, prefixLength }) => {
        const link = watch?.nameOf(linkIndex) ?? nameByIndex.get(linkIndex);
        return link === undefined ? [] : [{ link, address, prefixLength }];
      });
    },
    close() {
      listeners.clear();
      addressListeners.clear();
      watch?.close();
      asker.close();
    },
  };
};
