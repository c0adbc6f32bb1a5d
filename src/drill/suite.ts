/** Runs scenarios one after the other, each in the lab that it needs, and says of each whether it went as written. */

import { errorFrom } from '../errors.js';
import { labUp } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { nodesFor } from './budgets.js';
import { quietMs, runDrill } from './drill.js';
import { type ReportedRun, summaryOf } from './report.js';
import type { Scenario } from './scenario.js';

export interface SuiteResult {
  readonly scenario: Scenario;
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

/** Which lab a scenario needs; those without replication come last. */
const labKey = ({ replication, fault, mode, family }: Scenario): string =>
  [Number(!replication), nodesFor(fault), family, mode].join(' ');

/** Those that share a lab come together: a lab that is not as needed is built anew. */
export const inLabOrder = (scenarios: readonly Scenario[]): Scenario[] =>
  [...scenarios].sort((one, other) =>
    labKey(one) < labKey(other) ? -1 : labKey(one) > labKey(other) ? 1 : 0,
  );

export const runSuite = async (
  ports: LabPorts,
  lab: string,
  scenarios: readonly Scenario[],
  signal: AbortSignal,
  onProgress: (sentence: string) => void,
  /** The scenario before may have stirred the lab up. */
  fitWithinMs = quietMs,
): Promise<SuiteResult[]> => {
  const results: SuiteResult[] = [];
  for (const scenario of inLabOrder(scenarios)) {
    if (signal.aborted) break;
    onProgress(`${scenario.name}: ${scenario.about}`);
    try {
      const { replication, mode, family } = scenario;
      await labUp(ports, { name: lab, replication, nodes: nodesFor(scenario.fault), mode, family });
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
        results.push({ scenario, runs, failures: [], passed: false, impossible: error.message });
        continue;
      }
      const failures = [...failuresOf(scenario, runs), ...(error ? [error.message] : [])];
      results.push({ scenario, runs, failures, passed: failures.length === 0 });
    } catch (thrown) {
      const failures = [errorFrom(thrown).message];
      results.push({ scenario, runs: [], failures, passed: false });
    }
  }
  return results;
};

/** Name, verdict, runs, worst outage, takeovers: one row each. */
export const suiteRows = (results: readonly SuiteResult[]): (readonly string[])[] =>
  results.map(({ scenario, runs, passed, impossible }) => {
    const summary = runs.length > 0 ? summaryOf(runs) : {};
    const worst = (figure: string): string => {
      const value = summary[figure];
      return value ? String(Math.round(value.max * 10) / 10) : '-';
    };
    return [
      scenario.name,
      passed ? 'PASS' : impossible === undefined ? 'FAIL' : 'NOT HERE',
      `${runs.length} of ${scenario.repeat}`,
      worst('UDP outage, ms'),
      worst('connect outage, ms'),
      worst('two nodes answering, ms'),
      worst('takeovers'),
    ];
  });
