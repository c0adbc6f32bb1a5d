/** Scenario files: those that come with relevo are sound, and what is wrong in one is named with its remedy. */

import { readFileSync } from 'node:fs';
import test from 'ava';
import { faultNames } from '../../src/drill/budgets.js';
import { parseScenario } from '../../src/drill/scenario.js';
import { inLabOrder, suiteRows } from '../../src/drill/suite.js';
import { listFiles } from '../../src/shell/folders.js';
import { scenariosFolder } from '../../src/shell/programs.js';

test('the library is read, names are unique, and every fault is in it', (t) => {
  const scenarios = listFiles(scenariosFolder, '.yaml').map((path) =>
    parseScenario(readFileSync(path, 'utf8'), path),
  );
  t.is(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
  const missing = faultNames.filter((fault) => !scenarios.some((scenario) => scenario.fault === fault));
  t.deepEqual(missing, []);
  t.true(scenarios.some(({ mustFail }) => mustFail !== undefined));
  t.false(inLabOrder(scenarios).at(-1)!.replication);
});

test('words become numbers', (t) => {
  const text = `
name: quick
about: says what it shows
fault: node-off
repeat: 9
deadline: 1.5m
expect: { outage: 250ms, lost datagrams: any, failed connects: 3, nobody answers: none, takeovers: 1 }`;
  t.deepEqual(parseScenario(text, 'quick.yaml'), {
    name: 'quick',
    about: 'says what it shows',
    fault: 'node-off',
    repeat: 9,
    seed: 1,
    idleMs: 10_000,
    load: 0,
    deadlineMs: 90_000,
    replication: true,
    limits: {
      outageMs: 250,
      lostDatagrams: Number.POSITIVE_INFINITY,
      failedConnects: 3,
      noneAnsweringMs: 0,
      takeovers: 1,
    },
    mustFail: undefined,
  });
});

const head = 'name: x\nabout: y\n';
for (const [what, text, pattern] of [
  ['an unknown fault', `${head}fault: meteor`, /^x\.yaml: not a scenario:\nfault: must be one of handover, /],
  [
    'an unknown key',
    `${head}fault: handover\ncolour: red`,
    /\(document\): unknown attribute 'colour': remove it/,
  ],
  [
    'an unknown expectation',
    `${head}fault: handover\nexpect: { outrage: 3s }`,
    /expect: unknown attribute 'outrage'/,
  ],
  [
    'a time without a unit',
    `${head}fault: handover\nexpect: { outage: 20 }`,
    /expect\.outage: must be a time like 20ms/,
  ],
  ['a wrong time', `${head}fault: handover\ndeadline: soon`, /deadline: 'soon' is not a time/],
  [
    'a deadline that no run meets',
    `${head}fault: handover\ndeadline: 1s`,
    /deadline: is impossible: .* at least 5s/,
  ],
  [
    'a deadline within the quiet time',
    `${head}fault: idle\nfor: 10m`,
    /deadline: is impossible: .* at least 605s/,
  ],
  ['a duration of a fault that has none', `${head}fault: handover\nfor: 1m`, /for: is for the fault idle/],
  ['no name, no sentence', 'fault: handover', /name: is missing.*\nabout: is missing: say in a sentence/s],
  ['no YAML', 'fault: [', /is not YAML/],
] as const) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => parseScenario(text, 'x.yaml'), { code: 'bad-document' });
    t.regex(error?.message ?? '', pattern);
  });
}

test('a scenario that did not run has a row, too', (t) => {
  const scenario = parseScenario(`${head}fault: handover\nrepeat: 3`, 'x.yaml');
  const row = suiteRows([{ scenario, runs: [], passed: false, failures: ['no lab'] }])[0];
  t.deepEqual(row, ['x', 'FAIL', '0 of 3', '-', '-', '-', '-']);
});
