/** What the probes of a drill are aimed at: addresses, ports and who asks from where. Of a lab it is known, of a live cluster it is written down. */

import { connectionsAllowed, frontOf, servicePorts } from '../lab/services.js';
import {
  address6Of,
  clientRange,
  clientRange6,
  floating,
  floating6,
  hostByName,
  type LabFamily,
} from '../lab/topology.js';
import type { Probed } from './history.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Observed {
  /** Asked for by ARP, or by neighbour solicitations. */
  readonly address: string;
  readonly device: string;
  /** Whom it asks as. */
  readonly own: string;
  readonly mac: string;
}

/** Every list may be empty: that kind is not probed then. Attempts take turns over the entries of a list. */
export interface ProbeTargets {
  readonly connect: readonly Endpoint[];
  /** Client addresses that connections take turns to come from; none: the machine's own. */
  readonly connectFrom: readonly string[];
  /** Services that send back what they get. */
  readonly echo: readonly Endpoint[];
  /** Services that speak relevo's checked stream (`lab/backend-process`). */
  readonly streams: readonly Endpoint[];
  /** A service that names its backend in `x-backend`, and the addresses that ask; undefined: persistence is not probed. */
  readonly persistence?: (Endpoint & { readonly from: readonly string[] }) | undefined;
  readonly observe: readonly Observed[];
  /** Services that ban and limit; undefined: not probed. */
  readonly limits?: LimitTargets | undefined;
}

export interface LimitTargets {
  readonly banning: Endpoint;
  readonly limited: Endpoint;
  readonly allowed: number;
  readonly banned: readonly string[];
  readonly free: string;
  /** Want more than they may, before and after the fault. */
  readonly greedy: readonly [string, string];
}

/** As one word that no shell on the way to another machine takes apart. */
export const targetsArgument = (targets: ProbeTargets): string =>
  Buffer.from(JSON.stringify(targets)).toString('base64url');

/** Kinds that there is nothing of. */
export const unprobedBy = (targets: ProbeTargets): Probed[] => {
  const there: Readonly<Record<Probed, boolean>> = {
    connects: targets.connect.length > 0,
    datagrams: targets.echo.length > 0,
    streams: targets.streams.length > 0,
    persistence: targets.persistence !== undefined,
    owners: targets.observe.length > 0,
    limits: targets.limits !== undefined,
  };
  return (Object.keys(there) as Probed[]).filter((kind) => !there[kind]);
};

/** Datagrams take turns over this many flows of each service, connections over this many client addresses. */
export const flowsEach = 8;

export const endpointText = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const clientAddressOf =
  (family: LabFamily) =>
  /** The n-th address of the range, from 0. */
  (index: number): string => {
    if (family === 'ipv6') return `${clientRange6.first}${index.toString(16)}`;
    const [a, b, c] = clientRange.first;
    return `${a}.${b}.${c + (index >> 8)}.${index & 255}`;
  };

/** By ARP and by neighbour solicitations, each of the lab's floating addresses. */
const labObserved = (family: LabFamily): Observed[] => {
  const all = [...Object.values(floating), ...(family === 'ipv6' ? Object.values(floating6) : [])];
  return all.map(({ address, device }) => {
    const link = hostByName('observer')!.links.find((each) => each.device === device)!;
    const own = (address.includes(':') ? address6Of(link) : link.address).split('/')[0]!;
    return { address, device, own, mac: link.mac };
  });
};

/** The .0 of the range is left out, as a client would never have it; the last ones open connections, and are banned. `limits`: its services know limits. */
export const labTargets = (
  clients: number,
  { limits, family }: { limits: boolean; family: LabFamily },
): ProbeTargets => {
  const host = frontOf(family);
  const clientAddress = clientAddressOf(family);
  return {
    connect: [{ host, port: servicePorts.web }],
    connectFrom: Array.from({ length: flowsEach }, (_, index) => clientAddress(768 + 240 + index)),
    echo: [{ host, port: servicePorts.echo }],
    streams: [{ host, port: servicePorts.stream }],
    persistence: {
      host,
      port: servicePorts.web,
      from: Array.from({ length: clients }, (_, index) => clientAddress(index + 1)),
    },
    limits: limits
      ? {
          banning: { host, port: servicePorts.banning },
          limited: { host, port: servicePorts.limited },
          allowed: connectionsAllowed,
          banned: [248, 249, 250].map((last) => clientAddress(768 + last)),
          free: clientAddress(768 + 251),
          greedy: [clientAddress(768 + 252), clientAddress(768 + 253)],
        }
      : undefined,
    observe: labObserved(family),
  };
};
