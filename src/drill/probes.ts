/** The probe processes of one drill: started where clients and observer are, asked, and stopped with what they recorded. */

import { RelevoError } from '../errors.js';
import type { Clock } from '../ports.js';
import { type LineProcess, startLines } from '../shell/lines.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import { type ClockReading, nearest, offsetOf } from './clocks.js';
import type { ArpRequest, BackendAnswers, DrillHistory, LimitAnswers, ProbeHistory } from './history.js';
import { clockCommand, type Message } from './messages.js';
import { type ProbeTargets, targetsArgument } from './probe-targets.js';

export interface ProbeOptions {
  readonly targets: ProbeTargets;
  readonly streams: number;
  readonly seed: number;
  readonly intervalMs: number;
  /** Outage of clients beyond which `breach` resolves; undefined: never. */
  readonly maxOutageMs?: number | undefined;
}

export type Recorded = Pick<DrillHistory, 'udp' | 'connect' | 'streams' | 'arp'>;

export interface Probes {
  /** Every persistent client asks once who serves it. */
  ask(): Promise<BackendAnswers>;
  /** Before the fault, which makes services ban, and after it; null: there are no limits to probe. */
  askLimits(): Promise<LimitAnswers | null>;
  /** Says what went beyond the limit; pending for ever when nothing does. */
  readonly breach: Promise<string>;
  stop(): Promise<Recorded>;
  /** Ends them at once, whatever they were doing. */
  kill(): void;
}

type Kind = Message['kind'];
type Of<K extends Kind> = Extract<Message, { kind: K }>;

interface Probe {
  readonly process: LineProcess;
  /** The next message of that kind; rejects when the process says it failed, or ends. */
  expect<K extends Kind>(kind: K): Promise<Of<K>>;
}

/** A probe that waits for a processor measures the machine, not the service. */
const ahead = ['nice', '-n', '-10'] as const;

/** Where clients or the observer are. */
export interface Place {
  /** Words to put before a program, so that it runs there. */
  readonly words: readonly string[];
  /** Node and the probes' folder there; undefined: as they are here. */
  readonly programs?: { readonly node: string; readonly folder: string } | undefined;
}
export type Places = (who: 'client' | 'observer') => Place;

/** Of how many answers about the other machine's clock the quickest counts. */
const clockQuestions = 9;

const commandOf = ({ words, programs }: Place, program: string): string[] => [
  ...words,
  ...ahead,
  ...(programs
    ? [programs.node, `${programs.folder}/dist/drill/${program}.js`]
    : [nodeProgram, builtProgram(`drill/${program}.js`)]),
];

const startProbe = (place: Place, program: string, args: readonly (string | number)[]): Probe => {
  const arrived: Message[] = [];
  const waiting = new Map<Kind, (message: Message) => void>();
  let broken: string | undefined;
  const failures = new Set<(error: RelevoError) => void>();
  const fail = (reason: string): void => {
    broken ??= reason;
    for (const reject of failures) reject(new RelevoError('internal', `${program}: ${reason}`));
  };
  const deliver = (line: string): void => {
    const message = JSON.parse(line) as Message;
    if (message.kind === 'failed') {
      fail(message.reason);
      return;
    }
    const take = waiting.get(message.kind);
    if (!take) {
      arrived.push(message);
      return;
    }
    waiting.delete(message.kind);
    take(message);
  };
  const [file, ...words] = [...commandOf(place, program), ...args.map(String)];
  const process = startLines(file!, words, deliver);
  void process.ended.then((how) => fail(`ended (${how})`));
  return {
    process,
    expect: <K extends Kind>(kind: K) =>
      new Promise<Of<K>>((resolve, reject) => {
        const index = arrived.findIndex((message) => message.kind === kind);
        if (index >= 0) return resolve(arrived.splice(index, 1)[0] as Of<K>);
        if (broken !== undefined) {
          return reject(new RelevoError('internal', `${program}: ${broken}`));
        }
        failures.add(reject);
        waiting.set(kind, (message) => {
          failures.delete(reject);
          resolve(message as Of<K>);
        });
      }),
  };
};

/** What to add to the times of a probe, which are of its machine's clock. */
const clockOffset = async (clock: Clock, probe: Probe): Promise<number> => {
  const readings: ClockReading[] = [];
  while (readings.length < clockQuestions) {
    const askedMs = clock.nowMs();
    const told = probe.expect('clock');
    probe.process.send(clockCommand);
    readings.push({ askedMs, theirMs: (await told).nowMs, answeredMs: clock.nowMs() });
  }
  return offsetOf(nearest(readings));
};

const shiftProbe = (byMs: number, history: ProbeHistory): ProbeHistory => ({
  ...history,
  sentMs: history.sentMs.map((atMs) => atMs + byMs),
  answeredMs: history.answeredMs.map((atMs) => (atMs === null ? null : atMs + byMs)),
});

const shiftRequest = (byMs: number, request: ArpRequest): ArpRequest => ({
  ...request,
  sentMs: request.sentMs + byMs,
  answers: request.answers.map((each) => ({ ...each, atMs: each.atMs + byMs })),
});

/** Resolves when all of them are under way: streams open, requests answered. */
export const startProbes = async (clock: Clock, place: Places, options: ProbeOptions): Promise<Probes> => {
  const { targets, streams, seed, intervalMs, maxOutageMs = 0 } = options;
  const aim = targetsArgument(targets);
  const client = startProbe(place('client'), 'client-process', [aim, intervalMs, maxOutageMs]);
  const sessions = startProbe(place('client'), 'sessions-process', [aim, streams, seed]);
  const observer = startProbe(place('observer'), 'observer-process', [aim, intervalMs]);
  const all = [client, sessions, observer];
  const kill = (): void => {
    for (const each of all) each.process.kill();
  };
  const offsets = { client: 0, observer: 0 };
  try {
    await Promise.all(all.map((each) => each.expect('ready')));
    offsets.client = await clockOffset(clock, client);
    offsets.observer = await clockOffset(clock, observer);
  } catch (thrown) {
    kill();
    throw thrown;
  }
  // A probe that ends has no breach to tell; who waits for its other messages hears of the end.
  const breach = new Promise<string>((resolve) => {
    client.expect('breach').then(
      ({ what }) => resolve(what),
      () => undefined,
    );
  });
  return {
    kill,
    breach,
    async ask() {
      const asked = sessions.expect('asked');
      sessions.process.send('ask');
      return (await asked).answers;
    },
    async askLimits() {
      const answered = sessions.expect('limits');
      sessions.process.send('limits');
      return (await answered).answers;
    },
    async stop() {
      const last = [client.expect('probes'), sessions.expect('streams'), observer.expect('arp')] as const;
      for (const each of all) each.process.send('stop');
      const [{ udp, connect }, { streams }, { requests }] = await Promise.all(last);
      await Promise.all(all.map((each) => each.process.ended));
      return {
        udp: shiftProbe(offsets.client, udp),
        connect: shiftProbe(offsets.client, connect),
        streams,
        arp: requests.map((request) => shiftRequest(offsets.observer, request)),
      };
    },
  };
};
