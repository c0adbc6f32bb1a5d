/** The guard's writes to the kernel: its table, the lease batches, local addresses, announcements. Nobody else makes them. */

import {
  adoptGuard,
  buildGuard,
  guardTable,
  leaseTransaction,
  removeGuard,
} from '../election/guard-table.js';
import type { KernelOp } from '../election/types.js';
import { errorFrom, RelevoError } from '../errors.js';
import { isIpv6 } from '../model/address.js';
import type { FloatingAddress, NodeConfig } from '../model/node.js';
import { announcements } from '../netlink/announcements.js';
import { ETH_P_ARP } from '../netlink/arp.js';
import { ETH_P_IPV6 } from '../netlink/nd.js';
import type { FrameSocket, LinkState } from '../ports.js';
import type { GuardLoopPorts } from './guard-ports.js';

export interface Written {
  readonly result: 'done' | 'missing' | 'failed';
  readonly detail: string;
}

const done: Written = { result: 'done', detail: '' };

const failure = (op: KernelOp, thrown: unknown): Written => {
  const { code, message } = errorFrom(thrown);
  if (code !== 'kernel-missing') return { result: 'failed', detail: message };
  // Without a table nothing is held: that is what a close wants.
  return { result: op === 'close' ? 'done' : 'missing', detail: message };
};

export interface GuardKernel {
  readonly owned: boolean;
  /** MAC and usability by interface name. */
  readonly links: Map<string, LinkState>;
  /** Removes addresses that an earlier process left, and makes the table. Rejects when it belongs to another process. */
  prepare(): Promise<void>;
  /** Puts the table back after a foreign hand; what was held is not held any more. */
  repair(): Promise<void>;
  /** Renewals have ended when it returns: they are most of what a guard does. */
  write(op: KernelOp, group: string, reason: string): Written | Promise<Written>;
  addAddresses(group: string): Promise<void>;
  removeAddresses(group: string): Promise<void>;
  /** Puts local addresses right where a foreign hand changed them; returns what was done. */
  correctAddresses(isActive: (group: string) => boolean): Promise<string[]>;
  announce(group: string): void;
  close(options: { removeTable: boolean }): Promise<void>;
}

