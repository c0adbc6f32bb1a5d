/** The peer that the failover bench compares with: keepalived moves the same addresses on the same topology, nft does the services. */

import type { ProcessSpec } from './processes.js';
import { labServices } from './services.js';
import { floating, hostByName, type NodeName } from './topology.js';

const own = (node: NodeName, device: string): string =>
  hostByName(node)!
    .links.find((link) => link.device === device)!
    .address.split('/')[0]!;

/** What both configurations have in common: VRRP version 3 over the front segment, unicast; who owns goes on owning. */
const instance = (
  node: NodeName,
  peer: NodeName,
  advertSeconds: number,
  addresses: string,
  /** A vrrp_script without which the node is in FAULT. */
  script?: string,
): string => `vrrp_instance g1 {
  state BACKUP
  nopreempt
  interface front0
  virtual_router_id 51
  priority ${node === 'lb1' ? 150 : 100}
  advert_int ${advertSeconds}
  unicast_src_ip ${own(node, 'front0')}
  unicast_peer {
    ${own(peer, 'front0')}
  }
  track_interface {
    back0
  }${script === undefined ? '' : `\n  track_script {\n    ${script}\n  }`}
  virtual_ipaddress {
    ${addresses}
  }
}
`;

/**
 * VRRP version 3 (version 2 knows whole seconds only) over the front segment, unicast, one advert each `advertSeconds`: takeover after three adverts and a skew. Both addresses
 * move together, both nodes start as BACKUP and the one that owns goes on owning (as relevo's `preempt: false`).
 */
export const keepalivedConfig = (
  node: NodeName,
  peer: NodeName,
  advertSeconds: number,
): string => `global_defs {
  router_id ${node}
  vrrp_version 3
  vrrp_rt_priority 10
  vrrp_garp_master_repeat 5
  vrrp_garp_master_refresh 10
}
${instance(
  node,
  peer,
  advertSeconds,
  `${floating.front.address}/24 dev ${floating.front.device}
    ${floating.back.address}/24 dev ${floating.back.device}`,
)}`;

export const fifoPath = (folder: string): string => `${folder}/vrrp.fifo`;

/**
 * keepalived as relevo's coordination: it elects by VRRP and says so by its FIFO; the addresses are relevo's. One that nobody uses, on the
 * loopback, is keepalived's own, as it wants one. It asks whether the agent answers: it would stay MASTER beside a dead one, and nobody would serve.
 */
export const vrrpConfig = (
  node: NodeName,
  peer: NodeName,
  fifo: string,
  advertSeconds = 0.1,
): string => `global_defs {
  router_id ${node}
  vrrp_version 3
  vrrp_notify_fifo ${fifo}
  script_user root
}
vrrp_script relevo {
  script "/usr/bin/curl -s -m 1 -o /dev/null http://127.0.0.1:5555/"
  interval 1
  timeout 1
  fall 2
  rise 1
}
${instance(node, peer, advertSeconds, '169.254.77.77/32 dev lo', 'relevo')}`;

/** Without a fork: its pid is the lab's to know. */
export const vrrpProcess = (host: NodeName, folder: string): ProcessSpec => ({
  host,
  name: 'keepalived',
  file: '/usr/sbin/keepalived',
  args: [
    ...['--dont-fork', '--log-console', '--vrrp', '--use-file', `${folder}/keepalived.conf`],
    ...['--pid', `${folder}/keepalived.pid`, '--vrrp_pid', `${folder}/vrrp.pid`],
  ],
});

/** The lab's dnat services as plain nft text, with the hygiene that connections need to survive; persistence is each node's own. */
export const peerRuleset = (): string => {
  const chosen = (backends: readonly { 'ip-addr': string; port?: string }[]): string =>
    `numgen random mod ${backends.length} map { ${backends
      .map((each, index) => `${index} : ${each['ip-addr']} . ${each.port}`)
      .join(', ')} }`;
  const dnat = labServices.farms.filter((farm) => farm.mode === 'dnat');
  const rules = dnat.map(
    (farm) =>
      `    ip daddr ${farm['virtual-addr']} ${farm.protocol} dport ${farm['virtual-ports']} dnat ip to ${chosen(farm.backends)}`,
  );
  return `table ip peer {
  chain invalid {
    type filter hook prerouting priority -150
    ct state invalid drop
  }
  chain services {
    type nat hook prerouting priority -100
${rules.join('\n')}
  }
}
`;
};
