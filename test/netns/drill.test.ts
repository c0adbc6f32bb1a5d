/** Every fault against real agents, judged as an operator would see it; and the negative control. */

import test, { type ExecutionContext } from 'ava';
import { budgets, type FaultName, faultNames, nodesFor } from '../../src/drill/budgets.js';
import { type DrillRun, runDrill } from '../../src/drill/drill.js';
import { formatReport } from '../../src/drill/report.js';
import { parseScenario } from '../../src/drill/scenario.js';
import { inTheirLabs, runSuite, suiteRows } from '../../src/drill/suite.js';
import { RelevoError } from '../../src/errors.js';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { labModes } from '../../src/lab/services.js';
import { families } from '../../src/lab/topology.js';
import { scenariosFolder } from '../../src/shell/programs.js';
import { labPorts, newLabName } from '../support/lab.js';

/** All faults, with their budgets of time; without, those that a run of all tests has time for, and what they must never cost. */
const long = process.env.RELEVO_FAULTS === 'long';
const always: readonly FaultName[] = [
  'handover',
  'agent-kill',
  'agent-freeze',
  'node-off',
  'front-link',
  'sync-link',
  'agent-restart',
  'conntrackd-kill',
  'ruleset-flush',
];

const never = new AbortController().signal;
const clients = 300;

const drill = async (lab: string, fault: FaultName) => {
  const { runs, error } = await runDrill(
    labPorts,
    { lab, fault, repeat: 1, clients, idleMs: 10_000, load: 6 },
    never,
  );
  if (error) throw error;
  return { run: runs[0]!, text: formatReport(runs) };
};

/**
 * Two nodes never answer at once, everything is kept and the lab is whole again, in every run. The count of takeovers, and in the long mode the
 * fault's budget, may be missed once, on a machine that runs other tests beside this one.
 */
const drillTwice = async (
  t: ExecutionContext,
  lab: string,
  fault: FaultName,
  again = true,
): Promise<DrillRun> => {
  const { run, text } = await drill(lab, fault);
  t.log(text);
  const { arp, streams, persistence, limits, notHealed, takeovers, udp, connect } = run.findings;
  t.is(arp.twoAnsweringTimes, 0, text);
  t.is(notHealed, null, text);
  t.is(streams.kept, streams.total, text);
  t.is(persistence.kept, persistence.clients, text);
  t.is(limits?.stillBanned, limits?.banned, text);
  t.true(Math.max(udp.outageMs, connect.outageMs) < 5_000 || long, text);
  const asWanted = takeovers === budgets[fault].takeovers && (run.verdict.passed || !long);
  if (!asWanted && again) return drillTwice(t, lab, fault, false);
  t.true(asWanted, text);
  return run;
};

test.serial('each fault costs what it may, and the lab is whole after each', async (t) => {
  const lab = newLabName();
  try {
    await labUp(labPorts, { name: lab });
    for (const fault of long ? faultNames.filter((name) => nodesFor(name) <= 2) : always) {
      await drillTwice(t, lab, fault).catch((thrown: unknown) => {
        if (!(thrown instanceof RelevoError) || thrown.code !== 'unsupported') throw thrown;
        t.log(`${fault}: ${thrown.message}`);
      });
      t.is((await labStatus(labPorts, lab)).health, 'up');
    }
  } finally {
    await labDown(labPorts, lab);
  }
});

test.serial(
  'three nodes, no witness: two failures one after the other, the last node takes over',
  async (t) => {
    const lab = newLabName();
    try {
      await labUp(labPorts, { name: lab, nodes: 3 });
      if (long) await drillTwice(t, lab, 'partial-mesh');
      await drillTwice(t, lab, 'second-failure');
    } finally {
      await labDown(labPorts, lab);
    }
  },
);

test.serial(
  'any mode over either family: the same is kept, seen by neighbour solicitations too',
  async (t) => {
    const lab = newLabName();
    const all = families.flatMap((family) => labModes.map((mode) => ({ family, mode })));
    try {
      for (const { family, mode } of long ? all : [{ family: 'ipv6', mode: 'dsr' } as const]) {
        await labUp(labPorts, { name: lab, family, mode });
        t.log(`${mode} over ${family}`);
        const { findings } = await drillTwice(t, lab, 'node-off');
        t.is(Object.keys(findings.arp.finalOwners).length, family === 'ipv6' ? 4 : 2);
      }
    } finally {
      await labDown(labPorts, lab);
    }
  },
);

test.serial(
  'negative control: without replication, persistence is lost, and the suite says so',
  async (t) => {
    const lab = newLabName();
    const path = `${scenariosFolder}/without-replication.yaml`;
    const scenario = parseScenario((await labPorts.files.read(path))!, path);
    try {
      const [result] = await runSuite(labPorts, lab, inTheirLabs([scenario]), never, () => {});
      t.deepEqual(result?.failures, []);
      const { findings, verdict } = result!.runs[0]!;
      t.false(verdict.passed);
      t.true(findings.persistence.moved > findings.persistence.clients / 4);
      t.is(findings.persistence.unanswered, 0);
      t.is(suiteRows([result!])[0]?.[2], 'PASS');
    } finally {
      await labDown(labPorts, lab);
    }
  },
);

test('a lab that is not there is refused, with the remedy', async (t) => {
  const { error } = await runDrill(labPorts, { lab: 'nowhere', fault: 'handover', repeat: 1 }, never);
  t.is(error?.code, 'not-found');
  t.regex(error?.message ?? '', /relevo lab up --name nowhere/);
});
