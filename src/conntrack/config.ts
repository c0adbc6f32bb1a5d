/** conntrackd.conf (conntrack-tools 1.4.7) from the node's configuration. Every choice here has its evidence beside it. */

import type { NodeConfig, SocketAddress } from '../model/node.js';
import type { Problem } from '../model/service.js';

export interface ConntrackdPaths {
  readonly config: string;
  readonly control: string;
  readonly lock: string;
  readonly output: string;
}

/** All its files live in the state folder, so that several nodes share one machine and an adopted daemon is told by its path. */
export const conntrackdPaths = (config: Pick<NodeConfig, 'stateDir'>): ConntrackdPaths => ({
  config: `${config.stateDir}/conntrackd.conf`,
  control: `${config.stateDir}/conntrackd.ctl`,
  lock: `${config.stateDir}/conntrackd.lock`,
  output: `${config.stateDir}/conntrackd.log`,
});

/** sockaddr_un.sun_path holds 108 bytes with the final zero (unix(7)); conntrackd cuts a longer path silently. */
const controlPathBytes = 107;

/** What conntrackd would refuse, or do wrong silently. */
export const conntrackdProblems = (config: NodeConfig): Problem[] => {
  const problems: Problem[] = [];
  const { conntrackd } = config;
  if (!conntrackd.enabled) return problems;
  if (conntrackd.peers.includes(conntrackd.local)) {
    problems.push({
      path: 'conntrackd.peers',
      message: `${conntrackd.local} is this node itself: name the other node`,
    });
  }
  const control = conntrackdPaths(config).control;
  if (conntrackd.manage && new TextEncoder().encode(control).length > controlPathBytes) {
    problems.push({
      path: 'stateDir',
      message: `${control} is longer than the ${controlPathBytes} bytes of a socket path: choose a shorter folder`,
    });
  }
  return problems;
};

/** The nodes' own addresses: their connections die with the node and must not be injected into another one. */
const ownAddresses = (config: NodeConfig): string[] => {
  const sockets: SocketAddress[] = config.nodes.flatMap((node) => [...node.heartbeat, node.sync]);
  const own = [
    '127.0.0.1',
    config.conntrackd.local,
    ...config.conntrackd.peers,
    ...sockets.map((each) => each.address),
  ];
  const floating = new Set<string>(
    config.groups.flatMap((group) => group.addresses.map((each) => each.address)),
  );
  return [...new Set<string>(own)].filter((address) => !floating.has(address)).sort();
};

type Section = readonly (string | readonly [head: string, body: Section])[];

const print = (section: Section, indent = ''): string =>
  section
    .map((item) =>
      typeof item === 'string'
        ? `${indent}${item}\n`
        : `${indent}${item[0]} {\n${print(item[1], `${indent}  `)}${indent}}\n`,
    )
    .join('');

/** For three nodes and more, whose UDP transport would have one destination: administratively scoped (RFC 2365), one hop. */
const multicastGroup = '239.255.37.80';

/** @param conntrackMax net.netfilter.nf_conntrack_max of the node; conntrackd.conf(5) wants room for twice as many. */
export const conntrackdConfig = (config: NodeConfig, conntrackMax = 262_144): string => {
  const { conntrackd } = config;
  const paths = conntrackdPaths(config);
  const isPair = conntrackd.peers.length === 1;
  const sync: Section = [
    [
      // FT-FW repeats what got lost, and knows one peer: its acknowledgements name no sender. NOTRACK sends without them.
      isPair ? 'Mode FTFW' : 'Mode NOTRACK',
      [
        ...(isPair
          ? ['ResendQueueSize 131072', 'PurgeTimeout 60', 'ACKWindowSize 300']
          : ['PurgeTimeout 60']),
        // Entries go straight into the kernel: nothing to commit at takeover (50,000 entries would take half a second).
        'DisableExternalCache Yes',
        'StartupResync Yes',
      ],
    ],
    [
      isPair ? 'UDP' : 'Multicast',
      [
        ...(isPair
          ? [
              `IPv4_address ${conntrackd.local}`,
              `IPv4_Destination_Address ${conntrackd.peers[0]}`,
              `Port ${conntrackd.port}`,
            ]
          : [
              `IPv4_address ${multicastGroup}`,
              `IPv4_interface ${conntrackd.local}`,
              `Group ${conntrackd.port}`,
            ]),
        `Interface ${conntrackd.interface}`,
        'SndSocketBuffer 4194304',
        'RcvSocketBuffer 4194304',
        'Checksum on',
      ],
    ],
    // With window tracking a stalled bulk transfer does not go on after a takeover.
    ['Options', ['TCPWindowTracking Off']],
  ];
  const general: Section = [
    'Systemd No',
    'HashSize 65536',
    `HashLimit ${conntrackMax * 2}`,
    'LogFile Off',
    'Syslog Off',
    `LockFile ${paths.lock}`,
    ['UNIX', [`Path ${paths.control}`]],
    'NetlinkBufferSize 8388608',
    'NetlinkBufferSizeMaxGrowth 33554432',
    'NetlinkOverrunResync Yes',
    'NetlinkEventsReliable No',
    'EventIterationLimit 100',
    // Its default is the highest real-time priority, above the guard's. Even the lowest keeps ordinary threads from the processor while
    // all connections come anew, ksoftirqd among them, and heartbeats wait for that: the agent takes it away once the daemon answers.
    ['Scheduler', ['Type RR', 'Priority 1']],
    [
      'Filter From Userspace',
      [
        ['Protocol Accept', ['TCP', 'UDP']],
        // Floating addresses are not in the list: what goes through them is what must survive.
        ['Address Ignore', ownAddresses(config).map((address) => `IPv4_address ${address}`)],
      ],
    ],
  ];
  return `# Written by relevo for node ${config.node} of ${config.cluster}; changes here are overwritten.\n${print(
    [
      ['Sync', sync],
      ['General', general],
    ],
  )}`;
};
