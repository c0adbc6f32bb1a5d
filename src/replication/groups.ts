/** Who originates the entries of which group, and in which epoch: one book per node, read by every peer's session. */

import { limits } from '../limits.js';
import type { Ipv6 } from '../model/address.js';

export interface GroupConfig {
  readonly name: string;
  /** Floating addresses: those of IPv4 as numbers. */
  readonly addresses: readonly (number | Ipv6)[];
}

/** `unknown`: not in our configuration. `stale`: a newer epoch is known. `contested`: two origins in one epoch. */
export type Admission = 'accepted' | 'unknown' | 'stale' | 'contested';

interface GroupState {
  /** Newest that is known, and whose it is. */
  epoch: number;
  origin: string | undefined;
  active: boolean;
  /** In which we are active, or were last. */
  ownEpoch: number;
}

export class GroupBook {
  readonly names: readonly string[];
  readonly #self: string;
  readonly #electedEpoch: (name: string) => number;
  readonly #indexByName: ReadonlyMap<string, number>;
  readonly #indexByAddress: ReadonlyMap<number | Ipv6, number>;
  readonly #states: GroupState[];

  /** `electedEpoch`: the newest that the election has heard of; default: any may be. */
  constructor(
    self: string,
    groups: readonly GroupConfig[],
    electedEpoch: (name: string) => number = () => Number.MAX_SAFE_INTEGER,
  ) {
    this.#self = self;
    this.#electedEpoch = electedEpoch;
    this.names = groups.map(({ name }) => name);
    this.#indexByName = new Map(groups.map(({ name }, index) => [name, index]));
    this.#indexByAddress = new Map(
      groups.flatMap(({ addresses }, index) =>
        addresses.map((address): [number | Ipv6, number] => [address, index]),
      ),
    );
    this.#states = groups.map(() => ({ epoch: 0, origin: undefined, active: false, ownEpoch: 0 }));
  }

  indexOf(name: string): number {
    return this.#indexByName.get(name) ?? -1;
  }

  readonly groupOf = (address: number | Ipv6): number => this.#indexByAddress.get(address) ?? -1;

  /** True if something changed. */
  setActive(group: number, epoch: number, active: boolean): boolean {
    const state = this.#states[group]!;
    if (state.active === active && (epoch === state.ownEpoch || !active)) return false;
    state.active = active;
    if (active) state.ownEpoch = epoch;
    if (epoch > state.epoch || (active && epoch === state.epoch)) {
      state.epoch = epoch;
      state.origin = active ? this.#self : undefined;
    }
    return true;
  }

  isActive(group: number): boolean {
    return this.#states[group]?.active ?? false;
  }

  /** What packets make here may be the truth: we are active, or nobody is known to be, as when this agent has just started. */
  countsHere(group: number): boolean {
    return this.isActive(group) || this.originOf(group) === undefined;
  }

  /**
   * Of an active node that in which it is active: whoever has heard of its successor already, and not yet of its own loss, does not speak in
   * the successor's epoch. Otherwise the newest that is known.
   */
  epochOf(group: number): number {
    const { active, ownEpoch, epoch } = this.#states[group]!;
    return active ? ownEpoch : epoch;
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

  /** Why a peer that says this is not to be heard: the election cannot have come to such an epoch. Groups that are none of ours are passed over. */
  epochProblem(
    active: readonly { readonly group: string; readonly epoch: number }[],
  ): { readonly code: 'epoch'; readonly detail: string } | undefined {
    for (const { group, epoch } of active) {
      if (this.indexOf(group) < 0) continue;
      const elected = this.#electedEpoch(group);
      if (epoch - elected <= limits.syncEpochsAhead) continue;
      return {
        code: 'epoch',
        detail: `it says that it is active in epoch ${epoch} of group ${group}, the election here has heard of ${elected}: restart its agent, or mend the paths of heartbeats to this node`,
      };
    }
    return undefined;
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
