/** Builds and removes a lab's namespaces, bridges and cables with iproute2; reads nothing back but success. */

import type { Runner } from '../ports.js';
import { runOrThrow } from '../shell/runner.js';
import {
  address6Of,
  allHosts,
  backendNames,
  bridgeOf,
  floating,
  floating6,
  hostByName,
  type LabFamily,
  type LabHost,
  namespaceOf,
  routes6Of,
  type Segment,
  segmentNames,
  switchName,
  switchPort,
} from './topology.js';

const ip = (
  runner: Runner,
  lines: readonly string[],
  namespace?: string,
  flags: readonly string[] = [],
): Promise<string> =>
  runOrThrow(runner, 'ip', [...flags, ...(namespace ? ['-n', namespace] : []), '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
  });

/** Writes kernel settings inside a namespace: `net/ipv4/ip_forward=1`; keys that the kernel lacks are passed over. */
export const writeSettings = (
  runner: Runner,
  namespace: string,
  settings: readonly string[],
): Promise<string> => {
  const pairs = settings.map((each) => each.split('='));
  const script =
    'while [ $# -gt 0 ]; do f=/proc/sys/$1; if [ -e "$f" ]; then echo "$2" > "$f"; fi; shift 2; done';
  return runOrThrow(runner, 'ip', ['netns', 'exec', namespace, 'sh', '-c', script, 'sh', ...pairs.flat()]);
};

/** No IPv6: its neighbour discovery and duplicate address detection only add noise to what is measured here. */
const quiet = ['net/ipv6/conf/all/disable_ipv6=1', 'net/ipv6/conf/default/disable_ipv6=1'];
/** Addresses are there at once, and nothing else comes by itself. */
const prompt6 = ['all', 'default'].flatMap((each) =>
  ['disable_ipv6=0', 'accept_dad=0', 'accept_ra=0'].map((setting) => `net/ipv6/conf/${each}/${setting}`),
);

/** `ip_nonlocal_bind`: a local route alone makes no address that a program may use, other than with IPv4. */
const settings6 = ({ role }: LabHost): readonly string[] => [
  ...prompt6,
  ...(role === 'client' ? ['net/ipv6/ip_nonlocal_bind=1'] : []),
  ...(role === 'node' ? ['net/ipv6/conf/all/forwarding=1'] : []),
];

/** Set in every new namespace while the module is loaded; it would push bridged frames through the hooks of IP. */
const plainBridge = ['iptables', 'ip6tables', 'arptables'].map(
  (each) => `net/bridge/bridge-nf-call-${each}=0`,
);

const addSwitch = async (runner: Runner, lab: string): Promise<void> => {
  const namespace = namespaceOf(lab, switchName);
  await writeSettings(runner, namespace, [...quiet, ...plainBridge]);
  await ip(
    runner,
    segmentNames.flatMap((segment) => [
      `link add ${bridgeOf(segment)} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`,
      `link set ${bridgeOf(segment)} up`,
    ]),
    namespace,
  );
};

/** All cables of a host are one group of links, so that one request to the kernel cuts them all at once. */
const cableGroup = (name: string): number => 100 + allHosts.findIndex((host) => host.name === name);

/** Plugs a host (whose namespace exists and is empty) into the switch. */
const addHost = async (runner: Runner, lab: string, host: LabHost, family: LabFamily): Promise<void> => {
  const namespace = namespaceOf(lab, host.name);
  const theSwitch = namespaceOf(lab, switchName);
  const six = family === 'ipv6';
  await writeSettings(runner, namespace, [
    ...(six ? settings6(host) : quiet),
    'net/ipv4/conf/all/arp_announce=2',
  ]);
  await ip(
    runner,
    host.links.map(
      ({ device, segment, mac }) =>
        `link add ${switchPort(host.name, segment)} netns ${theSwitch} type veth peer name ${device} address ${mac} netns ${namespace}`,
    ),
  );
  await ip(
    runner,
    host.links.flatMap(({ segment }) => [
      `link set ${switchPort(host.name, segment)} master ${bridgeOf(segment)} group ${cableGroup(host.name)}`,
      `link set ${switchPort(host.name, segment)} up`,
    ]),
    theSwitch,
  );
  await ip(
    runner,
    [
      'link set lo up',
      ...host.links.flatMap(({ device, address }) => [
        `addr add ${address} dev ${device}`,
        ...(six ? [`addr add ${address6Of({ address })} dev ${device} nodad`] : []),
        `link set ${device} up`,
      ]),
      ...[...host.routes, ...(six ? routes6Of(host) : [])].map((route) => `route add ${route}`),
    ],
    namespace,
  );
};

/** What backends of dsr need: the service's address on their loopback, where nobody asks for it, and a cable to the client past the balancer. */
export const addWayBack = async (runner: Runner, lab: string, family: LabFamily): Promise<void> => {
  const client = namespaceOf(lab, 'client');
  const theSwitch = namespaceOf(lab, switchName);
  const six = family === 'ipv6';
  const [address, way, prefix, length] = six
    ? [floating6.front.address, 'fd20::10', 64, 128]
    : [floating.front.address, '10.20.0.10', 24, 32];
  const nodad = six ? ' nodad' : '';
  await ip(runner, [`link add client-back netns ${theSwitch} type veth peer name back0 netns ${client}`]);
  await ip(runner, [`link set client-back master ${bridgeOf('back')}`, 'link set client-back up'], theSwitch);
  await ip(runner, [`addr add ${way}/${prefix} dev back0${nodad}`, 'link set back0 up'], client);
  // What comes back by another way than it went is no forgery here.
  await writeSettings(runner, client, ['net/ipv4/conf/all/rp_filter=0', 'net/ipv4/conf/back0/rp_filter=0']);
  for (const backend of backendNames) {
    const namespace = namespaceOf(lab, backend);
    await ip(
      runner,
      [
        `addr add ${address}/${length} dev lo${nodad}`,
        `rule add from ${address} lookup 100`,
        `route add default via ${way} dev back0 table 100`,
      ],
      namespace,
      [six ? '-6' : '-4'],
    );
    await writeSettings(runner, namespace, ['net/ipv4/conf/all/arp_ignore=1']);
  }
};

