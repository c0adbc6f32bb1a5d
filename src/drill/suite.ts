/** Runs scenarios one after the other, each in the lab that it needs, and says of each whether it went as written. */

import { errorFrom } from '../errors.js';
import { labUp } from '../lab/lab.js';
import type { LabPorts } from '../lab/owner.js';
import { nodesFor } from './budgets.js';
import { runDrill } from './drill.js';
import { type ReportedRun, summaryOf } from './report.js';
import type { Scenario } from './scenario.js';

export interface SuiteResult {
  readonly scenario: Scenario;
  readonly runs: readonly ReportedRun[];
  readonly passed: boolean;
  /** What did not go as written. */
  readonly failures: readonly string[];
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

/** Those that share a lab come together: a lab that is not as needed is built anew. */
export const inLabOrder = (scenarios: readonly Scenario[]): Scenario[] =>
  [...scenarios].sort(
    (one, other) =>
      Number(other.replication) - Number(one.replication) || nodesFor(one.fault) - nodesFor(other.fault),
  );

export const runSuite = async (
  ports: LabPorts,
  lab: string,
  scenarios: readonly Scenario[],
  signal: AbortSignal,
  onProgress: (sentence: string) => void,
): Promise<SuiteResult[]> => {
  const results: SuiteResult[] = [];
  for (const scenario of inLabOrder(scenarios)) {
    if (signal.aborted) break;
    onProgress(`${scenario.name}: ${scenario.about}`);
    try {
      await labUp(ports, { name: lab, replication: scenario.replication, nodes: nodesFor(scenario.fault) });
      const { fault, repeat, seed, idleMs, load, limits, deadlineMs } = scenario;
      const { runs, error } = await runDrill(
        ports,
        { lab, fault, repeat, seed, idleMs, load, limits, deadlineMs, onProgress },
        signal,
      );
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
  results.map(({ scenario, runs, passed }) => {
    const summary = runs.length > 0 ? summaryOf(runs) : {};
    const worst = (figure: string): string => {
      const value = summary[figure];
      return value ? String(Math.round(value.max * 10) / 10) : '-';
    };
    return [
      scenario.name,
      passed ? 'PASS' : 'FAIL',
      `${runs.length} of ${scenario.repeat}`,
      worst('UDP outage, ms'),
      worst('connect outage, ms'),
      worst('two nodes answering, ms'),
      worst('takeovers'),
    ];
  });
