/**
 * What replication takes from the active node's forwarding: the same connections through the same rules with and without reports, with a real
 * pair of agents behind the reports. Processor time of the sending thread, which is that of the whole way (`bench/dataplane.ts` says how);
 * the agents' own is told apart.
 */

import { rm } from 'node:fs/promises';
import { createSyncFiles, type SyncBedFiles } from '../../test/support/sync-bed.js';
import { type Balancer, relevo, rules } from './dataplane/balancers.js';
import { type Case, cases } from './dataplane/cases.js';
import { type Load, measure, net, ratio, thousandsPerSecond } from './dataplane/measure.js';
import { createSubject, type Subject } from './dataplane/subject.js';
import { Agent, type Row, round } from './replication-node.js';

const budgetPercent = 5;
const rounds = 41;
const openings = 1_024;
const drainMs = 10_000;

interface Pair {
  active: Agent;
  standby: Agent;
}

/** relevo as an agent of its own, with a standby in another namespace of the rig. */
const replicating =
  (farm: object, files: SyncBedFiles, started: (pair: Pair) => void): Balancer =>
  async ({ namespaces, balancer }) => {
    const bed = { files, lb1: balancer, lb2: namespaces.add('lb2') };
    const [active, standby] = [new Agent(bed, 'lb1', [farm]), new Agent(bed, 'lb2', [farm])];
    started({ active, standby });
    await active.ask({ kind: 'start' });
    await standby.ask({ kind: 'start' });
    await active.ask({ kind: 'active', epoch: 1 });
    await standby.until(({ ready }) => ready);
    return async () => {
      await active.stop();
      await standby.stop();
    };
  };

const sink: Balancer = rules(
  ({ frontDevice, backDevices }) => `table netdev sink {
  chain in {
    type filter hook ingress devices = { ${[frontDevice, ...backDevices].join(', ')} } priority -500;
    ip protocol { tcp, udp } counter drop
  }
}`,
);

const rowsOf = async (of: Case, what: string, loads: readonly Load[]): Promise<Row[]> => {
  const files = await createSyncFiles(['lb1', 'lb2']);
  const subjects: Subject[] = [];
  let pair: Pair | undefined;
  const note = (made: Pair): void => {
    pair = made;
  };
  try {
    subjects.push(await createSubject({ name: 'generator', of, balancer: sink, silent: true }));
    subjects.push(await createSubject({ name: 'off', of, balancer: relevo([of.farm]) }));
    subjects.push(await createSubject({ name: 'on', of, balancer: replicating(of.farm, files, note) }));
    const { active, standby } = pair!;
    const before = [await active.status(), await standby.status()] as const;
    const [generator, off, on] = await measure(subjects, { rounds, openings, repeats: 2 });
    const reported = (await active.status()).reports - before[0].reports;
    const done = await standby.until(({ arrived }) => arrived - before[1].arrived >= reported, drainMs);
    const after = await active.status();
    const rows = loads.flatMap((load): Row[] => {
      const [with_, without] = [net(on!, generator!, load), net(off!, generator!, load)];
      const name = load === 'packets' ? 'packets of known connections' : what;
      return [
        { what: `${name}, replication off`, value: round(thousandsPerSecond(without)), unit: '1000/s' },
        { what: `${name}, replication on`, value: round(thousandsPerSecond(with_)), unit: '1000/s' },
        {
          what: `${name}: slower with replication by`,
          value: round((1 - ratio(with_, without)) * 100),
          unit: '%',
          budget: budgetPercent,
        },
      ];
    });
    const sessions = rounds * openings;
    rows.push({ what: `${what}: reported`, value: reported, unit: `of ${sessions}` });
    if (reported < sessions / 2) return rows;
    const perThousand = (delta: number): number => round((delta / reported) * 1000);
    return [
      ...rows,
      {
        what: `${what}: lost`,
        value: reported - (done.arrived - before[1].arrived),
        unit: 'entries',
        budget: 0,
      },
      {
        what: `${what}: CPU, active node`,
        value: perThousand(after.cpuMs - before[0].cpuMs),
        unit: 'ms per 1,000',
      },
      {
        what: `${what}: CPU, standby`,
        value: perThousand(done.cpuMs - before[1].cpuMs),
        unit: 'ms per 1,000',
      },
      {
        what: `${what}: bytes on the wire`,
        value: perThousand(after.bytesSent - before[0].bytesSent),
        unit: 'per 1,000',
      },
    ];
  } finally {
    for (const subject of subjects) await subject.dispose();
    await rm(files.dir, { recursive: true, force: true });
  }
};

export const forwardingRows = async (): Promise<Row[]> => {
  const newClients = cases.find(({ name }) => name === 'dnat, persistence')!;
  const knownClients = { ...newClients, manyClients: false };
  return [
    ...(await rowsOf(newClients, 'connections of new clients', ['new connections'])),
    ...(await rowsOf(knownClients, 'connections of known clients', ['new connections', 'packets'])),
  ];
};
