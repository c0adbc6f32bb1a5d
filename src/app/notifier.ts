/**
 * The operator's script, called at each change of role or health: one call at a time, in order, bounded in time and in number. It runs beside
 * the main thread's work and never in the guard thread; what it does or fails to do changes nothing here.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import type { NodeConfig } from '../model/node.js';
import type { Log, Runner } from '../ports.js';

export interface Notice {
  /** `role`: of a group. `health`: of this node; `group` is empty. */
  readonly what: 'role' | 'health';
  readonly group: string;
  readonly from: string;
  readonly to: string;
  readonly epoch: number;
  readonly reason: string;
}

export interface Notifier {
  notify(notice: Notice): void;
  /** What is under way may end; what waits is dropped. */
  close(): Promise<void>;
}

export interface NotifierParts {
  readonly runner: Runner;
  readonly log: Log;
  readonly config: Pick<NodeConfig, 'node' | 'cluster' | 'notify'>;
  readonly record: (kind: string, message: string) => void;
}

const nobody: Notifier = { notify: () => {}, close: () => Promise.resolve() };

/** The script's arguments: what, group (`-` for none), from, to, epoch, reason. The same stands in its environment. */
const argumentsOf = ({ what, group, from, to, epoch, reason }: Notice): string[] => [
  what,
  group || '-',
  from,
  to,
  String(epoch),
  reason,
];

export const createNotifier = ({ runner, log, config, record }: NotifierParts): Notifier => {
  const { notify } = config;
  if (!notify) return nobody;
  const waiting: Notice[] = [];
  let working: Promise<void> | undefined;
  let dropped = 0;

  const call = async (notice: Notice): Promise<void> => {
    const { what, group, from, to, epoch, reason } = notice;
    const env = {
      RELEVO_NODE: config.node,
      RELEVO_CLUSTER: config.cluster,
      RELEVO_WHAT: what,
      RELEVO_GROUP: group,
      RELEVO_FROM: from,
      RELEVO_TO: to,
      RELEVO_EPOCH: String(epoch),
      RELEVO_REASON: reason,
    };
    const about = `${what}${group && ` of ${group}`}: ${from} → ${to}`;
    try {
      const options = { timeoutMs: notify.timeoutMs, env };
      const { exitCode, stderr } = await runner.run(notify.script, argumentsOf(notice), options);
      if (exitCode === 0) return;
      const said = stderr.trim().slice(-limits.notifyOutputChars);
      record(
        'notify-failed',
        `${notify.script} ended with status ${exitCode} (${about})${said && `: ${said}`}`,
      );
    } catch (thrown) {
      record('notify-failed', `${errorFrom(thrown).message} (${about})`);
    }
  };

  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await call(next);
      if (dropped === 0) continue;
      record(
        'notify-failed',
        `${dropped} calls of ${notify.script} were left out: it is slower than what happens`,
      );
      dropped = 0;
    }
    working = undefined;
  };

  return {
    notify(notice) {
      if (waiting.length >= limits.notifyWaiting) {
        // The oldest says least about how things are now.
        waiting.shift();
        dropped += 1;
      }
      waiting.push(notice);
      working ??= work();
    },
    async close() {
      if (waiting.length > 0) log.warn({ left: waiting.length }, 'calls of the notify script were left out');
      waiting.length = 0;
      await working;
    },
  };
};
