/**
 * One timeline of all nodes. Peers are asked over the replication's links; each answers with its events and its monotonic clock. The
 * offset between two such clocks is taken from the quickest of several round trips, so nothing trusts the time of day of another node.
 */

import { z } from 'zod';
import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { ClusterEvent, ClusterEvents, ClusterEventsNode, NodeEvent } from '../model/status.js';
import type { Clock, Timers } from '../ports.js';
import type { EventsMessage } from '../wire/frames.js';

export interface ClusterEventsParts {
  readonly node: string;
  readonly peers: readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  /** Milliseconds since 1970 by this node, to show times in. */
  readonly wallMs: () => number;
  readonly list: () => readonly NodeEvent[];
  readonly send: (peer: string, message: EventsMessage) => boolean;
}

export interface ClusterTimeline {
  onMessage(peer: string, message: EventsMessage): void;
  ask(): Promise<ClusterEvents>;
}

/** Round trips before the one that brings the events, and how long each may take. */
const probes = 5;
const answerMs = 2_000;
/** Clocks of two machines drift apart: at most so much is reckoned with, a tenth of a millisecond in a second. */
const driftPerMs = 1e-4;
/** Times of day that differ by more are worth a word. */
const wallNoteMs = 100;

const told: z.ZodType<NodeEvent[]> = z
  .array(
    z.object({
      time: z.string().max(64),
      atMs: z.number(),
      kind: z.string().max(64),
      message: z.string().max(4_096),
      times: z.number().int().positive().optional(),
      facts: z.record(z.string(), z.unknown()),
    }) as unknown as z.ZodType<NodeEvent>,
  )
  .max(limits.eventsAnswered);

/** The newest that fit half a frame. */
const newest = (events: readonly NodeEvent[], want: number): Uint8Array => {
  const texts: string[] = [];
  let bytes = 2;
  for (const event of events.slice(-Math.min(want, limits.eventsAnswered)).reverse()) {
    const text = JSON.stringify(event);
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > limits.syncFrameBytes / 2) break;
    texts.push(text);
  }
  return new TextEncoder().encode(`[${texts.reverse().join(',')}]`);
};

const read = (peer: string, text: Uint8Array): NodeEvent[] => {
  try {
    return told.parse(JSON.parse(new TextDecoder().decode(text)));
  } catch (thrown) {
    throw new RelevoError('bad-frame', `${peer}: its events cannot be read`, {}, thrown);
  }
};

export const createClusterEvents = (parts: ClusterEventsParts): ClusterTimeline => {
  const { node, peers, clock, timers, wallMs, list, send } = parts;
  const waiting = new Map<
    number,
    { readonly peer: string; settle(answer: EventsMessage | undefined): void }
  >();
  let lastId = 0;

  const question = (peer: string, want: number): Promise<EventsMessage | undefined> =>
    new Promise((resolve) => {
      lastId += 1;
      const id = lastId;
      const settle = (answer: EventsMessage | undefined): void => {
        waiting.delete(id);
        cancel();
        resolve(answer);
      };
      const cancel = timers.after(answerMs, () => settle(undefined));
      waiting.set(id, { peer, settle });
      if (!send(peer, { id, question: true, want, nowUs: 0, text: new Uint8Array(0) })) settle(undefined);
    });

  const place = (
    name: string,
    events: readonly NodeEvent[],
    offsetMs: number,
    errorMs: number,
  ): ClusterEvent[] => {
    const [nowMs, nowWallMs] = [clock.nowMs(), wallMs()];
    return events.map((event) => {
      const atMs = event.atMs - offsetMs;
      const uncertainMs = name === node ? 0 : errorMs + Math.abs(nowMs - atMs) * driftPerMs;
      const { kind, message, facts, times } = event;
      const time = new Date(nowWallMs - (nowMs - atMs)).toISOString();
      return { node: name, time, atMs, uncertainMs, kind, message, facts, ...(times && { times }) };
    });
  };

  const askPeer = async (peer: string): Promise<{ about: ClusterEventsNode; events: ClusterEvent[] }> => {
    const absent = (reason: string) => ({ about: { node: peer, ok: false, reason }, events: [] });
    let [bestMs, offsetMs] = [Number.POSITIVE_INFINITY, 0];
    for (let round = 0; round <= probes; round++) {
      const isLast = round === probes;
      const sentMs = clock.nowMs();
      const answer = await question(peer, isLast ? limits.eventsAnswered : 0);
      if (!answer) {
        return absent(
          'did not answer: not connected, or its software tells no events (see relevo sync status)',
        );
      }
      const tripMs = clock.nowMs() - sentMs;
      if (tripMs < bestMs) {
        bestMs = tripMs;
        offsetMs = answer.nowUs / 1000 - (sentMs + tripMs / 2);
      }
      if (!isLast) continue;
      const theirs = read(peer, answer.text);
      const events = place(peer, theirs, offsetMs, bestMs / 2);
      const last = theirs.at(-1);
      const aheadMs = last ? Date.parse(last.time) - Date.parse(events.at(-1)!.time) : 0;
      const wall = Math.abs(aheadMs) > wallNoteMs ? { wallAheadMs: Math.round(aheadMs) } : {};
      return { about: { node: peer, ok: true, reason: '', roundTripMs: bestMs, ...wall }, events };
    }
    return absent('did not answer');
  };

  return {
    onMessage(peer, message) {
      if (message.question) {
        const text = message.want > 0 ? newest(list(), message.want) : new Uint8Array(0);
        send(peer, {
          id: message.id,
          question: false,
          want: 0,
          nowUs: Math.round(clock.nowMs() * 1000),
          text,
        });
        return;
      }
      const asked = waiting.get(message.id);
      if (asked?.peer === peer) asked.settle(message);
    },
    async ask() {
      const answers = await Promise.all(
        peers.map((peer) =>
          askPeer(peer).catch((thrown: Error) => ({
            about: { node: peer, ok: false, reason: thrown.message },
            events: [] as ClusterEvent[],
          })),
        ),
      );
      const events = [...place(node, list(), 0, 0), ...answers.flatMap((answer) => answer.events)];
      events.sort((one, other) => one.atMs - other.atMs);
      return { nodes: [{ node, ok: true, reason: '' }, ...answers.map(({ about }) => about)], events };
    },
  };
};
