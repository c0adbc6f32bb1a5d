/**
 * What a drill would do, before it does it: who takes over, what each service would lose, and why the cluster is not fit for it. Pure: what
 * the nodes said of themselves goes in.
 */

import type { GroupStatus, NodeStatus } from '../model/status.js';
import { budgetOf, budgets, type FaultName, faultMeaning, faultSafety, limitsOn } from './budgets.js';

/** What a node said, or why it said nothing. */
export type Told = { readonly status: NodeStatus } | { readonly status: undefined; readonly reason: string };

/** Of a service, as `GET /v1/services` prints it. */
export interface Farm {
  readonly name: string;
  readonly mode: string;
  readonly state: string;
  readonly persistence: string;
  readonly replicate: string;
  readonly 'new-rtlimit': string;
  readonly 'rst-rtlimit': string;
  readonly backends: readonly { readonly name: string; readonly state: string }[];
}

export interface PlanQuestion {
  readonly cluster: string;
  readonly fault: FaultName;
  /** In the order of the cluster's configuration, as far as it is known. */
  readonly told: ReadonlyMap<string, Told>;
  readonly farms: readonly Farm[];
  /** Only this group; undefined: all. */
  readonly group?: string | undefined;
  readonly to?: string | undefined;
  readonly maxOutageMs?: number | undefined;
  /** False: the negative control, in which nothing is expected to be replicated. */
  readonly replication?: boolean | undefined;
  readonly slowness?: number | undefined;
}

export interface DrillPlan {
  readonly cluster: string;
  readonly fault: FaultName;
  readonly meaning: string;
  readonly expectedOutageMs: number;
  readonly ready: boolean;
  /** Each with what to do about it; `--force` drills nevertheless. */
  readonly obstacles: readonly string[];
  /** Worth knowing, and no obstacle. */
  readonly notes: readonly string[];
  readonly groups: readonly {
    readonly group: string;
    readonly addresses: readonly string[];
    readonly owner: string | null;
    readonly successor: string | null;
    readonly why: string;
  }[];
  readonly nodes: readonly {
    readonly node: string;
    readonly role: string;
    readonly ready: boolean;
    readonly reasons: readonly string[];
  }[];
  readonly services: readonly {
    readonly service: string;
    readonly backends: string;
    readonly replicate: string;
    readonly ready: boolean;
    /** As phrases; nothing: nothing. */
    readonly lost: readonly string[];
  }[];
}

/** Entries that wait for confirmation longer than this are more than the usual traffic. */
const behindMs = 1_000;

const nodeObstacles = (node: string, status: NodeStatus, replication: boolean): string[] => {
  const { reasons, ready, peers, witness, services, document, conntrackd, replication: sync } = status;
  const found: string[] = [];
  const add = (wrong: boolean, text: string): void => {
    if (wrong) found.push(`${node}${text}`);
  };
  add(!ready, ` is not ready: ${reasons.join('; ') || 'it does not say why'}`);
  for (const one of status.health ?? []) add(true, `: ${one.reason}: put that right first`);
  for (const problem of status.problems ?? []) add(true, `: ${problem}`);
  for (const group of status.groups) {
    const remedy = `'relevo maintenance off --node ${node}' ends it`;
    add(group.maintenance === true, ` is in maintenance for ${group.name}: ${remedy}`);
  }
  for (const peer of peers) {
    add(!peer.alive, ` does not hear ${peer.name}: look at its agent and its cables`);
    const silent = peer.paths.filter((path) => !path.alive).length;
    add(
      peer.alive && silent > 0,
      `: ${silent} of ${peer.paths.length} heartbeat paths to ${peer.name} are silent`,
    );
  }
  add(witness?.reachable === false, ` does not reach the witness: ${witness?.detail}`);
  add(
    (services.checks?.downCount ?? 0) > 0,
    `: ${services.checks?.downCount} backends fail their health check`,
  );
  for (const { service, backend } of services.draining) {
    add(true, `: ${service}/${backend} drains: wait for it ('relevo status')`);
  }
  add(
    document.confirmInMs !== undefined,
    ": a change of the services waits for confirmation: 'relevo confirm' or 'relevo rollback' first",
  );
  for (const conflict of document.conflicts) add(true, `: ${conflict}: 'relevo resolve' ends it`);
  for (const problem of document.problems) add(true, `: document: ${problem}`);
  for (const peer of document.peers) {
    add(peer.state !== 'in sync', `: document of ${peer.name} is ${peer.state}`);
  }
  add(
    conntrackd.managed && !conntrackd.running,
    `: conntrackd is not running: ${conntrackd.reason ?? 'unknown'}`,
  );
  if (!sync.enabled) {
    add(replication, ': replication is off, so persistence would be lost');
    return found;
  }
  add(!sync.complete, ': its replica is not complete yet: wait for it');
  for (const peer of sync.peers) {
    add(
      !peer.connected,
      `: replication to ${peer.name} is down${peer.lastError ? `: ${peer.lastError}` : ''}`,
    );
    add(
      peer.connected && peer.state !== 'in sync',
      `: replication to ${peer.name} is ${peer.state}: wait for it`,
    );
    const oldestMs = Math.max(peer.oldestUnconfirmedMs, peer.general?.oldestUnconfirmedMs ?? 0);
    add(
      peer.connected && oldestMs > behindMs,
      `: busy, the oldest of what ${peer.name} has not confirmed is ${Math.round(oldestMs)} ms old: wait for it`,
    );
  }
  return found;
};

