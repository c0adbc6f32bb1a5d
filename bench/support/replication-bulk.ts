/**
 * How many new clients a second two nodes take for as long as one likes. Frames are made beforehand and sent by the batch, so that the generator
 * leaves the processors to the nodes. Rules, connection tracking, both agents and the generator share this machine's processors.
 */

import type { SyncBed } from '../../test/support/sync-bed.js';
import { servicePort, vip } from '../../test/support/sync-bed.js';
import { frameOf } from './dataplane/frames.js';
import { createPort } from './dataplane/sender.js';
import { type Agent, pause, type Row, round } from './replication-node.js';

/** Of 0x0a400000 and up, behind those that other parts of the bench use. */
const firstBulkClient = 600_000;
/** Sent in one go, then the pace is looked at. */
const framesPerBurst = 512;
/** Offered: more than the budget, so that the nodes decide. */
const paces = [100_000, 150_000, 200_000] as const;
const clientsPerPace = 200_000;

const addressOf = (client: number): string => {
  const number = 0x0a400000 + client;
  return [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join('.');
};

export const bulkRows = async (bed: SyncBed, lb1: Agent, lb2: Agent): Promise<Row[]> => {
  const { namespaces, lb1: node } = bed;
  const { id } = namespaces;
  const clients = `${id}-c`;
  const mac = (namespace: string, device: string): string =>
    namespaces.run(namespace, 'cat', `/sys/class/net/${device}/address`).trim();
  const link = { sourceMac: mac(clients, `${id}c`), destinationMac: mac(node, `${id}f`) };
  const port = createPort(clients);
  const burstsOf = (first: number, count: number) =>
    Array.from({ length: Math.ceil(count / framesPerBurst) }, (_, burst) =>
      port.prepare(
        Array.from({ length: Math.min(framesPerBurst, count - burst * framesPerBurst) }, (_, at) => ({
          device: `${id}c`,
          frame: frameOf(
            {
              source: addressOf(first + burst * framesPerBurst + at),
              sourcePort: 40_000,
              destination: vip,
              destinationPort: servicePort,
            },
            link,
            { protocol: 'udp' },
          ),
        })),
      ),
    );
  const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
  const rows: Row[] = [];
  let best = 0;
  let first = firstBulkClient;
  for (const pace of paces) {
    const bursts = burstsOf(first, clientsPerPace);
    first += clientsPerPace;
    const before = [await lb1.status(), await lb2.status()] as const;
    const startMs = nowMs();
    let sent = 0;
    for (const burst of bursts) {
      while (((nowMs() - startMs) * pace) / 1000 < sent) await pause(0);
      burst.send(1);
      sent += burst.frames;
    }
    const sentMs = nowMs() - startMs;
    const done = await lb2.until(({ arrived }) => arrived >= before[1].arrived + sent, 15_000);
    const after = await lb1.status();
    const arrived = done.arrived - before[1].arrived;
    const perSecond = (arrived / (done.lastArrivalMs - startMs)) * 1000;
    for (const burst of bursts) burst.free();
    namespaces.run(node, 'conntrack', '-F');
    if (arrived === sent) best = Math.max(best, perSecond);
    const what = `${pace}/s offered`;
    rows.push(
      { what: `${what}: sent`, value: round((sent / sentMs) * 1000), unit: '1/s' },
      { what: `${what}: in the standby's kernel`, value: round(perSecond), unit: '1/s' },
      { what: `${what}: not arrived`, value: sent - arrived, unit: 'entries', budget: 0 },
      { what: `${what}: reports lost`, value: after.lostReports - before[0].lostReports, unit: 'times' },
    );
    for (const [name, from, to] of [
      ['active node', before[0], after],
      ['standby', before[1], done],
    ] as const) {
      const ms = ((to.cpuMs - from.cpuMs) / sent) * 1000;
      rows.push({ what: `${what}: CPU, ${name}`, value: round(ms), unit: 'ms per 1,000' });
    }
  }
  port.close();
  return [
    ...rows,
    { what: 'entries sustained', value: round(best), unit: '1/s', budget: 100_000, more: true },
  ];
};
