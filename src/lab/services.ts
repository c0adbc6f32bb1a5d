/** The services a lab starts with, as an nftlb document: what the drills' probes go through. */

import { floating, floating6, type LabFamily } from './topology.js';

/** Ports of the backends' own servers. What a backend of stlsdnat answers from a port belongs to one service, so each has its own. */
export const backendPorts = { http: 8080, banning: 8082, echo: 5000, stream: 9000, limited: 9001 } as const;
/** Ports at the floating address. */
export const servicePorts = {
  web: 80,
  webSnat: 8081,
  banning: 8082,
  limited: 8083,
  echo: 5000,
  stream: 9000,
} as const;

/** How the lab's web, echo and stream are forwarded; its other services are dnat. */
export const labModes = ['dnat', 'snat', 'dsr', 'stlsdnat'] as const;
export type LabMode = (typeof labModes)[number];

const networks = {
  ipv4: { front: floating.front.address, back: floating.back.address, backend: '10.20.0.2' },
  ipv6: { front: floating6.front.address, back: floating6.back.address, backend: 'fd20::2' },
} as const;

/** The address that clients know. */
export const frontOf = (family: LabFamily): string => networks[family].front;

interface Ports {
  readonly service: number;
  readonly backend: number;
}

const farmsOf = (family: LabFamily) => {
  const { front, back, backend } = networks[family];
  return (
    name: string,
    mode: LabMode,
    protocol: 'tcp' | 'udp',
    ports: Ports,
    more: Readonly<Record<string, string>> = {},
  ) => ({
    name,
    family,
    'virtual-addr': front,
    'virtual-ports': String(ports.service),
    mode,
    protocol,
    scheduler: 'weight',
    ...(mode === 'snat' && { 'source-addr': back }),
    ...more,
    state: 'up',
    backends: [1, 2].map((index) => ({
      name: `backend${index}`,
      'ip-addr': `${backend}${index}`,
      // A backend of dsr is asked at the service's own address and port.
      ...(mode !== 'dsr' && { port: String(ports.backend) }),
      weight: '1',
      priority: '1',
      state: 'up',
    })),
  });
};

/** Connections that `limited` grants to a client at the same time. */
export const connectionsAllowed = 3;
/** `banning` bears two connections in a row, and bans who wants more for ten minutes. */
const ban = { 'new-rtlimit': '1/second', 'new-rtlimit-burst': '2', 'limits-ttl': '600' };
// One who wants more than it may is not banned for it, so that the next one counts from the limit again.
const limit = { 'est-connlimit': String(connectionsAllowed), 'limits-ttl': '1' };

const sticky = { persistence: 'srcip', 'persist-ttl': '120' };

export const labServicesOf = (mode: LabMode, family: LabFamily) => {
  const farm = farmsOf(family);
  const { web, echo, stream, webSnat, banning, limited } = servicePorts;
  const { http } = backendPorts;
  return {
    farms: [
      farm('web', mode, 'tcp', { service: web, backend: http }, sticky),
      farm('echo', mode, 'udp', { service: echo, backend: backendPorts.echo }),
      farm('web-snat', 'snat', 'tcp', { service: webSnat, backend: http }),
      farm('banning', 'dnat', 'tcp', { service: banning, backend: backendPorts.banning }, ban),
      farm('limited', 'dnat', 'tcp', { service: limited, backend: backendPorts.limited }, limit),
      farm('stream', mode, 'tcp', { service: stream, backend: backendPorts.stream }),
    ],
  } as const;
};

export const labServices = labServicesOf('dnat', 'ipv4');
