/** Who originates the entries of which group, and in which epoch: one book per node, read by every peer's session. */

import type { Ipv6 } from '../model/address.js';

export interface GroupConfig {
  readonly name: string;
  /** Floating addresses: those of IPv4 as numbers. */
  readonly addresses: readonly (number | Ipv6)[];
}

/** `unknown`: not in our configuration. `stale`: a newer epoch is known. `contested`: two origins in one epoch. */
export type Admission = 'accepted' | 'unknown' | 'stale' | 'contested';

interface GroupState {
  epoch: number;
  origin: string | undefined;
  active: boolean;
}

export class GroupBook {
  readonly names: readonly string[];
  readonly #self: string;
  readonly #indexByName: ReadonlyMap<string, number>;
  readonly #indexByAddress: ReadonlyMap<number | Ipv6, number>;
  readonly #states: GroupState[];

  constructor(self: string, groups: readonly GroupConfig[]) {
    this.#self = self;
    this.names = groups.map(({ name }) => name);
    this.#indexByName = new Map(groups.map(({ name }, index) => [name, index]));
    this.#indexByAddress = new Map(
      groups.flatMap(({ addresses }, index) =>
        addresses.map((address): [number | Ipv6, number] => [address, index]),
      ),
    );
    this.#states = groups.map(() => ({ epoch: 0, origin: undefined, active: false }));
  }

  indexOf(name: string): number {
    return this.#indexByName.get(name) ?? -1;
  }

  readonly groupOf = (address: number | Ipv6): number => this.#indexByAddress.get(address) ?? -1;

  /** True if something changed. */
  setActive(group: number, epoch: number, active: boolean): boolean {
    const state = this.#states[group]!;
    if (state.active === active && (epoch === state.epoch || !active)) return false;
    if (epoch > state.epoch || active) {
      state.epoch = Math.max(epoch, state.epoch);
      state.origin = active ? this.#self : undefined;
    }
    state.active = active;
    return true;
  }

  isActive(group: number): boolean {
    return this.#states[group]?.active ?? false;
  }

  epochOf(group: number): number {
    return this.#states[group]!.epoch;
  }

  originOf(group: number): string | undefined {
    return this.#states[group]!.origin;
  }

  activeGroups(): number[] {
    return this.names.map((_, index) => index).filter((index) => this.isActive(index));
  }

  /** Whether entries that `origin` sends in this epoch count: it must have said before that it owns the group. */
  isOrigin(name: string, epoch: number, origin: string): boolean {
    const state = this.#states[this.indexOf(name)];
    return state !== undefined && state.epoch === epoch && state.origin === origin;
  }

  /** Whether what `origin` says of its owning a group counts; remembers a newer epoch. */
  admit(name: string, epoch: number, origin: string): Admission {
    const index = this.indexOf(name);
    if (index < 0) return 'unknown';
    const state = this.#states[index]!;
    if (epoch < state.epoch) return 'stale';
    if (epoch > state.epoch || state.origin === undefined) {
      state.epoch = epoch;
      state.origin = origin;
      return 'accepted';
    }
    return state.origin === origin ? 'accepted' : 'contested';
  }
}
