/** The probe processes of one drill: started in the namespaces of client and observer, asked, and stopped with what they recorded. */

import { RelevoError } from '../errors.js';
import { namespaceOf } from '../lab/topology.js';
import { type LineProcess, startLines } from '../shell/lines.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import type { BackendAnswers, DrillHistory } from './history.js';
import type { Message } from './messages.js';

export interface ProbeOptions {
  readonly streams: number;
  readonly clients: number;
  readonly seed: number;
  readonly intervalMs: number;
  /** Outage of clients beyond which `breach` resolves; undefined: never. */
  readonly maxOutageMs?: number | undefined;
}

export type Recorded = Pick<DrillHistory, 'udp' | 'connect' | 'streams' | 'arp'>;

export interface Probes {
  /** Every persistent client asks once who serves it. */
  ask(): Promise<BackendAnswers>;
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

const startProbe = (
  lab: string,
  host: string,
  program: string,
  args: readonly (string | number)[],
): Probe => {
  const arrived: Message[] = [];
  const waiting = new Map<Kind, (message: Message) => void>();
  let broken: string | undefined;
  const failures = new Set<(error: RelevoError) => void>();
  const fail = (reason: string): void => {
    broken ??= reason;
    for (const reject of failures) reject(new RelevoError('internal', `${program} in ${host}: ${reason}`));
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
  const process = startLines(
    '/usr/sbin/ip',
    [
      'netns',
      'exec',
      namespaceOf(lab, host),
      ...ahead,
      nodeProgram,
      builtProgram(`drill/${program}.js`),
      ...args.map(String),
    ],
    deliver,
  );
  void process.ended.then((how) => fail(`ended (${how})`));
  return {
    process,
    expect: <K extends Kind>(kind: K) =>
      new Promise<Of<K>>((resolve, reject) => {
        const index = arrived.findIndex((message) => message.kind === kind);
        if (index >= 0) return resolve(arrived.splice(index, 1)[0] as Of<K>);
        if (broken !== undefined) {
          return reject(new RelevoError('internal', `${program} in ${host}: ${broken}`));
        }
        failures.add(reject);
        waiting.set(kind, (message) => {
          failures.delete(reject);
          resolve(message as Of<K>);
        });
      }),
  };
};

/** Resolves when all of them are under way: streams open, requests answered. */
export const startProbes = async (lab: string, options: ProbeOptions): Promise<Probes> => {
  const client = startProbe(lab, 'client', 'client-process', [options.intervalMs, options.maxOutageMs ?? 0]);
  const sessions = startProbe(lab, 'client', 'sessions-process', [
    options.streams,
    options.clients,
    options.seed,
  ]);
  const observer = startProbe(lab, 'observer', 'observer-process', [options.intervalMs]);
  const all = [client, sessions, observer];
  const kill = (): void => {
    for (const each of all) each.process.kill();
  };
  try {
    await Promise.all(all.map((each) => each.expect('ready')));
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
    async stop() {
      const last = [client.expect('probes'), sessions.expect('streams'), observer.expect('arp')] as const;
      for (const each of all) each.process.send('stop');
      const [{ udp, connect }, { streams }, { requests }] = await Promise.all(last);
      await Promise.all(all.map((each) => each.process.ended));
      return { udp, connect, streams, arp: requests };
    },
  };
};
