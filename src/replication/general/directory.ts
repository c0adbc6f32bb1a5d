/**
 * Services whose entries travel as general ones, by what packets, elements and peers say of them. Rebuilt when it is first asked after a
 * change of services: where there are none of these, that never happens.
 */

import { type Ip, ipBytes } from '../../model/address.js';
import { textOfBytes } from '../../model/general-columns.js';
import { banFields, type EntryKind, type EntryShape, flowFields } from '../../model/general-shape.js';
import type { Backend, Service } from '../../model/service.js';
import type { TableName } from '../../netlink/nft/ast.js';
import { type FamilyShape, ipv4, ipv6 } from '../../ruleset/features/families.js';
import { isGeneral } from '../../ruleset/features/general.js';
import { portOf } from '../../ruleset/features/general-backends.js';
import { placesOf } from '../../ruleset/features/identity.js';
import { bansClients } from '../../ruleset/features/limits/refusal.js';
import {
  backendKey,
  isServable,
  stablePlaces,
  statelessMode,
} from '../../ruleset/features/stateless/backends.js';
import { backendNumber } from '../../ruleset/service-ids.js';

export interface DirectoryOptions {
  /** In force, by name. */
  readonly services: () => ReadonlyMap<string, Service>;
  /** The number that stands for a service in this kernel. */
  readonly idOf: (service: string) => number;
  /** The kernel has this set. */
  readonly hasSet: (table: TableName, set: string) => boolean;
  /** Number of the group that an address belongs to, or -1. */
  readonly groupOf: (address: Ip) => number;
  /** Groups there are. */
  readonly groups: number;
}

/** A backend as entries name it. */
export interface Target {
  /** Bytes of its address. */
  readonly address: string;
  readonly port: number;
}

export const familyOf = ({ family }: Pick<EntryShape, 'family'>): FamilyShape => (family === 4 ? ipv4 : ipv6);

interface Listed {
  readonly service: Service;
  readonly id: number;
  readonly group: number;
  readonly shapes: readonly EntryShape[];
  /** Services without connection tracking: numbers that their maps hold. */
  readonly numberByTarget: ReadonlyMap<string, number>;
  readonly targetByNumber: ReadonlyMap<number, Target>;
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly owner: Listed;
}

const wireOf = (address: Ip): string => textOfBytes(ipBytes(address));
export const targetText = ({ address, port }: Target): string => `${port} ${address}`;

/** The kinds of entries that a service may have and lets go to other nodes. */
const kindsOf = (service: Service): EntryKind[] => {
  const { replicate, persistence, state } = service;
  if (replicate === 'none' || state !== 'up') return [];
  const everything = replicate === 'all';
  if (statelessMode(service)) {
    if (!isServable(service)) return [];
    return [
      ...(persistence.length > 0 ? (['client'] as const) : []),
      ...(everything ? (['flow'] as const) : []),
      ...(everything && bansClients(service) ? (['ban'] as const) : []),
    ];
  }
  return [
    ...(isGeneral(service) && persistence.length > 0 ? (['sticky'] as const) : []),
    ...(everything && bansClients(service) ? (['ban'] as const) : []),
  ];
};

const fieldsOf = (kind: EntryKind, { persistence }: Service): EntryShape['fields'] =>
  kind === 'flow' ? flowFields : kind === 'ban' ? banFields : persistence;

const targetOf = (service: Service, backend: Backend): Target => ({
  address: wireOf(backend.address),
  port: (statelessMode(service) ? backend.port : portOf(service, backend)) ?? 0,
});

/** Backends that an entry of this kind may name, with whether the kernel may hold it. */
export const backendsAt = (service: Service, { address, port }: Target): Backend[] =>
  service.backends.filter((backend) => {
    const target = targetOf(service, backend);
    return target.port === port && target.address === address;
  });

