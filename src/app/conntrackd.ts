/** Keeps one conntrackd running in line with the node's role: writes its file, starts or adopts it, restarts it, asks it for counters. */

import { conntrackdConfig, conntrackdPaths, conntrackdProblems } from '../conntrack/config.js';
import {
  type ConntrackdCounters,
  conntrackdComplaint,
  parseConntrackdStats,
  undelivered,
} from '../conntrack/stats.js';
import { provenRunMs, restartDelayMs, roleCommands } from '../conntrack/supervision.js';
import { errorFrom, RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import type { Clock, Daemon, Daemons, Files, Log, Runner } from '../ports.js';

export interface ConntrackdPorts {
  readonly runner: Runner;
  readonly files: Files;
  readonly daemons: Daemons;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves after the time, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface ConntrackdStatus {
  readonly enabled: boolean;
  readonly managed: boolean;
  readonly running: boolean;
  readonly pid?: number;
  readonly adopted?: boolean;
  readonly restarts: number;
  /** Why it is not running, or what its last command said. */
  readonly reason?: string;
  readonly counters?: ConntrackdCounters;
}

export interface Conntrackd {
  /** Resolves after the first attempt, whatever came of it; supervision goes on until the signal aborts or `stop`. */
  start(signal: AbortSignal): Promise<void>;
  status(): ConntrackdStatus;
  /** Whether connections of the peer survive a takeover by this node. */
  ready(): { ready: boolean; reasons: string[] };
  /** The way to a peer is whole again: what it said meanwhile may have been lost. */
  reconnected(): void;
  becomeActive(group: string): void;
  becomeStandby(group: string): void;
  /** Ends supervision, and the daemon unless it is to serve the next agent. */
  stop(options?: { leaveRunning?: boolean }): Promise<void>;
}

/** `conntrackd -s` takes a little of the daemon's time: every 10 ms halved its rate, this is nothing. */
const pollMs = 5_000;
const settlePollMs = 200;
/** Longest wait for the first resync to come to rest before it counts as done. */
const settleMs = 5_000;
/** The takeover itself, and the last packets of the old owner, come first. */
const roleDelayMs = 1_000;
/** Longest wait of a node that gave its groups away for the peer to have all that it knew of connections; the peer may be gone. */
const deliveryMs = 60_000;
/** A standby asks for all connections again this seldom; for what its kernel refused, and may refuse for good, more seldom. */
const askAgainMs = 10_000;
const refusedAgainMs = 600_000;
const stopGraceMs = 2_000;
const program = '/usr/sbin/conntrackd';

export const createConntrackd = (ports: ConntrackdPorts, config: NodeConfig): Conntrackd => {
  const { runner, files, daemons, clock, log, sleep } = ports;
  const { enabled, manage } = config.conntrackd;
  const isPair = config.conntrackd.peers.length === 1;
  const paths = conntrackdPaths(config);
  const configFile = manage
    ? paths.config
    : (config.conntrackd.configFile ?? '/etc/conntrackd/conntrackd.conf');
  const stopping = new AbortController();
  const activeGroups = new Set<string>();
  let roleKnown = false;
  let daemon: Daemon | undefined;
  let answering = false;
  let settled = false;
  let restarts = 0;
  let reason: string | undefined;
  let counters: ConntrackdCounters | undefined;
  /** Whether the daemon has been told that this node is active, or is not. */
  let followed: boolean | undefined;
  /** Something that peers said is not in the kernel: it was not heard, nobody knows how much of it; or it was refused, one by one. */
  let [missed, unheard] = [false, false];
  let askedMs = Number.NEGATIVE_INFINITY;
  let wake = (): void => undefined;
  let supervision: Promise<void> = Promise.resolve();
  let roleRun: AbortController | undefined;

  const command = async (args: readonly string[]): Promise<string> => {
    const result = await runner.run(program, ['-C', configFile, ...args], { timeoutMs: 5_000 });
    if (result.exitCode === 0) return result.stdout;
    const complaint = conntrackdComplaint(result.stderr) ?? `status ${result.exitCode}`;
    throw new RelevoError('command-failed', `conntrackd ${args.join(' ')}: ${complaint}`);
  };

  const compare = (before: ConntrackdCounters, now: ConntrackdCounters): void => {
    unheard ||= now.lostMessages > before.lostMessages;
    missed ||= unheard || now.injectFailures > before.injectFailures;
  };

  const forgive = (): void => {
    missed = false;
    unheard = false;
  };

  const poll = async (): Promise<boolean> => {
    try {
      const printed = parseConntrackdStats(await command(['-s']));
      if (!printed) throw new RelevoError('command-failed', 'conntrackd -s printed no counters');
      // With several peers it takes each change of speaker for a loss: it keeps one count for all (seen: thousands, with nothing lost).
      const read = isPair ? printed : { ...printed, lostMessages: 0 };
      if (counters) compare(counters, read);
      counters = read;
      answering = true;
      reason = undefined;
      // It makes itself real-time at its start (`conntrack/config.ts`).
      daemon?.makePrompt();
    } catch (thrown) {
      answering = false;
      reason = errorFrom(thrown).message;
    }
    return answering;
  };

  /** Roles change seldom and only the last one counts: a newer change calls off one that still waits. */
  const followRole = (delayMs: number): void => {
    roleRun?.abort();
    const run = new AbortController();
    roleRun = run;
    const follow = async (): Promise<void> => {
      await sleep(delayMs, AbortSignal.any([run.signal, stopping.signal]));
      if (run.signal.aborted || stopping.signal.aborted || !roleKnown || !answering) return;
      const active = activeGroups.size > 0;
      if (!active) await untilDelivered(run.signal);
      if (run.signal.aborted) return;
      for (const args of roleCommands(active)) await command(args);
      followed = active;
      log.info({ active, groups: [...activeGroups] }, 'conntrackd follows the role of this node');
    };
    follow()
      .catch((thrown: unknown) => {
        reason = errorFrom(thrown).message;
        log.warn({ reason }, 'conntrackd did not follow the role of this node');
      })
      .finally(() => {
        if (roleRun === run) roleRun = undefined;
      });
  };

  /** A role that was not followed, for the daemon did not answer. */
  const followLate = (): void => {
    if (answering && roleKnown && !roleRun && followed !== activeGroups.size > 0) followRole(0);
  };

  const untilDelivered = async (signal: AbortSignal): Promise<void> => {
    const until = clock.nowMs() + deliveryMs;
    while (!signal.aborted && clock.nowMs() < until) {
      if (undelivered(await command(['-s', 'rsqueue'])) === 0) return;
      await sleep(roleDelayMs, AbortSignal.any([signal, stopping.signal]));
    }
  };

  const obtain = async (): Promise<Daemon> => {
    const max = Number(await files.read('/proc/sys/net/netfilter/nf_conntrack_max')) || undefined;
    const wanted = conntrackdConfig(config, max);
    const present = await files.read(paths.config);
    const running = await daemons.adopt(program, ['-C', paths.config]);
    if (running && present === wanted) return running;
    // Started with another configuration by an earlier agent: it cannot reload, so it makes room.
    await running?.stop(stopGraceMs);
    await files.writeAtomic(paths.config, wanted);
    // A daemon that was killed leaves its lock file, and the next one refuses to start because of it.
    await files.remove(paths.lock);
    return daemons.start(program, ['-C', paths.config], paths.output);
  };

  /** Until the control socket answers and injections have come to rest, or the time is over. */
  const settle = async (isOver: () => boolean, signal: AbortSignal): Promise<void> => {
    const until = clock.nowMs() + settleMs;
    let before: number | undefined;
    while (!isOver() && !signal.aborted && clock.nowMs() < until) {
      await sleep(settlePollMs, signal);
      if (isOver() || !(await poll())) continue;
      const created = counters?.injected.created;
      if (created === before) break;
      before = created;
    }
    settled = !isOver() && answering;
  };

  /**
   * What was lost on the way is not told again by itself. A standby that may have missed much is not ready before it has come; one whose kernel
   * refused a connection is: were it not, all others would wait for that one when the owner dies now.
   */
  const askAgain = async (isOver: () => boolean, signal: AbortSignal): Promise<void> => {
    // Whom a peer's connections serve has them from its own packets.
    if (activeGroups.size > 0) forgive();
    if (!missed || !answering || clock.nowMs() < askedMs + (unheard ? askAgainMs : refusedAgainMs)) return;
    if (unheard) settled = false;
    forgive();
    askedMs = clock.nowMs();
    try {
      await command(['-n']);
      log.info({}, 'conntrackd asks peers for all connections again: some of what they said was lost');
    } catch (thrown) {
      missed = true;
      unheard ||= !settled;
      reason = errorFrom(thrown).message;
    }
    await settle(isOver, signal);
  };

  const nap = async (ms: number, over: Promise<void>, signal: AbortSignal): Promise<void> => {
    const end = new AbortController();
    wake = () => end.abort();
    await Promise.race([over, sleep(ms, AbortSignal.any([signal, end.signal]))]);
    end.abort();
  };

  /** From a daemon in hand to its end; returns how it ended, or undefined when supervision ended first. */
  const accompany = async (present: Daemon, signal: AbortSignal): Promise<string | undefined> => {
    let ending: string | undefined;
    const over = present.ended.then((how) => {
      ending = how;
    });
    const facts = { pid: present.pid, adopted: present.adopted };
    log.info(facts, present.adopted ? 'conntrackd goes on running, adopted' : 'conntrackd started');
    const hasEnded = (): boolean => ending !== undefined;
    await settle(hasEnded, signal);
    if (ending !== undefined) return ending;
    firstAttempt.resolve();
    // It has asked for everything at its start.
    forgive();
    followed = undefined;
    followRole(0);
    while (ending === undefined && !signal.aborted) {
      await nap(pollMs, over, signal);
      if (ending !== undefined || signal.aborted) break;
      await poll();
      if (answering && !settled) await settle(hasEnded, signal);
      // What it was to be told while it was silent.
      followLate();
      await askAgain(hasEnded, signal);
    }
    return ending;
  };

  const supervise = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = clock.nowMs();
      try {
        daemon = await obtain();
        const ending = await accompany(daemon, signal);
        if (ending === undefined) return;
        const complaint = conntrackdComplaint((await files.read(paths.output)) ?? '');
        reason = complaint ?? `ended (${ending})`;
      } catch (thrown) {
        reason = errorFrom(thrown).message;
      }
      daemon = undefined;
      answering = false;
      settled = false;
      counters = undefined;
      restarts += 1;
      failures = clock.nowMs() - startedMs >= provenRunMs ? 1 : failures + 1;
      const delayMs = restartDelayMs(failures);
      log.warn({ reason, restarts, delayMs }, 'conntrackd is not running and will be started again');
      firstAttempt.resolve();
      await sleep(delayMs, signal);
    }
  };

  /** Somebody else's daemon: nothing to start, only to ask. */
  const observe = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const was = answering;
      settled = await poll();
      firstAttempt.resolve();
      // Perhaps another one than before.
      if (settled && !was) followed = undefined;
      followLate();
      await askAgain(() => false, signal);
      await nap(settled ? pollMs : 1_000, new Promise(() => undefined), signal);
    }
  };

  const firstAttempt = (() => {
    let resolve = (): void => undefined;
    const done = new Promise<void>((settleDone) => {
      resolve = settleDone;
    });
    return { done, resolve: () => resolve() };
  })();

  const role = (change: () => void): void => {
    const wasActive = activeGroups.size > 0;
    change();
    if (roleKnown && wasActive === activeGroups.size > 0) return;
    roleKnown = true;
    if (enabled) followRole(roleDelayMs);
  };

  return {
    async start(signal) {
      if (!enabled) return;
      const [problem] = conntrackdProblems(config);
      if (problem) throw new RelevoError('bad-config', `${problem.path}: ${problem.message}`);
      const until = AbortSignal.any([signal, stopping.signal]);
      supervision = (manage ? supervise(until) : observe(until)).finally(firstAttempt.resolve);
      await firstAttempt.done;
    },
    status: () => ({
      enabled,
      managed: manage,
      running: manage ? daemon !== undefined && answering : answering,
      ...(daemon && { pid: daemon.pid, adopted: daemon.adopted }),
      restarts,
      ...(reason !== undefined && { reason }),
      ...(counters && { counters }),
    }),
    ready() {
      if (!enabled) return { ready: true, reasons: [] };
      const reasons: string[] = [];
      if (!answering) reasons.push(`conntrackd does not answer: ${reason ?? 'not started yet'}`);
      else if (!settled) reasons.push('conntrackd is still receiving connections');
      return { ready: reasons.length === 0, reasons };
    },
    reconnected() {
      // Of two nodes each repeats what has not been acknowledged.
      if (isPair) return;
      missed = true;
      unheard = true;
      wake();
    },
    becomeActive: (group) => role(() => activeGroups.add(group)),
    becomeStandby: (group) => role(() => activeGroups.delete(group)),
    async stop(options = {}) {
      stopping.abort();
      roleRun?.abort();
      await supervision;
      if (manage && !options.leaveRunning) await daemon?.stop(stopGraceMs);
      daemon = undefined;
      answering = false;
    },
  };
};
