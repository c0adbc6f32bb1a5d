/** The faults a drill knows, and what each may cost (docs/ARCHITECTURE.md, Budgets). */

export const faultNames = [
  'handover',
  'agent-kill',
  'agent-freeze',
  'node-off',
  'front-link',
  'back-path',
  'sync-link',
  'agent-restart',
  'witness-off',
  'conntrackd-kill',
  'ruleset-flush',
  'second-failure',
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
export const nodesFor = (fault: FaultName): number => (fault === 'second-failure' ? 3 : 2);

const unlimited = Number.POSITIVE_INFINITY;

export const budgets: Readonly<Record<FaultName, Budget>> = {
  handover: {
    outageMs: 20,
    lostDatagrams: unlimited,
    failedConnects: 0,
    noneAnsweringMs: unlimited,
    takeovers: 1,
  },
  // The kernel goes on forwarding without an agent: only who asks for the address anew has to wait.
  'agent-kill': {
    outageMs: 0,
    lostDatagrams: 0,
    failedConnects: 0,
    noneAnsweringMs: unlimited,
    takeovers: 1,
  },
  'agent-freeze': {
    outageMs: 0,
    lostDatagrams: 0,
    failedConnects: 0,
    noneAnsweringMs: unlimited,
    takeovers: 1,
  },
  'node-off': {
    outageMs: 500,
    lostDatagrams: unlimited,
    failedConnects: unlimited,
    noneAnsweringMs: unlimited,
    takeovers: 1,
  },
  'front-link': {
    outageMs: 50,
    lostDatagrams: unlimited,
    failedConnects: unlimited,
    noneAnsweringMs: unlimited,
    takeovers: 1,
  },
  'back-path': {
    outageMs: 8_000,
    lostDatagrams: unlimited,
    failedConnects: unlimited,
    noneAnsweringMs: unlimited,
    takeovers: 1,
  },
  'agent-restart': {
    outageMs: 20,
    lostDatagrams: unlimited,
    failedConnects: 0,
    noneAnsweringMs: unlimited,
    takeovers: 1,
  },
  // Nobody who serves has failed.
  'sync-link': { outageMs: 0, lostDatagrams: 0, failedConnects: 0, noneAnsweringMs: 0, takeovers: 0 },
  'witness-off': { outageMs: 0, lostDatagrams: 0, failedConnects: 0, noneAnsweringMs: 0, takeovers: 0 },
  'conntrackd-kill': { outageMs: 0, lostDatagrams: 0, failedConnects: 0, noneAnsweringMs: 0, takeovers: 0 },
  'ruleset-flush': { outageMs: 0, lostDatagrams: 0, failedConnects: 0, noneAnsweringMs: 0, takeovers: 0 },
  'second-failure': {
    outageMs: 500,
    lostDatagrams: unlimited,
    failedConnects: unlimited,
    noneAnsweringMs: unlimited,
    takeovers: 2,
  },
  // Nothing has failed, so nothing may happen.
  idle: { outageMs: 0, lostDatagrams: 0, failedConnects: 0, noneAnsweringMs: 0, takeovers: 0 },
};

/** The fault's own, with what was asked for instead. */
export const budgetOf = (fault: FaultName, limits: Partial<Budget> = {}): Budget => ({
  ...budgets[fault],
  ...limits,
});

export const faultMeaning: Readonly<Record<FaultName, string>> = {
  handover: 'planned move of the addresses to the other node',
  'agent-kill': 'SIGKILL of the active node’s agent; its kernel goes on',
  'agent-freeze': 'the active node’s agent is stopped for 3 s, then continued',
  'node-off':
    'every process of the active node is killed and every cable of it dead at once; it comes back with an empty kernel',
  'front-link': 'the active node’s front cable loses carrier',
  'back-path':
    'the switch forwards nothing between the active node and the backends, while the cable keeps its carrier',
  'sync-link': 'the active node’s sync cable is dead for 3 s: replication and one of two heartbeat paths',
  'agent-restart': 'the active node’s agent is told to stop (SIGTERM), and started again',
  'witness-off': 'the witness is killed, and comes back 3 s later',
  'conntrackd-kill': 'SIGKILL of the active node’s conntrackd',
  'ruleset-flush': '`nft flush ruleset` by a foreign hand on the active node',
  'second-failure':
    'the active node is off as in node-off, and once another has taken over, that one’s front cable loses carrier',
  idle: 'nothing fails, while other programs take all the processor they get',
};