interface Candidate {
  readonly node: string;
  readonly ready: boolean;
  readonly penalty: number;
  readonly why: string;
}

/** As the owner sees the others, who choose by readiness, health, preference, and order: the last two are not told here. */
const candidatesOf = (owner: NodeStatus, group: string, told: ReadonlyMap<string, Told>): Candidate[] =>
  owner.peers.map(({ name, alive, ready, reasons, penalty = 0, maintenance = [] }) => {
    const own = told.get(name)?.status;
    const away = maintenance.includes(group);
    const fit = alive && ready && !away && (own === undefined || own.ready);
    const why = !alive
      ? 'not heard'
      : away
        ? 'in maintenance'
        : reasons.join('; ') || own?.reasons.join('; ') || (fit ? 'ready' : 'not ready');
    return { node: name, ready: fit, penalty, why };
  });

const successorOf = (
  candidates: readonly Candidate[],
  to: string | undefined,
): { successor: string | null; why: string } => {
  const wanted = to === undefined ? candidates : candidates.filter(({ node }) => node === to);
  const fit = wanted.filter(({ ready }) => ready);
  const least = Math.min(...fit.map(({ penalty }) => penalty));
  const [best, ...same] = fit.filter(({ penalty }) => penalty === least);
  if (!best) {
    const whys = wanted.map(({ node, why }) => `${node}: ${why}`).join('; ');
    return { successor: null, why: whys || `no other node${to === undefined ? '' : ` called ${to}`}` };
  }
  if (to !== undefined) return { successor: best.node, why: 'asked for, and ready' };
  const others = same.map(({ node }) => node).join(', ');
  const why = others ? `ready, and so is ${others}: the election decides` : 'ready, and the fittest';
  return { successor: best.node, why };
};

const stateless = (mode: string): boolean => mode === 'dsr' || mode === 'stlsdnat';

/** What clients of a service lose when another node goes on, as phrases. */
const lostOf = (farm: Farm, owner: NodeStatus | undefined): string[] => {
  if (!owner) return ['not known: nobody owns an address'];
  const replicated = owner.replication.enabled ? farm.replicate : 'none';
  const lost: string[] = [];
  const tracked = !stateless(farm.mode);
  if (tracked && !(owner.conntrackd.managed && owner.conntrackd.running))
    lost.push('established connections');
  if (!tracked && replicated !== 'all') lost.push('established flows (not replicated)');
  if (farm.persistence !== '' && farm.persistence !== 'none' && replicated === 'none') {
    lost.push('which backend a client had (not replicated)');
  }
  const limited = [farm['new-rtlimit'], farm['rst-rtlimit']].some(
    (rate) => rate !== undefined && !/^0\b/.test(rate),
  );
  if (limited && replicated !== 'all') lost.push('bans (not replicated)');
  if (limited) lost.push('fill levels of rate limits (they start anew)');
  return lost;
};

const groupsOf = (told: ReadonlyMap<string, Told>): Map<string, (GroupStatus & { node: string })[]> => {
  const groups = new Map<string, (GroupStatus & { node: string })[]>();
  for (const [node, { status }] of told) {
    for (const group of status?.groups ?? []) {
      groups.set(group.name, [...(groups.get(group.name) ?? []), { ...group, node }]);
    }
  }
  return groups;
};

