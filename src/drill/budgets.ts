/** The faults a drill knows, and what each may cost (docs/ARCHITECTURE.md, Budgets). */

export const faultNames = [
  'handover',
  'agent-kill',
  'agent-freeze',
  'node-off',
  'front-link',
  'back-path',
  'front-path',
  'sync-link',
  'agent-restart',
  'node-reboot',
  'witness-off',
  'conntrackd-kill',
  'ruleset-flush',
  'second-failure',
  'node-freeze',
  'back-link',
  'front-flap',
  'partition',
  'one-way',
  'half-sync',
  'packet-loss',
  'switch-forgets',
  'partial-mesh',
  'conntrackd-freeze',
  'duplicates',
  'delay',
  'disk-full',
  'syn-flood',
  'clock-step',
  'idle',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface Budget {
  readonly outageMs: number;
  readonly lostDatagrams: number;
  readonly failedConnects: number;
  /** Longest time in which nobody answers for an address. */
  readonly noneAnsweringMs: number;
  /** Exactly as many as the fault deserves. */
  readonly takeovers: number;
}

/** Nodes that a lab needs for the fault: a majority must be left. */
export const nodesFor = (fault: FaultName): number =>
  fault === 'second-failure' || fault === 'partial-mesh' ? 3 : 2;

/** Why no lab of namespaces can have it. */
export const onlyOnMachines: Readonly<Partial<Record<FaultName, string>>> = {
  'clock-step':
    "the nodes of a lab share the machine's time of day, as a time namespace shifts monotonic clocks only (time_namespaces(7)): drill it on machines of their own, by faults.clock-step of a cluster's file (docs/DRILLS.md)",
};

const unlimited = Number.POSITIVE_INFINITY;

/** Nobody who serves has failed, so nothing may happen. */
const nothing: Budget = {
  outageMs: 0,
  lostDatagrams: 0,
  failedConnects: 0,
  noneAnsweringMs: 0,
  takeovers: 0,
};

/** The addresses move, and clients wait for so long at most, also who asks whose they are. */
const takeover = (outageMs: number, changes: Partial<Budget> = {}): Budget => ({
  outageMs,
  lostDatagrams: unlimited,
  failedConnects: unlimited,
  noneAnsweringMs: outageMs,
  takeovers: 1,
  ...changes,
});

/** The kernel goes on forwarding without an agent: only who asks for the address anew has to wait. */
const kernelGoesOn = takeover(0, { lostDatagrams: 0, failedConnects: 0, noneAnsweringMs: 500 });

export const budgets: Readonly<Record<FaultName, Budget>> = {
  handover: takeover(20, { failedConnects: 0 }),
  'agent-kill': kernelGoesOn,
  'agent-freeze': kernelGoesOn,
  'node-freeze': kernelGoesOn,
  'node-off': takeover(500),
  'front-link': takeover(50),
  'back-link': takeover(50),
  'front-flap': takeover(50),
  'back-path': takeover(8_000),
  'front-path': takeover(8_000),
  partition: takeover(500),
  'one-way': takeover(500),
  'agent-restart': takeover(20, { failedConnects: 0 }),
  'node-reboot': takeover(20, { failedConnects: 0 }),
  'sync-link': nothing,
  'half-sync': nothing,
  'witness-off': nothing,
  'conntrackd-kill': nothing,
  'conntrackd-freeze': nothing,
  'ruleset-flush': nothing,
  'switch-forgets': nothing,
  'partial-mesh': nothing,
  // What is lost on the way is lost; nobody may take that for the failure of a node.
  'packet-loss': takeover(200, { takeovers: 0 }),
  duplicates: nothing,
  delay: nothing,
  'disk-full': nothing,
  'clock-step': nothing,
  'syn-flood': takeover(20, { failedConnects: 0 }),
  'second-failure': takeover(500, { takeovers: 2 }),
  idle: nothing,
};

/** What differs from the fault's own on machines that are so many times slower (emulated processors, longer leases), with what was asked for instead. */
export const limitsOn = (
  fault: FaultName,
  slowness: number,
  asked: Partial<Budget> | undefined,
): Partial<Budget> | undefined =>
  slowness === 1 ? asked : { outageMs: budgets[fault].outageMs * slowness, ...asked };

/** The fault's own, with what was asked for instead; where clients may wait for longer, so may who asks whose the addresses are. */
export const budgetOf = (fault: FaultName, limits: Partial<Budget> = {}): Budget => {
  const { noneAnsweringMs, ...own } = budgets[fault];
  const atLeastMs = noneAnsweringMs > 0 ? (limits.outageMs ?? 0) : 0;
  return { ...own, noneAnsweringMs: Math.max(noneAnsweringMs, atLeastMs), ...limits };
};

/** On a live cluster: `safe` is what a planned change does, too; `breaks` takes something away. */
export const faultSafety: Readonly<Record<FaultName, 'safe' | 'breaks'>> = Object.fromEntries(
  faultNames.map((name) => [
    name,
    name === 'handover' || name === 'agent-restart' || name === 'idle' ? 'safe' : 'breaks',
  ]),
) as Record<FaultName, 'safe' | 'breaks'>;

export const faultMeaning: Readonly<Record<FaultName, string>> = {
  handover: 'planned move of the addresses to the other node',
  'agent-kill': 'SIGKILL of the active node’s agent; its kernel goes on',
  'agent-freeze': 'the active node’s agent is stopped for 3 s, then continued',
  'node-off':
    'every process of the active node is killed and every cable of it dead at once; it comes back with an empty kernel',
  'front-link': 'the active node’s front cable loses carrier',
  'back-path':
    'the switch forwards nothing between the active node and the backends, while the cable keeps its carrier',
  'front-path':
    'the switch forwards nothing between the active node and clients, while the cable keeps its carrier and the nodes hear each other on the sync segment',
  'sync-link': 'the active node’s sync cable is dead for 3 s: replication and one of two heartbeat paths',
  'agent-restart': 'the active node’s agent is told to stop (SIGTERM), and started again',
  'node-reboot':
    'the active node’s machine stops in order, its agent first, and starts again with an empty kernel',
  'witness-off': 'the witness is killed, and comes back 3 s later',
  'conntrackd-kill': 'SIGKILL of the active node’s conntrackd',
  'ruleset-flush': '`nft flush ruleset` by a foreign hand on the active node',
  'second-failure':
    'the active node is off as in node-off, and once another has taken over, that one’s front cable loses carrier',
  'node-freeze': 'every process of the active node is stopped for 3 s, then continued',
  'back-link': 'the active node’s back cable loses carrier',
  'front-flap': 'the active node’s front cable loses carrier and gets it back, five times',
  partition: 'the switch forwards nothing from or to the active node, while its cables keep their carrier',
  'one-way': 'what the active node sends is lost for 3 s, while it hears everything',
  'half-sync': 'what the active node sends over its sync cable is lost for 3 s, while it hears everything',
  'packet-loss': 'of all frames from and to the active node one in ten is lost for 5 s, by the seed',
  'switch-forgets': 'the switch forgets all MAC addresses, ten times in 3 s',
  'partial-mesh': 'the active node and one other cannot reach each other for 3 s, while both reach the third',
  'conntrackd-freeze': 'conntrackd of the active node is stopped for 3 s, then continued',
  duplicates: 'one in five frames arrives twice at everybody, for 5 s, by the seed',
  delay:
    'every frame from and to the active node takes 1 to 19 ms longer for 5 s, so that some overtake others',
  'disk-full': 'the disk that holds the active node’s state is full for 5 s',
  'syn-flood':
    '2,000 SYNs a second from addresses that nobody has reach a service that limits connections, for 4 s; meanwhile the addresses move as in handover',
  'clock-step': 'the active node’s time of day is set an hour ahead, and back',
  idle: 'nothing fails, while other programs take all the processor they get',
};
