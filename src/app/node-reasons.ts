/**
 * What is wrong with this node beside its links and its way to backends. All of it together weighs less than the margin that moves a
 * group (`healthMargin`): who owns one goes on, for moving it would not bring back what conntrackd or a replica has missed; among candidates, and
 * beside another reason, it decides.
 */

import type { HealthReason } from '../election/health.js';
import type { Clock } from '../ports.js';
import type { ConntrackdStatus } from './conntrackd.js';

export interface NodeReasonPorts {
  readonly clock: Clock;
  readonly conntrackd: () => ConntrackdStatus;
  readonly replica: () => { readonly ready: boolean };
}

export interface NodeReasons {
  /** Looks now; to be called every `lookEveryMs`, for it also judges how late it is called. */
  look(): readonly HealthReason[];
}

export const weights = { conntrackd: 4, replica: 3, stall: 2 } as const;
export const lookEveryMs = 1_000;
/** What happened is told for so long. */
const showMs = 60_000;
/** Later than that the main thread has stood still: requests, replication and checks of backends waited. */
const stallMs = 1_000;

/** The last time something happened, with what there is to say of it. */
const createMemory = (clock: Clock) => {
  let last: { readonly text: string; readonly atMs: number } | undefined;
  return {
    note(text: string): void {
      last = { text, atMs: clock.nowMs() };
    },
    get text(): string | undefined {
      return last && clock.nowMs() - last.atMs < showMs ? last.text : undefined;
    },
  };
};

export const createNodeReasons = ({ clock, conntrackd, replica }: NodeReasonPorts): NodeReasons => {
  const ended = createMemory(clock);
  const diverged = createMemory(clock);
  const stalled = createMemory(clock);
  let lookedMs: number | undefined;
  let before: ConntrackdStatus | undefined;

  /** Undefined: nothing is wrong with it. */
  const conntrackdText = (): string | undefined => {
    const now = conntrackd();
    if (!now.enabled) return undefined;
    if (before && now.restarts > before.restarts)
      ended.note(
        'conntrackd has ended within the last minute: connections made meanwhile may be unknown to peers',
      );
    const { counters } = now;
    // Another process counts anew.
    const old = before?.pid === now.pid ? before?.counters : undefined;
    if (counters && old) {
      const refused = counters.injectFailures - old.injectFailures;
      const lost = counters.lostMessages - old.lostMessages;
      if (refused > 0)
        diverged.note(`conntrackd diverges: the kernel refused ${refused} connections of peers`);
      else if (lost > 0) diverged.note(`conntrackd diverges: ${lost} messages of peers were lost`);
    }
    if (now.counters || before?.restarts !== now.restarts) before = now;
    if (now.running) return ended.text ?? diverged.text;
    return `conntrackd is not running: ${now.reason ?? 'it has not been started yet'}`;
  };

  return {
    look() {
      const nowMs = clock.nowMs();
      const lateMs = lookedMs === undefined ? 0 : nowMs - lookedMs - lookEveryMs;
      lookedMs = nowMs;
      if (lateMs > stallMs) {
        stalled.note(
          `the main thread stood still for ${Math.round(lateMs)} ms within the last minute: is the processor too busy, or memory short?`,
        );
      }
      const { ready } = replica();
      const found: readonly (readonly [string | undefined, number])[] = [
        [conntrackdText(), weights.conntrackd],
        // Why stands beside `NOT READY`, with counts that change all the time.
        [ready ? undefined : 'the replica is not complete', weights.replica],
        [stalled.text, weights.stall],
      ];
      return found.flatMap(([text, weight]) => (text === undefined ? [] : [{ text, weight }]));
    },
  };
};
