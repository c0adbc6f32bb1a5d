/** The kernel's neighbour table over rtnetlink: the port `Neighbours`. */

import { eachMessage, viewOf } from '../netlink/message.js';
import * as rt from '../netlink/rtnetlink.js';
import type { NeighbourState, Neighbours } from '../ports.js';
import { createNetlinkAsker } from './netlink-dumps.js';
import { NETLINK_ROUTE, openNetlinkSocket } from './netlink-socket.js';

/** Listens from the start, so that nothing is missed between a list and what follows it. */
export const createNeighbours = (): Neighbours => {
  const asker = createNetlinkAsker(NETLINK_ROUTE);
  const changeListeners = new Set<(entry: NeighbourState, gone: boolean) => void>();
  const lossListeners = new Set<() => void>();
  const socket = openNetlinkSocket(
    {
      protocol: NETLINK_ROUTE,
      messageBytes: 16 * 1024,
      receiveBytes: 8 * 1024 * 1024,
      groups: [rt.RTNLGRP_NEIGH],
    },
    {
      message(bytes) {
        const view = viewOf(bytes);
        eachMessage(view, ({ type, from, to }) => {
          if (type !== rt.RTM_NEWNEIGH && type !== rt.RTM_DELNEIGH) return;
          const entry = rt.readNeighbour(view, bytes, from, to);
          if (!entry) return;
          for (const listener of changeListeners) listener(entry, type === rt.RTM_DELNEIGH);
        });
      },
      lost() {
        for (const listener of lossListeners) listener();
      },
    },
  );
  return {
    async list() {
      const entries: NeighbourState[] = [];
      await asker.ask('listing neighbours', rt.dumpNeighbours, ({ view, bytes }, { type, from, to }) => {
        const entry = type === rt.RTM_NEWNEIGH ? rt.readNeighbour(view, bytes, from, to) : undefined;
        if (entry) entries.push(entry);
      });
      return entries;
    },
    onChange(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    onLoss(listener) {
      lossListeners.add(listener);
      return () => lossListeners.delete(listener);
    },
    close() {
      changeListeners.clear();
      lossListeners.clear();
      socket.close();
      asker.close();
    },
  };
};
