/** Three members of etcd in namespaces of a lab, with certificates of the lab's own authority for clients and for each other. */

import type { ProcessSpec } from './processes.js';
import { hostFolder } from './state.js';
import { hostByName } from './topology.js';

export const addressOf = (host: string): string => hostByName(host)!.links[0]!.address.split('/')[0]!;

/** Where the nodes ask. */
export const etcdEndpoints = (members: readonly string[]): string[] =>
  members.map((member) => `${addressOf(member)}:2379`);

/**
 * Heartbeats and elections ten times faster than etcd's own, which are made for slow networks: a leader that dies is replaced within 0.3 s.
 * The folder is in memory (/run), so that the disk of the machine at hand does not matter, and members come before ordinary programs, as they
 * would on machines of their own.
 */
export const etcdProcesses = (
  lab: string,
  certificates: string,
  members: readonly string[],
): ProcessSpec[] => {
  const cluster = members.map((member) => `${member}=https://${addressOf(member)}:2380`).join(',');
  return members.map((member) => {
    const at = addressOf(member);
    const files = (prefix: string): string[] => [
      `--${prefix}trusted-ca-file=${certificates}/ca.crt`,
      `--${prefix}cert-file=${certificates}/${member}.crt`,
      `--${prefix}key-file=${certificates}/${member}.key`,
    ];
    return {
      host: member,
      name: 'etcd',
      file: '/usr/bin/nice',
      args: [
        '-n',
        '-10',
        '/usr/bin/etcd',
        `--name=${member}`,
        `--data-dir=${hostFolder(lab, member)}/etcd`,
        `--listen-client-urls=https://${at}:2379`,
        `--advertise-client-urls=https://${at}:2379`,
        `--listen-peer-urls=https://${at}:2380`,
        `--initial-advertise-peer-urls=https://${at}:2380`,
        `--initial-cluster=${cluster}`,
        `--initial-cluster-token=${lab}`,
        '--client-cert-auth',
        ...files(''),
        '--peer-client-cert-auth',
        ...files('peer-'),
        '--heartbeat-interval=30',
        '--election-timeout=300',
        '--logger=zap',
        '--log-level=warn',
      ],
    };
  });
};