export const createGuardKernel = (
  ports: GuardLoopPorts,
  config: NodeConfig,
  onTrouble: (detail: string) => void,
): GuardKernel => {
  const { nft, links: linksPort } = ports;
  const all = config.groups.flatMap((group) => group.addresses);
  const interfaces = [...new Set(all.map((address) => address.interface))];
  const byGroup = new Map<string, readonly FloatingAddress[]>(
    config.groups.map((group) => [group.name, group.addresses]),
  );
  const links = new Map<string, LinkState>();
  const frames = new Map<string, FrameSocket>();
  let owned = false;
  // Additions and removals of one address must reach the kernel in the order in which they were decided.
  let addressWork: Promise<void> = Promise.resolve();

  const addressesOf = (group: string): readonly FloatingAddress[] => byGroup.get(group) ?? [];

  const build = async (replace: boolean): Promise<void> => {
    const devices = interfaces.filter((name) => links.has(name));
    const addresses = all.map(({ address }) => address);
    if (devices.length === 0) {
      throw new RelevoError(
        'bad-config',
        `groups: no interface called ${interfaces.join(' or ')} on this machine`,
        {},
      );
    }
    try {
      await nft.commit(buildGuard(devices, addresses, { owner: true, replace }));
      owned = true;
    } catch (thrown) {
      if (errorFrom(thrown).code !== 'unsupported') throw thrown;
      await nft.commit(buildGuard(devices, addresses, { owner: false, replace }));
      owned = false;
    }
  };

  /** Makes a table that is there already this socket's own; true when there is one. */
  const adopt = async (): Promise<boolean> => {
    if (!(await nft.readTable(guardTable))) return false;
    try {
      await nft.commit(adoptGuard);
    } catch (thrown) {
      const { code } = errorFrom(thrown);
      if (code === 'not-permitted') {
        throw new RelevoError(
          'conflict',
          'the guard table netdev relevo belongs to another process: is another agent running, perhaps stopped?',
          {},
          thrown,
        );
      }
      // A table without an owner cannot get one; it is replaced by one that has.
      if (code !== 'unsupported') throw thrown;
    }
    return true;
  };

  const commitLease = (op: KernelOp, group: string, reason: string): Promise<void> => {
    const addresses = addressesOf(group).map(({ address }) => address);
    return nft.commit(leaseTransaction(op, addresses, config.timing.leaseMs, reason));
  };

  const renewals = new Map<string, () => void>();
  const renewal = (group: string): (() => void) => {
    const known = renewals.get(group);
    if (known) return known;
    const addresses = addressesOf(group).map(({ address }) => address);
    const fresh = nft.prepare(leaseTransaction('renew', addresses, config.timing.leaseMs, `renew ${group}`));
    renewals.set(group, fresh);
    return fresh;
  };

  const frameSocket = (name: string, etherType: number): FrameSocket => {
    const key = `${name} ${etherType}`;
    const known = frames.get(key);
    if (known) return known;
    const fresh = ports.frames(name, etherType);
    frames.set(key, fresh);
    return fresh;
  };

  const announceOne = ({ address, interface: name }: FloatingAddress): void => {
    const link = links.get(name);
    if (!link) return;
    const etherType = isIpv6(address) ? ETH_P_IPV6 : ETH_P_ARP;
    try {
      const socket = frameSocket(name, etherType);
      for (const frame of announcements(link.mac, address)) socket.send(frame);
    } catch (thrown) {
      // The interface may have been made anew under its old name: a fresh socket next time.
      const key = `${name} ${etherType}`;
      frames.get(key)?.close();
      frames.delete(key);
      ports.log.debug({ address, interface: name, error: errorFrom(thrown).message }, 'could not announce');
    }
  };

  const changeAddresses = (group: string, verb: 'addAddress' | 'removeAddress'): Promise<void> => {
    addressWork = addressWork.then(async () => {
      for (const { address, prefixLength, interface: name } of addressesOf(group)) {
        try {
          await linksPort[verb](name, address, prefixLength);
        } catch (thrown) {
          const action = verb === 'addAddress' ? 'add' : 'remove';
          onTrouble(`cannot ${action} ${address} on ${name}: ${errorFrom(thrown).message}`);
        }
      }
    });
    return addressWork;
  };

  const correctAddresses = async (isActive: (group: string) => boolean): Promise<string[]> => {
    const present = await linksPort.addresses();
    const corrections: string[] = [];
    for (const { name: group, addresses } of config.groups) {
      for (const { address, prefixLength, interface: link } of addresses) {
        const here = present.filter((one) => one.address === address && one.link !== 'lo');
        if (!isActive(group)) {
          // Whoever gave it to this machine may have used another prefix length, or another interface.
          for (const one of here) {
            await linksPort.removeAddress(one.link, address, one.prefixLength);
            corrections.push(`${address} was on ${one.link} of a standby`);
          }
        } else if (links.has(link) && !here.some((one) => one.link === link)) {
          await linksPort.addAddress(link, address, prefixLength);
          corrections.push(`${address} was missing on ${link} of the owner`);
        }
      }
    }
    return corrections;
  };

  return {
    get owned() {
      return owned;
    },
    links,
    async prepare() {
      for (const link of await linksPort.list()) links.set(link.name, link);
      // First of all: an agent that is alive must not lose its addresses to a second one.
      const isThere = await adopt();
      for (const group of config.groups) await changeAddresses(group.name, 'removeAddress');
      await build(isThere);
    },
    repair: async () => build(await adopt()),
    write(op, group, reason) {
      if (op !== 'renew') {
        return commitLease(op, group, reason).then(
          () => done,
          (thrown) => failure(op, thrown),
        );
      }
      try {
        renewal(group)();
        return done;
      } catch (thrown) {
        return failure(op, thrown);
      }
    },
    addAddresses: (group) => changeAddresses(group, 'addAddress'),
    removeAddresses: (group) => changeAddresses(group, 'removeAddress'),
    correctAddresses(isActive) {
      const corrected = addressWork.then(() => correctAddresses(isActive));
      addressWork = corrected.then(
        () => {},
        () => {},
      );
      return corrected;
    },
    announce(group) {
      for (const address of addressesOf(group)) announceOne(address);
    },
    async close({ removeTable }) {
      await addressWork;
      if (removeTable) await nft.commit(removeGuard).catch(() => {});
      for (const socket of frames.values()) socket.close();
      frames.clear();
    },
  };
};
