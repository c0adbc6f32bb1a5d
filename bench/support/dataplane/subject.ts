/** One balancer under load: flows that it knows, packets of theirs, and connections that it has not seen. */

import { bind, close, sendto, setsockopt, socket } from '../../../src/shell/libc.js';
import { insideNamespace } from '../../../test/support/inside.js';
import type { Balancer } from './balancers.js';
import type { Case } from './cases.js';
import { answerTo, type Flow, flowOf, frameOf, type Link, linkOf, tcpFlag } from './frames.js';
import { backendAddress, backendNumbers, backendPort, createRig, type Rig, servicePort, vip } from './rig.js';
import { type Burst, createTap, type Outgoing } from './sender.js';

/** Flows that are known: few enough for the processor's cache, as those of a busy client are. */
const knownFlows = 64;
/** A burst repeats each flow this often, in turns. */
const repeats = 16;
const firstKnownPort = 20_000;
const clientIsn = 1_000;
const serverIsn = 5_000;

export interface Target {
  readonly address: string;
  readonly port: number;
}
export interface Subject {
  readonly name: string;
  readonly rig: Rig;
  readonly endsAtBackends: boolean;
  /** Packets of known flows, towards the backends and back; undefined where there are none. */
  readonly there: Burst;
  readonly back: Burst | undefined;
  /** Connections `from` … `from + count - 1`: each number is one that no other number is like. */
  openings(from: number, count: number): Burst;
  dispose(): Promise<void>;
}

export interface SubjectOptions {
  readonly name: string;
  readonly of: Case;
  readonly balancer: Balancer;
  /** Clients send here, in turns. */
  readonly targets?: readonly Target[];
  /** Nothing arrives, on purpose. */
  readonly silent?: boolean;
}

const service: Target = { address: vip, port: servicePort };
export const direct: readonly Target[] = backendNumbers.map((number) => ({
  address: backendAddress(number),
  port: backendPort,
}));

/** A program on the balancer itself that answers once and never reads: its queue is full, and stays so. */
const openService = (rig: Rig) => {
  const [AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF] = [2, 2, 1, 8];
  const addressOf = (address: string, port: number): Uint8Array => {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, AF_INET, true);
    view.setUint16(2, port, false);
    bytes.set(address.split('.').map(Number), 4);
    return bytes;
  };
  const fd = insideNamespace(rig.balancer, () => socket(AF_INET, SOCK_DGRAM, 0));
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(Int32Array.of(4096).buffer), 4);
  if (bind(fd, addressOf(vip, servicePort), 16) !== 0) throw new Error('the local service has no port');
  return {
    answer: ({ source, sourcePort }: Flow): void => {
      sendto(fd, new Uint8Array(6), 6, 0, addressOf(source, sourcePort), 16);
    },
    close: () => close(fd),
  };
};

const until = async (what: string, isDone: () => boolean, timeoutMs = 30_000): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!isDone()) {
    if (performance.now() > deadline) throw new Error(`not in ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

export const createSubject = async (options: SubjectOptions): Promise<Subject> => {
  const rig = createRig();
  try {
    return await subjectOn(rig, options);
  } catch (error) {
    await rig.dispose();
    throw error;
  }
};

const subjectOn = async (rig: Rig, options: SubjectOptions): Promise<Subject> => {
  const { name, of, balancer, targets = [service], silent = false } = options;
  const { clients, balancer: middle, clientDevice, frontDevice, clientPort, macOf } = rig;
  const end = await balancer(rig);
  const link: Link = {
    sourceMac: macOf(clients, clientDevice),
    destinationMac: macOf(middle, frontDevice),
  };
  const isTcp = of.protocol === 'tcp';
  const segment = (flags: number, sequence: number, acknowledged: number) =>
    isTcp ? ({ protocol: 'tcp', flags, sequence, acknowledged } as const) : ({ protocol: 'udp' } as const);
  const opening = segment(tcpFlag.syn, clientIsn, 0);
  const fromClient = (flow: Flow, flags: number, sequence = clientIsn + 1): Outgoing => ({
    device: clientDevice,
    frame: frameOf(flow, link, flags === tcpFlag.syn ? opening : segment(flags, sequence, serverIsn + 1)),
  });
  const to = (at: number): Pick<Flow, 'destination' | 'destinationPort'> => {
    const { address, port } = targets[at % targets.length]!;
    return { destination: address, destinationPort: port };
  };
  const known = Array.from(
    { length: knownFlows },
    (_, at): Flow => ({
      source: `10.64.0.${at + 1}`,
      sourcePort: firstKnownPort + at,
      ...to(at),
    }),
  );
  /** How each flow looks to its backend, and where it came in there. */
  const seen = new Map<number, { flow: Flow; link: Link; device: string }>();
  const local = targets[0]!.address === vip && of.plain === 'vip' && !silent ? openService(rig) : undefined;
  if (local) {
    clientPort.sendNow(known.map((flow) => fromClient(flow, tcpFlag.syn)));
    for (const flow of known) local.answer(flow);
  } else if (!silent) {
    const tap = createTap(rig.backends, rig.backendDevices);
    await until(`all flows of ${of.name} pass ${name}`, () => {
      const missing = known.filter(({ sourcePort }) => !seen.has(sourcePort));
      clientPort.sendNow(missing.map((flow) => fromClient(flow, tcpFlag.syn)));
      for (const { frame, device } of tap.read()) {
        const flow = flowOf(frame);
        if (flow) seen.set(flow.sourcePort, { flow, link: linkOf(frame), device });
      }
      return known.every(({ sourcePort }) => seen.has(sourcePort));
    });
    tap.close();
  }
  const backwards = (flags: number, sequence: number): Outgoing[] =>
    [...seen.values()]
      // dsr: the answer is not the balancer's business.
      .filter(({ flow }) => of.plain === 'vip' || flow.destination !== vip)
      .map(({ flow, link: way, device }) => {
        const answer = answerTo(flow, way);
        return {
          device,
          frame: frameOf(answer.flow, answer.link, segment(flags, sequence, clientIsn + 1)),
        };
      });
  rig.backendPort.sendNow(backwards(tcpFlag.syn | tcpFlag.ack, serverIsn));
  clientPort.sendNow(known.map((flow) => fromClient(flow, tcpFlag.ack)));
  const often = (one: readonly Outgoing[]): Outgoing[] => Array.from({ length: repeats }, () => one).flat();
  const data = tcpFlag.ack | tcpFlag.push;
  const answers = of.answers === 'none' ? [] : backwards(data, serverIsn + 1);
  return {
    name,
    rig,
    endsAtBackends: !silent && !local,
    there: clientPort.prepare(often(known.map((flow) => fromClient(flow, data)))),
    back: answers.length > 0 ? rig.backendPort.prepare(often(answers)) : undefined,
    openings: (from, count) =>
      clientPort.prepare(
        Array.from({ length: count }, (_, at) => {
          const number = from + at;
          const host = of.manyClients ? number : number % 251;
          const flow = {
            source: `10.${65 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`,
            sourcePort: 2_000 + (number % 60_000),
            ...to(number),
          };
          return fromClient(flow, tcpFlag.syn);
        }),
      ),
    async dispose() {
      local?.close();
      await end();
      await rig.dispose();
    },
  };
};
