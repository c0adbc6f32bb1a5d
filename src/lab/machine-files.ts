/**
 * The lab in virtual machines: the files of each of them, as data. The client's machine is observer and witness, too;
 * one machine may be both backends.
 */

import { initAuthority, issueCertificate } from '../shell/certificates.js';
import { makeFolder } from '../shell/folders.js';
import { type LabTiming, labTiming, nodeYaml, witnessYaml } from './node-files.js';
import type { LabPorts } from './owner.js';
import { labServices } from './services.js';
import { backendNames, type HostLink, hostByName, type NodeName, nodeNamesOf } from './topology.js';

export interface MachineOptions {
  readonly nodes: number;
  /** 1: one machine is both backends. */
  readonly backends: 1 | 2;
  /** Software emulation is slower than a processor: every time of the election is multiplied by this. */
  readonly slowness: number;
  /** Contents of `cluster/systemd/relevo.service` and `relevo-witness.service`. */
  readonly units: { readonly agent: string; readonly witness: string };
}

export interface Machine {
  readonly name: string;
  /** Lab hosts that live on it; the first one's hardware address is that of an interface that several have. */
  readonly hosts: readonly string[];
}

export const machinesOf = ({ nodes, backends }: Pick<MachineOptions, 'nodes' | 'backends'>): Machine[] => [
  { name: 'client', hosts: ['client', 'observer', 'witness'] },
  ...nodeNamesOf(nodes).map((name) => ({ name, hosts: [name] })),
  ...(backends === 1
    ? [{ name: 'backend1', hosts: [...backendNames] }]
    : backendNames.map((name) => ({ name, hosts: [name] }))),
];

export const slowTiming = (slowness: number): LabTiming => {
  const { leaseMs, renewMs, heartbeatMs, deadMs, ...others } = labTiming;
  return {
    ...others,
    leaseMs: leaseMs * slowness,
    renewMs: renewMs * slowness,
    heartbeatMs: heartbeatMs * slowness,
    deadMs: deadMs * slowness,
  };
};

/** `local 10.10.8.0/22 dev lo` or `default via … dev …` or `… via … dev …`, in the words of networkd. */
const routeSection = (route: string): { device: string; text: string } => {
  const words = route.split(' ');
  const device = words.at(-1)!;
  if (words[0] === 'local') {
    return { device, text: `[Route]\nType=local\nTable=local\nDestination=${words[1]}\n` };
  }
  const destination = words[0] === 'default' ? '' : `Destination=${words[0]}\n`;
  return { device, text: `[Route]\n${destination}Gateway=${words[2]}\n` };
};

/** systemd-networkd's files of a machine, by name. It owns all addresses but the floating ones, which it must leave alone. */
export const networkFiles = (machine: Machine): ReadonlyMap<string, string> => {
  const hosts = machine.hosts.map((name) => hostByName(name)!);
  const links = new Map<string, HostLink[]>();
  for (const link of hosts.flatMap((host) => host.links)) {
    links.set(link.device, [...(links.get(link.device) ?? []), link]);
  }
  const routes = hosts.flatMap((host) => host.routes).map(routeSection);
  const observes = machine.hosts.includes('observer');
  const files = new Map<string, string>();
  for (const [device, same] of links) {
    // Without KeepConfiguration networkd takes addresses away that it did not add.
    files.set(`20-${device}.link`, `[Match]\nMACAddress=${same[0]!.mac}\n[Link]\nName=${device}\n`);
    files.set(
      `20-${device}.network`,
      [
        `[Match]\nName=${device}\n[Link]\nRequiredForOnline=no\n${observes ? 'Promiscuous=yes\n' : ''}`,
        '[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nConfigureWithoutCarrier=yes\nKeepConfiguration=yes\n',
        ...same.map((link) => `Address=${link.address}\n`),
        ...routes.filter((route) => route.device === device).map((route) => route.text),
      ].join(''),
    );
  }
  const onLoopback = routes.filter((route) => route.device === 'lo');
  if (onLoopback.length > 0) {
    files.set(
      '20-lo.network',
      `[Match]\nName=lo\n[Network]\nKeepConfiguration=yes\n${onLoopback.map((route) => route.text).join('')}`,
    );
  }
  return files;
};

const backendUnit = (host: string): string => {
  const address = hostByName(host)!.links[0]!.address.split('/')[0];
  return `[Unit]
Description=${host} of the lab
After=network.target

[Service]
ExecStart=/usr/local/bin/node /opt/relevo/dist/lab/backend-process.js ${host} ${address}
Restart=always
RestartSec=500ms
Nice=-10

[Install]
WantedBy=multi-user.target
`;
};

/** A machine with several interfaces answers for the address of the one that is asked, as separate hosts would. */
const manyInterfaces = 'net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n';

/** Writes `FOLDER/MACHINE/{relevo,network,units}` and `FOLDER/services.json`. Returns the names of the machines. */
export const writeMachineFiles = async (
  { files }: Pick<LabPorts, 'files'>,
  folder: string,
  options: MachineOptions,
): Promise<readonly string[]> => {
  const certificates = `${folder}/certificates`;
  await initAuthority(certificates, 'lab');
  const timing = slowTiming(options.slowness);
  const put = (path: string, text: string, mode = 0o644) =>
    files.writeAtomic(`${folder}/${path}`, text, mode);
  const machines = machinesOf(options);
  const nodes: readonly NodeName[] = nodeNamesOf(options.nodes);
  for (const machine of machines) {
    for (const kind of ['relevo', 'network', 'units']) makeFolder(`${folder}/${machine.name}/${kind}`);
    for (const [name, text] of networkFiles(machine)) await put(`${machine.name}/network/${name}`, text);
    for (const host of machine.hosts.filter((name) => name.startsWith('backend'))) {
      await put(`${machine.name}/units/lab-${host}.service`, backendUnit(host));
    }
  }
  const hand = async (machine: string, file: string): Promise<void> =>
    put(`${machine}/relevo/${file}`, (await files.read(`${certificates}/${file}`))!, 0o600);
  await put('client/sysctl.conf', manyInterfaces);
  await put('client/relevo/witness.yaml', witnessYaml(timing));
  await put('client/units/relevo-witness.service', options.units.witness);
  await hand('client', 'heartbeat.secret');
  for (const node of nodes) {
    await issueCertificate(certificates, node);
    for (const file of ['ca.crt', `${node}.crt`, `${node}.key`, 'heartbeat.secret']) await hand(node, file);
    const places = { stateDir: '/var/lib/relevo', controlSocket: '/run/relevo/relevo.sock' };
    await put(
      `${node}/relevo/node.yaml`,
      nodeYaml(node, { replication: true, nodes: options.nodes, timing, places }),
      0o600,
    );
    await put(`${node}/units/relevo.service`, options.units.agent);
  }
  await put('services.json', `${JSON.stringify(labServices, null, 2)}\n`);
  return machines.map(({ name }) => name);
};