export class Directory {
  readonly #options: DirectoryOptions;
  #byName: Map<string, Listed> | undefined;
  readonly #byId = new Map<number, Listed>();
  readonly #exact = new Map<string, Listed>();
  readonly #any = new Map<string, Listed>();
  /** By protocol and address. */
  readonly #ranges = new Map<string, Range[]>();

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** Services have changed. */
  forget(): void {
    this.#byName = undefined;
  }

  hasSet(table: TableName, set: string): boolean {
    return this.#options.hasSet(table, set);
  }

  named(service: string): Listed | undefined {
    return this.#listed().get(service);
  }

  all(): Iterable<Listed> {
    return this.#listed().values();
  }

  numbered(id: number): Listed | undefined {
    this.#listed();
    return this.#byId.get(id);
  }

  /** Whose packets to this address (as bytes), protocol and port are: as chain `identify` finds it. */
  at(address: string, protocol: number, port: number): Listed | undefined {
    this.#listed();
    const head = `${protocol} ${address}`;
    const exact = this.#exact.get(`${port} ${head}`);
    if (exact) return exact;
    const range = this.#ranges.get(head)?.find((one) => one.first <= port && port <= one.last);
    return range?.owner ?? this.#any.get(head);
  }

  #listed(): Map<string, Listed> {
    if (this.#byName) return this.#byName;
    const found = new Map<string, Listed>();
    this.#byName = found;
    this.#byId.clear();
    this.#exact.clear();
    this.#any.clear();
    this.#ranges.clear();
    for (const service of this.#options.services().values()) {
      const kinds = kindsOf(service);
      const group = kinds.length > 0 ? this.#groupOf(service) : -1;
      if (group >= 0) this.#add(service, group, kinds, found);
    }
    return found;
  }

  #add(service: Service, group: number, kinds: readonly EntryKind[], found: Map<string, Listed>): void {
    const id = this.#options.idOf(service.name);
    const families = ([4, 6] as const).filter((family) =>
      service.addresses.some(({ address }) => familyOf({ family }).has(address)),
    );
    const shapes = kinds.flatMap((kind) =>
      families.map((family): EntryShape => ({ kind, family, fields: fieldsOf(kind, service) })),
    );
    const numberByTarget = new Map<string, number>();
    const targetByNumber = new Map<number, Target>();
    if (statelessMode(service)) {
      const places = stablePlaces(service.backends.map(backendKey));
      for (const backend of service.backends) {
        const target = targetOf(service, backend);
        const number = backendNumber(id, places.get(backendKey(backend))!);
        numberByTarget.set(targetText(target), number);
        targetByNumber.set(number, target);
      }
    }
    const owner: Listed = { service, id, group, shapes, numberByTarget, targetByNumber };
    found.set(service.name, owner);
    this.#byId.set(id, owner);
    for (const one of service.addresses) {
      const address = wireOf(one.address);
      for (const { kind, key, keyEnd } of placesOf(one)) {
        const protocol = key[ipBytes(one.address).length]!;
        const port = (bytes: Uint8Array): number => (bytes.at(-4)! << 8) | bytes.at(-3)!;
        const head = `${protocol} ${address}`;
        if (kind === 'any') this.#any.set(head, owner);
        else if (kind === 'exact') this.#exact.set(`${port(key)} ${head}`, owner);
        else {
          const range: Range = { first: port(key), last: port(keyEnd ?? key), owner };
          this.#ranges.set(head, [...(this.#ranges.get(head) ?? []), range]);
        }
      }
    }
  }

  /** The group of its first address that is in one; a service of IPv6 whose address is routed to the nodes goes with the only group. */
  #groupOf({ addresses }: Service): number {
    for (const { address } of addresses) {
      const group = this.#options.groupOf(address);
      if (group >= 0) return group;
    }
    const onlyIpv6 = addresses.length > 0 && addresses.every(({ address }) => ipv6.has(address));
    return onlyIpv6 && this.#options.groups === 1 ? 0 : -1;
  }
}

export type { Listed };