const outageOf = ({ fault, slowness = 1 }: PlanQuestion): number =>
  budgetOf(fault, limitsOn(fault, slowness, undefined)).outageMs;

const deadlineObstacles = (question: PlanQuestion): string[] => {
  const { fault, maxOutageMs } = question;
  const outageMs = outageOf(question);
  if (maxOutageMs === undefined || maxOutageMs >= outageMs) return [];
  return [
    `--max-outage ${maxOutageMs}ms is impossible to keep: ${fault} may cost ${outageMs} ms by itself, so the drill would be broken off for nothing`,
  ];
};

export const planDrill = (question: PlanQuestion): DrillPlan => {
  const { cluster, fault, told, farms, to, replication = true } = question;
  const obstacles: string[] = [...deadlineObstacles(question)];
  const notes: string[] = [];
  for (const [node, one] of told) {
    if (one.status) obstacles.push(...nodeObstacles(node, one.status, replication));
    else obstacles.push(`${node} cannot be asked: ${one.reason}`);
  }
  const all = groupsOf(told);
  if (question.group !== undefined && !all.has(question.group)) {
    obstacles.push(`no group '${question.group}': there is ${[...all.keys()].join(', ') || 'none'}`);
  }
  const wanted = [...all].filter(([name]) => question.group === undefined || name === question.group);
  const groups = wanted.map(([name, views]) => {
    const owners = views.filter(({ state }) => state === 'active');
    for (const { node, state } of views.filter(
      (view) => view.state === 'init' || view.state === 'draining',
    )) {
      obstacles.push(`${node}: ${name} is ${state}: wait until it has settled`);
    }
    const owner = owners[0] && told.get(owners[0].node)?.status;
    const addresses = views[0]?.addresses ?? [];
    if (!owner || owners.length > 1) {
      obstacles.push(`${name}: ${owners.length} nodes are active, not exactly one`);
      return {
        group: name,
        addresses,
        owner: owners[0]?.node ?? null,
        successor: null,
        why: 'no owner is known',
      };
    }
    const { successor, why } = successorOf(candidatesOf(owner, name, told), to);
    if (successor === null && budgets[fault].takeovers > 0)
      obstacles.push(`nobody can take ${name} over: ${why}`);
    return { group: name, addresses, owner: owner.node, successor, why };
  });
  const owner = [...told.values()].find(({ status }) => status?.node === groups[0]?.owner)?.status;
  const statuses = [...told.values()].flatMap(({ status }) => status ?? []);
  const unconfirmed = Math.max(0, ...(owner?.replication.peers ?? []).map((peer) => peer.unconfirmed));
  if (unconfirmed > 0) notes.push(`${unconfirmed} entries are not confirmed by another node at this moment`);
  for (const { meaning, mode } of [
    ...new Map(statuses.map(({ safety }) => [safety.mode, safety])).values(),
  ]) {
    if (mode !== 'arbiter' && mode !== 'majority') notes.push(`safety is ${mode}: ${meaning}`);
  }
  if (faultSafety[fault] === 'breaks')
    notes.push(`${fault} breaks something on purpose: on a live cluster only with --force`);
  const services = farms.map((farm) => {
    const up = farm.backends.filter(({ state }) => state === 'up').length;
    const lost = budgets[fault].takeovers > 0 ? lostOf(farm, owner) : [];
    return {
      service: farm.name,
      backends: `${up} of ${farm.backends.length} up`,
      replicate: farm.replicate,
      ready: farm.state === 'up' && up > 0,
      lost,
    };
  });
  for (const { service, backends, ready } of services) {
    if (!ready) notes.push(`${service} does not serve now (${backends})`);
  }
  return {
    cluster,
    fault,
    meaning: faultMeaning[fault],
    expectedOutageMs: outageOf(question),
    ready: obstacles.length === 0,
    obstacles: [...new Set(obstacles)],
    notes,
    groups,
    nodes: [...told].map(([node, { status }]) => ({
      node,
      role: status?.groups.map(({ name, state }) => `${name} ${state}`).join(', ') ?? 'unknown',
      ready: status?.ready ?? false,
      reasons: status?.reasons ?? [],
    })),
    services,
  };
};
