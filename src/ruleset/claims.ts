/**
 * Whose answer a packet is that a backend sends, told by its address and port alone. That is clear for a stlsdnat service while nobody else has
 * clients there who are answered by way of this node (stlsdnat, dnat), and while the service itself leads there from one address and port only.
 * tcp only. Nothing is kept before the first stlsdnat service.
 */

import { isIpv6 } from '../model/address.js';
import type { Service } from '../model/service.js';

/** Ports of a backend that a range, or every port, of a service leads to. */
const anyPort = '*';

interface Claim {
  /** Address of the backend. */
  readonly address: string;
  readonly port: string;
  /** What the client has asked for. */
  readonly entry: string;
}

const claimsOf = ({ mode, state, addresses, backends, name }: Service): Claim[] => {
  if (state !== 'up' || (mode !== 'dnat' && mode !== 'stlsdnat')) return [];
  return addresses.flatMap(({ address, protocol, ports }) => {
    if (protocol !== 'tcp' && protocol !== 'all') return [];
    const reachable = backends.filter((backend) => isIpv6(backend.address) === isIpv6(address));
    const wide = { first: 0, last: 65_535 };
    return (ports.length > 0 ? ports : [wide]).flatMap(({ first, last }) =>
      reachable.map((backend): Claim => {
        const port = backend.port ?? (first === last ? first : anyPort);
        return { address: backend.address, port: String(port), entry: `${name} ${address} ${first}-${last}` };
      }),
    );
  });
};

/** Who claims something: entries by service. */
type Claimants = Map<string, Set<string>>;

export interface Claims {
  /** Takes note of a service that is new, different or gone; returns other services for which it has become clear or unclear. */
  note(name: string, service: Service | undefined): readonly string[];
  isUnclear(service: string): boolean;
}

/** `all`: the services, read when the first one comes for which it matters. */
export const createClaims = (all: () => Iterable<Service>): Claims => {
  /** By address, then by port. */
  const places = new Map<string, Map<string, Claimants>>();
  const claims = new Map<string, readonly Claim[]>();
  /** Names of stlsdnat services: others do not care. */
  const translating = new Set<string>();
  let isKept = false;

  const drop = (name: string): void => {
    for (const { address, port } of claims.get(name) ?? []) {
      const ports = places.get(address);
      const claimants = ports?.get(port);
      claimants?.delete(name);
      if (claimants?.size === 0) ports?.delete(port);
      if (ports?.size === 0) places.delete(address);
    }
    claims.delete(name);
    translating.delete(name);
  };
  const add = (service: Service): void => {
    const made = claimsOf(service);
    if (made.length === 0) return;
    claims.set(service.name, made);
    if (service.mode === 'stlsdnat') translating.add(service.name);
    for (const { address, port, entry } of made) {
      const ports = places.get(address) ?? new Map<string, Claimants>();
      places.set(address, ports);
      const claimants = ports.get(port) ?? new Map<string, Set<string>>();
      ports.set(port, claimants);
      claimants.set(service.name, (claimants.get(service.name) ?? new Set()).add(entry));
    }
  };
  const isUnclear = (name: string): boolean =>
    (claims.get(name) ?? []).some(({ address, port }) => {
      const ports = places.get(address);
      const claimants = ports?.get(port);
      return ports?.has(anyPort) === true || claimants?.size !== 1 || claimants.get(name)?.size !== 1;
    });
  /** Who may see a difference when `name` comes or goes: who is alone at a place without it, or at an address of which it has every port. */
  const neighbours = (made: readonly Claim[], name: string): Set<string> =>
    new Set(
      made.flatMap(({ address, port }) => {
        const ports = places.get(address);
        if (!ports) return [];
        const found =
          port === anyPort
            ? [...ports.values()].flatMap((claimants) => [...claimants.keys()])
            : [...(ports.get(port)?.keys() ?? [])];
        const others = found.filter((one) => one !== name);
        return port === anyPort || others.length === 1 ? others : [];
      }),
    );

  return {
    note(name, service) {
      if (!isKept) {
        if (service?.mode !== 'stlsdnat') return [];
        isKept = true;
        for (const one of all()) if (one.name !== name) add(one);
      }
      const made = service ? claimsOf(service) : [];
      const others = [...neighbours([...(claims.get(name) ?? []), ...made], name)].filter((one) =>
        translating.has(one),
      );
      const wereUnclear = others.map(isUnclear);
      drop(name);
      if (service) add(service);
      return others.filter((other, at) => isUnclear(other) !== wereUnclear[at]);
    },
    isUnclear,
  };
};
