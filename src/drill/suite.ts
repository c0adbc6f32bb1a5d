/** Runs scenarios one after the other, each in the lab that it needs, and says of each whether it went as written. */

import { errorFrom } from '../errors.js';
import { labUp } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { labModes } from '../lab/services.js';
import { families } from '../lab/topology.js';
import { quietMs, runDrill } from './drill.js';
import { type ReportedRun, summaryOf } from './report.js';
import { type LabShape, type Scenario, shapeOf } from './scenario.js';

export interface SuiteResult {
  readonly scenario: Scenario;
  readonly lab: LabShape;
  readonly runs: readonly ReportedRun[];
  readonly passed: boolean;
  /** What did not go as written. */
  readonly failures: readonly string[];
  /** Why this machine cannot do it at all: it has neither passed nor failed. */
  readonly impossible?: string;
}

/** A negative control has passed when every run failed for the reason that it names. */
const failuresOf = ({ mustFail, repeat }: Scenario, runs: readonly ReportedRun[]): string[] => {
  const wrong = runs.flatMap(({ index, verdict: { failures } }) => {
    if (mustFail === undefined) return failures.map((failure) => `run ${index + 1}: ${failure}`);
    return failures.some((failure) => failure.includes(mustFail))
      ? []
      : [`run ${index + 1}: nothing failed with '${mustFail}': the checker is blind to it`];
  });
  return runs.length < repeat ? [...wrong, `${runs.length} of ${repeat} runs were finished`] : wrong;
};

/** Every lab that a scenario may be played in, where it says nothing of it. */
export const variations: readonly Partial<LabShape>[] = [2, 3].flatMap((nodes) =>
  families.flatMap((family) => labModes.map((mode) => ({ nodes, family, mode }))),
);

interface Played {
  readonly scenario: Scenario;
  readonly lab: LabShape;
}

/**
 * Which lab each is played in. With `vary` another one for each: as many numbers in a row as there are variations are
 * every scenario in every lab. Negative controls stay as they are written.
 */
export const inTheirLabs = (scenarios: readonly Scenario[], vary?: number): Played[] =>
  scenarios.map((scenario, index) => {
    const varied = vary !== undefined && scenario.mustFail === undefined;
    const chosen = varied ? variations[(index + vary) % variations.length] : {};
    return { scenario, lab: shapeOf(scenario, chosen) };
  });

/** Those without replication come last. */
const labKey = ({ scenario, lab }: Played): string =>
  [Number(!scenario.replication), lab.coordination, lab.nodes, lab.family, lab.mode].join(' ');

/** Those that share a lab come together: a lab that is not as needed is built anew. */
export const inLabOrder = (played: readonly Played[]): Played[] =>
  [...played].sort((one, other) => (labKey(one) < labKey(other) ? -1 : labKey(one) > labKey(other) ? 1 : 0));

export const runSuite = async (
  ports: LabPorts,
  lab: string,
  played: readonly Played[],
  signal: AbortSignal,
  onProgress: (sentence: string) => void,
  /** The scenario before may have stirred the lab up. */
  fitWithinMs = quietMs,
): Promise<SuiteResult[]> => {
  const results: SuiteResult[] = [];
  for (const { scenario, lab: shape } of inLabOrder(played)) {
    if (signal.aborted) break;
    onProgress(`${scenario.name}: ${scenario.about}`);
    const result = { scenario, lab: shape };
    try {
      await labUp(ports, { name: lab, replication: scenario.replication, ...shape });
      const { fault, repeat, seed, idleMs, load, limits, deadlineMs } = scenario;
      const { runs, error } = await runDrill(
        ports,
        {
          lab,
          fault,
          repeat,
          seed,
          idleMs,
          load,
          limits,
          deadlineMs,
          fitWithinMs,
          onProgress,
        },
        signal,
      );
      if (error?.code === 'unsupported' && runs.length === 0) {
        results.push({ ...result, runs, failures: [], passed: false, impossible: error.message });
        continue;
      }
      const failures = [...failuresOf(scenario, runs), ...(error ? [error.message] : [])];
      results.push({ ...result, runs, failures, passed: failures.length === 0 });
    } catch (thrown) {
      const failures = [errorFrom(thrown).message];
      results.push({ ...result, runs: [], failures, passed: false });
    }
  }
  return results;
};

const labText = ({ nodes, coordination, mode, family }: LabShape): string =>
  [nodes, ...(coordination === 'votes' ? [] : [coordination]), mode, family].join(' ');

/** Name, lab, verdict, runs, worst outage, takeovers: one row each. */
export const suiteRows = (results: readonly SuiteResult[]): (readonly string[])[] =>
  results.map(({ scenario, lab, runs, passed, impossible }) => {
    const summary = runs.length > 0 ? summaryOf(runs) : {};
    const worst = (figure: string): string => {
      const value = summary[figure];
      return value ? String(Math.round(value.max * 10) / 10) : '-';
    };
    return [
      scenario.name,
      labText(lab),
      passed ? 'PASS' : impossible === undefined ? 'FAIL' : 'NOT HERE',
      `${runs.length} of ${scenario.repeat}`,
      worst('UDP outage, ms'),
      worst('connect outage, ms'),
      worst('two nodes answering, ms'),
      worst('takeovers'),
    ];
  });