/** Of any lab: what an earlier one left may have more hosts. */
const allNames = (lab: string): string[] =>
  [switchName, ...allHosts.map((host) => host.name)].map((name) => namespaceOf(lab, name));

export const listNamespaces = async (runner: Runner): Promise<string[]> =>
  (await runOrThrow(runner, 'ip', ['netns', 'list']))
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => name !== '');

/** Those of the lab's namespaces that exist now. */
export const presentNamespaces = async (runner: Runner, lab: string): Promise<string[]> => {
  const present = await listNamespaces(runner);
  return allNames(lab).filter((name) => present.includes(name));
};

export const addNetwork = async (
  runner: Runner,
  lab: string,
  hosts: readonly LabHost[],
  family: LabFamily = 'ipv4',
): Promise<void> => {
  await ip(
    runner,
    [switchName, ...hosts.map((host) => host.name)].map((name) => `netns add ${namespaceOf(lab, name)}`),
  );
  await addSwitch(runner, lab);
  for (const host of hosts) await addHost(runner, lab, host, family);
};

/** Interfaces go with their namespaces. */
export const removeNetwork = async (runner: Runner, lab: string): Promise<void> => {
  for (const name of await presentNamespaces(runner, lab))
    await runOrThrow(runner, 'ip', ['netns', 'del', name]);
};

/** A machine that was switched off comes back with nothing of what its kernel knew: a new namespace in its place. */
export const replaceHost = async (
  runner: Runner,
  lab: string,
  name: string,
  family: LabFamily = 'ipv4',
): Promise<void> => {
  const host = hostByName(name);
  if (!host) return;
  const namespace = namespaceOf(lab, name);
  const theSwitch = namespaceOf(lab, switchName);
  // A namespace that is deleted frees its cables some time later (a work queue): take them away first.
  const ports = await runOrThrow(runner, 'ip', ['-n', theSwitch, '-br', 'link']);
  const plugged = host.links
    .map(({ segment }) => switchPort(name, segment))
    .filter((port) => ports.includes(`${port}@`));
  await ip(
    runner,
    plugged.map((port) => `link del ${port}`),
    theSwitch,
  );
  await ip(runner, [`netns del ${namespace}`, `netns add ${namespace}`]);
  await addHost(runner, lab, host, family);
};

/** The switch's end of the cables: carrier goes and comes at the host's end. */
export const setCables = (
  runner: Runner,
  lab: string,
  host: string,
  which: readonly Segment[],
  state: 'up' | 'down',
): Promise<string> =>
  ip(
    runner,
    which.map((segment) => `link set ${switchPort(host, segment)} ${state}`),
    namespaceOf(lab, switchName),
  );

/** A port of the switch that forwards nothing, while the cable keeps its carrier; and back. */
export const setForwarding = (
  runner: Runner,
  lab: string,
  host: string,
  segment: Segment,
  forwards: boolean,
): Promise<string> => {
  const to = forwards ? `master ${bridgeOf(segment)}` : 'nomaster';
  return ip(runner, [`link set ${switchPort(host, segment)} ${to}`], namespaceOf(lab, switchName));
};

/** Every cable of a host, in one request. */
export const setAllCables = (
  runner: Runner,
  lab: string,
  host: string,
  state: 'up' | 'down',
): Promise<string> =>
  ip(runner, [`link set group ${cableGroup(host)} ${state}`], namespaceOf(lab, switchName));

const lossTable = 'drill';
/** A copy passes the same chain again. The mark stays in the switch: a frame loses it on its way to another namespace. */
const copied = '0xd0b1e';

/** What the switch drops from a host (`in`) or to it (`out`), as an nft match; '' matches everything. */
export interface Loss {
  readonly host: string;
  readonly segment: Segment;
  readonly way: 'in' | 'out';
  readonly match: string;
  /** Delivered twice instead of lost; only `out`, as the copy leaves at the same port. */
  readonly twice?: boolean;
}

/** Frames that the switch loses from now on, or delivers twice, whatever it did before. None: it delivers each once. */
export const setLosses = async (runner: Runner, lab: string, losses: readonly Loss[]): Promise<void> => {
  const chains = losses.map(({ host, segment, way, match, twice }) => {
    const port = switchPort(host, segment);
    const hook = way === 'in' ? 'ingress' : 'egress';
    const rule = twice
      ? `meta mark != ${copied} ${match} meta mark set ${copied} dup to "${port}"`
      : `${match} drop`;
    return `  chain ${port}-${way} {\n    type filter hook ${hook} device "${port}" priority 0;\n    ${rule}\n  }\n`;
  });
  const lost = chains.length === 0 ? '' : `table netdev ${lossTable} {\n${chains.join('')}}\n`;
  const input = `table netdev ${lossTable}\ndelete table netdev ${lossTable}\n${lost}`;
  await runOrThrow(runner, 'ip', ['netns', 'exec', namespaceOf(lab, switchName), 'nft', '-f', '-'], {
    input,
  });
};

/** The switch learns anew where everybody is. */
export const forgetMacs = (runner: Runner, lab: string): Promise<string> =>
  ip(
    runner,
    segmentNames.map((segment) => `link set ${bridgeOf(segment)} type bridge fdb_flush`),
    namespaceOf(lab, switchName),
  );
