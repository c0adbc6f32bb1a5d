/** Rolling upgrade under traffic: nodes and witness go to the next version and back, one after the other, and nothing is lost. */

import test from 'ava';
import { judgeProbe } from '../../src/drill/judge.js';
import { judgeArp } from '../../src/drill/judge-arp.js';
import { labTargets } from '../../src/drill/probe-targets.js';
import { startProbes } from '../../src/drill/probes.js';
import { labDown, labUp, ownerOf, untilSettled } from '../../src/lab/lab.js';
import { startProcess, stopProcesses } from '../../src/lab/processes.js';
import type { LabProcess } from '../../src/lab/state.js';
import { namespaceOf, nodeNames } from '../../src/lab/topology.js';
import { builtProgram } from '../../src/shell/programs.js';
import { labPorts, newLabName } from '../support/lab.js';
import { buildNextVersion } from '../support/next-version.js';

type Host = 'lb1' | 'lb2' | 'witness';

/** All six orders; without, one there and another back. */
const long = process.env.RELEVO_FAULTS === 'long';
const orders: readonly (readonly Host[])[] = long
  ? [
      ['lb1', 'lb2', 'witness'],
      ['lb2', 'lb1', 'witness'],
      ['witness', 'lb1', 'lb2'],
      ['witness', 'lb2', 'lb1'],
      ['lb1', 'witness', 'lb2'],
      ['lb2', 'witness', 'lb1'],
    ]
  : [
      ['lb1', 'lb2', 'witness'],
      ['witness', 'lb1', 'lb2'],
    ];

test('nodes and witness are upgraded and downgraded in any order under traffic', async (t) => {
  t.timeout(600_000);
  const lab = newLabName();
  const next = buildNextVersion();
  try {
    const { status } = await labUp(labPorts, { name: lab });
    const owner = ownerOf(labPorts, { name: lab, owner: 'relevo', replication: true, nodes: 2 });
    const running = new Map<string, LabProcess>(status.processes.map((each) => [each.label, each]));
    const specs = [...owner.sharedProcesses(), ...nodeNames.flatMap((node) => owner.nodeProcesses(node))];
    const here = builtProgram('bin/relevo.js');
    const restart = async (host: Host, isNext: boolean): Promise<void> => {
      const spec = specs.find((one) => one.host === host)!;
      const label = `${host}/${spec.name}`;
      await stopProcesses([running.get(label)!]);
      const args = spec.args.map((arg) => (arg === here && isNext ? next.relevo : arg));
      running.set(label, await startProcess(labPorts.daemons, lab, { ...spec, args }));
      await untilSettled(labPorts, owner);
    };

    const probes = await startProbes(
      labPorts.clock,
      (who) => ({ words: ['ip', 'netns', 'exec', namespaceOf(lab, who)] }),
      {
        targets: labTargets(200, { limits: false, family: 'ipv4' }),
        streams: 8,
        seed: 7,
        intervalMs: 5,
      },
    );
    let versions: string[] = [];
    try {
      const before = await probes.ask();
      for (const [turn, order] of orders.entries()) {
        for (const host of order) {
          await restart(host, turn % 2 === 0);
          versions = [...versions, `${host}: ${turn % 2 === 0 ? 'N+1' : 'N'}`];
        }
      }
      const after = await probes.ask();
      t.deepEqual(after, before, 'every client has its backend still');
    } finally {
      t.log(versions.join(', '));
    }
    const { udp, connect, streams, arp } = await probes.stop();
    t.is(judgeProbe(udp).lost, 0);
    t.is(judgeProbe(connect).lost, 0);
    t.deepEqual(
      streams.filter(({ error, answeredBytes, sentBytes }) => error !== null || answeredBytes !== sentBytes),
      [],
    );
    t.is(judgeArp(arp, 0).twoAnsweringTimes, 0);
  } finally {
    await labDown(labPorts, lab);
    next.remove();
  }
});
