/** Builds and removes a lab's namespaces, bridges and cables with iproute2; reads nothing back but success. */

import type { Runner } from '../ports.js';
import { runOrThrow } from '../shell/runner.js';
import {
  allHosts,
  bridgeOf,
  hostByName,
  type LabHost,
  namespaceOf,
  type Segment,
  segmentNames,
  switchName,
  switchPort,
} from './topology.js';

const ip = (runner: Runner, lines: readonly string[], namespace?: string): Promise<string> =>
  runOrThrow(runner, 'ip', [...(namespace ? ['-n', namespace] : []), '-batch', '-'], {
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
const addHost = async (runner: Runner, lab: string, host: LabHost): Promise<void> => {
  const namespace = namespaceOf(lab, host.name);
  const theSwitch = namespaceOf(lab, switchName);
  await writeSettings(runner, namespace, [...quiet, 'net/ipv4/conf/all/arp_announce=2']);
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
        `link set ${device} up`,
      ]),
      ...host.routes.map((route) => `route add ${route}`),
    ],
    namespace,
  );
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

export const addNetwork = async (runner: Runner, lab: string, hosts: readonly LabHost[]): Promise<void> => {
  await ip(
    runner,
    [switchName, ...hosts.map((host) => host.name)].map((name) => `netns add ${namespaceOf(lab, name)}`),
  );
  await addSwitch(runner, lab);
  for (const host of hosts) await addHost(runner, lab, host);
};

/** Interfaces go with their namespaces. */
export const removeNetwork = async (runner: Runner, lab: string): Promise<void> => {
  for (const name of await presentNamespaces(runner, lab))
    await runOrThrow(runner, 'ip', ['netns', 'del', name]);
};

/** A machine that was switched off comes back with nothing of what its kernel knew: a new namespace in its place. */
export const replaceHost = async (runner: Runner, lab: string, name: string): Promise<void> => {
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
  await addHost(runner, lab, host);
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
