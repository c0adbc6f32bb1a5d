/** Interfaces and addresses over rtnetlink: the port `Links`. Usable in any thread. */

import { RelevoError } from '../errors.js';
import { eachMessage, errnoError, viewOf } from '../netlink/message.js';
import * as rt from '../netlink/rtnetlink.js';
import type { LinkState, Links } from '../ports.js';
import { createNetlinkAsker, type NetlinkAsker } from './netlink-dumps.js';
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

const listAddresses = async (asker: NetlinkAsker): Promise<rt.LinkAddress[]> => {
  const addresses: rt.LinkAddress[] = [];
  await asker.ask('listing addresses', rt.dumpAddresses, ({ view, bytes }, message) => {
    if (message.type !== rt.RTM_NEWADDR) return;
    const address = rt.readAddress(view, bytes, message.from, message.to);
    if (address) addresses.push(address);
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
  a !== undefined && a.name === b.name && a.mac === b.mac && a.usable === b.usable;

type LinkListener = (name: string, state: LinkState | undefined) => void;

export interface LinksOptions {
  /**
   * Also look every so often, beside listening: the kernel tells of at most one loss of carrier per second, over all interfaces of
   * the machine (linkwatch, net/core/link_watch.c), so a second one may be told a second late. One look costs some 0.1 ms.
   */
  readonly carrierPollMs?: number;
}

/** Keeps the picture of the links and tells of differences, once each. */
const createLinkWatch = (
  asker: NetlinkAsker,
  pollMs: number | undefined,
  tell: LinkListener,
): { close(): void } => {
  const stateByIndex = new Map<number, LinkState>();
  let known = false;
  let early: (() => void)[] = [];

  const update = (state: LinkState): void => {
    const before = stateByIndex.get(state.index);
    if (same(before, state)) return;
    stateByIndex.set(state.index, state);
    if (before && before.name !== state.name) tell(before.name, undefined);
    tell(state.name, state);
  };
  const remove = (index: number): void => {
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
  const timer = pollMs === undefined ? undefined : setInterval(look, pollMs);

  const socket: NetlinkSocket = openNetlinkSocket(
    {
      protocol: NETLINK_ROUTE,
      messageBytes: 16 * 1024,
      receiveBytes: 8 * 1024 * 1024,
      groups: [rt.RTNLGRP_LINK],
    },
    {
      message(bytes) {
        const view = viewOf(bytes);
        eachMessage(view, (message) => {
          if (message.type !== rt.RTM_NEWLINK && message.type !== rt.RTM_DELLINK) return;
          const state = rt.readLink(view, bytes, message.from, message.to);
          if (!state) return;
          const apply = (): void => (message.type === rt.RTM_NEWLINK ? update(state) : remove(state.index));
          // What arrives before the first list is judged against it.
          if (known) apply();
          else early.push(apply);
        });
      },
      lost: look,
    },
  );
  look();
  return {
    close() {
      clearInterval(timer);
      socket.close();
    },
  };
};

export const createLinks = (options: LinksOptions = {}): Links => {
  const asker = createNetlinkAsker(NETLINK_ROUTE);
  const listeners = new Set<LinkListener>();
  let watch: { close(): void } | undefined;
  return {
    list: () => listLinks(asker),
    onChange(listener) {
      listeners.add(listener);
      watch ??= createLinkWatch(asker, options.carrierPollMs, (name, state) => {
        for (const one of listeners) one(name, state);
      });
      return () => listeners.delete(listener);
    },
    async addAddress(linkName, address, prefixLength) {
      // Both questions are on their way before the first is answered.
      const [link, present] = await Promise.all([findLink(asker, linkName), listAddresses(asker)]);
      // A second address of a network must not bring a second route, nor take the only one with it when it goes.
      const noPrefixRoute = present.some(
        (one) => one.linkIndex === link.index && one.address !== address && rt.covers(one, address),
      );
      const wanted = { linkIndex: link.index, address, prefixLength };
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
        const link = await findLink(asker, linkName);
        const unwanted = { linkIndex: link.index, address, prefixLength };
        await asker.ask(
          `removing ${address}/${prefixLength} from ${linkName}`,
          (sequence) => rt.deleteAddress(sequence, unwanted),
          () => {},
        );
      }),
    async addresses() {
      const [links, addresses] = await Promise.all([listLinks(asker), listAddresses(asker)]);
      const nameByIndex = new Map(links.map((link) => [link.index, link.name]));
      return addresses.flatMap(({ linkIndex, address, prefixLength }) => {
        const link = nameByIndex.get(linkIndex);
        return link === undefined ? [] : [{ link, address, prefixLength }];
      });
    },
    close() {
      listeners.clear();
      watch?.close();
      asker.close();
    },
  };
};
