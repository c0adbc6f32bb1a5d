/** Who is around an interface: its routers (proc(5), net/route; ipv6_route of the kernel's net/ipv6/route.c), its own MAC address (sysfs). */

import { readFileSync } from 'node:fs';
import { type Ip, type Ipv6, ipFromBytes } from '../model/address.js';

const linesOf = (path: string): string[][] => {
  try {
    return readFileSync(path, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
  } catch {
    return [];
  }
};

/** Bit of a route through a router. */
const RTF_GATEWAY = 2;

const routers4 = (device: string): Ip[] =>
  linesOf('/proc/net/route').flatMap(([name, , gateway = '', flags = '']) => {
    if (name !== device || (Number.parseInt(flags, 16) & RTF_GATEWAY) === 0) return [];
    // The bytes of the address as a number of this machine.
    return [ipFromBytes(new Uint8Array(Uint32Array.of(Number.parseInt(gateway, 16)).buffer), 0, 4)];
  });

const routers6 = (device: string): Ip[] =>
  linesOf('/proc/net/ipv6_route').flatMap((fields) => {
    const [gateway = '', flags = '', name] = [fields[4], fields[8], fields[9]];
    if (name !== device || (Number.parseInt(flags, 16) & RTF_GATEWAY) === 0) return [];
    return [ipFromBytes(Uint8Array.from(Buffer.from(gateway, 'hex')), 0, 16)];
  });

/** Each once. */
export const routersOf = (device: string): Ip[] => [...new Set([...routers4(device), ...routers6(device)])];

/** Scope of a link-local address in net/if_inet6 (net/ipv6/addrconf.c). */
const linkScope = '20';

/** The interface's own link-local address; undefined: it has none. */
export const linkLocalOf = (device: string): Ipv6 | undefined => {
  const found = linesOf('/proc/net/if_inet6').find(
    ([, , , scope, , name]) => name === device && scope === linkScope,
  );
  return found && (ipFromBytes(Uint8Array.from(Buffer.from(found[0]!, 'hex')), 0, 16) as Ipv6);
};

/** Undefined: there is no such interface. */
export const macOf = (device: string): string | undefined => {
  try {
    return readFileSync(`/sys/class/net/${device}/address`, 'latin1').trim();
  } catch {
    return undefined;
  }
};
