/** The services a lab starts with, as an nftlb document: what the drills' probes go through. */

import { floating } from './topology.js';

/** Ports of the backends' own servers. */
export const backendPorts = { http: 8080, echo: 5000, stream: 9000 } as const;
/** Ports at the floating address. */
export const servicePorts = { web: 80, webSnat: 8081, echo: 5000, stream: 9000 } as const;

const backends = (port: number) =>
  [1, 2].map((index) => ({
    name: `backend${index}`,
    'ip-addr': `10.20.0.${20 + index}`,
    port: String(port),
    weight: '1',
    priority: '1',
    state: 'up',
  }));

const farm = (
  name: string,
  mode: 'dnat' | 'snat',
  protocol: 'tcp' | 'udp',
  ports: { service: number; backend: number },
  more: Readonly<Record<string, string>> = {},
) => ({
  name,
  family: 'ipv4',
  'virtual-addr': floating.front.address,
  'virtual-ports': String(ports.service),
  mode,
  protocol,
  scheduler: 'weight',
  ...more,
  state: 'up',
  backends: backends(ports.backend),
});

const sticky = { persistence: 'srcip', 'persist-ttl': '120' };

export const labServices = {
  farms: [
    farm('web', 'dnat', 'tcp', { service: servicePorts.web, backend: backendPorts.http }, sticky),
    farm('echo', 'dnat', 'udp', { service: servicePorts.echo, backend: backendPorts.echo }),
    farm(
      'web-snat',
      'snat',
      'tcp',
      { service: servicePorts.webSnat, backend: backendPorts.http },
      {
        'source-addr': floating.back.address,
      },
    ),
    farm('stream', 'dnat', 'tcp', { service: servicePorts.stream, backend: backendPorts.stream }),
  ],
} as const;
