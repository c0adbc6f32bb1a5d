/** Scenario files: those that come with relevo are sound, and what is wrong in one is named with its remedy. */

import { readFileSync } from 'node:fs';
import test from 'ava';
import { faultNames } from '../../src/drill/budgets.js';
import { parseScenario, shapeOf } from '../../src/drill/scenario.js';
import { inLabOrder, inTheirLabs, suiteRows, variations } from '../../src/drill/suite.js';
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
  const played = inLabOrder(inTheirLabs(scenarios));
  t.false(played.at(-1)!.scenario.replication);
  const labs = played.map(({ scenario, lab }) => JSON.stringify([scenario.replication, lab]));
  t.is(
    labs.filter((each, index) => each !== labs[index - 1]).length,
    new Set(labs).size,
    'each lab is built once',
  );
  for (const driver of ['etcd', 'keepalived']) {
    t.true(
      played.some(({ lab }) => lab.coordination === driver),
      driver,
    );
  }
});

test('varied: every scenario in every lab it may be played in, as many numbers as there are labs', (t) => {
  const scenarios = [
    'name: a\nabout: b\nfault: node-off',
    'name: b\nabout: b\nfault: second-failure\nmode: dsr',
    'name: c\nabout: b\nfault: syn-flood',
    'name: d\nabout: b\nfault: node-off\ncoordination: etcd',
    'name: e\nabout: b\nfault: node-off\ncoordination: keepalived\nfamily: ipv6',
    'name: f\nabout: b\nfault: handover\nreplication: false\nmust fail with: clients',
  ].map((text) => parseScenario(text, 'x'));
  const labs = new Map<string, Set<string>>();
  for (let vary = 7; vary < 7 + variations.length; vary++) {
    for (const { scenario, lab } of inTheirLabs(scenarios, vary)) {
      const of = labs.get(scenario.name) ?? new Set();
      labs.set(scenario.name, of.add(`${lab.nodes} ${lab.family} ${lab.mode}`));
    }
  }
  t.deepEqual(
    [...labs].map(([name, { size }]) => [name, size]),
    [
      ['a', 16],
      ['b', 2],
      ['c', 8],
      ['d', 8],
      ['e', 4],
      ['f', 1],
    ],
  );
  t.true([...labs.get('b')!].every((lab) => lab.startsWith('3 ') && lab.endsWith(' dsr')));
  t.true([...labs.get('d')!].every((lab) => lab.startsWith('3 ')));
  t.deepEqual(shapeOf(scenarios[5]!), { nodes: 2, coordination: 'votes', mode: 'dnat', family: 'ipv4' });
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
    lab: {},
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
    'a lab that there is not',
    `${head}fault: handover\ncoordination: etcd\nnodes: 2`,
    /nodes: 2 nodes: a lab with etcd has 3 to 7/,
  ],
  ['too few nodes for the fault', `${head}fault: second-failure\nnodes: 2`, /nodes: second-failure needs 3/],
  [
    'a handover that nobody can order',
    `${head}fault: handover\ncoordination: keepalived`,
    /coordination: keepalived's priorities decide/,
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
    /deadline: is impossible: .* at least 7s/,
  ],
  [
    'a deadline before the fault begins',
    `${head}fault: back-path\ndeadline: 10s`,
    /deadline: is impossible: .* at least 17\.5s/,
  ],
  [
    'a deadline within the quiet time',
    `${head}fault: idle\nfor: 10m`,
    /deadline: is impossible: .* at least 607s/,
  ],
  ['a duration of a fault that has none', `${head}fault: handover\nfor: 1m`, /for: is for the fault idle/],
  [
    'an unknown mode',
    `${head}fault: handover\nmode: magic`,
    /mode: must be one of dnat, snat, dsr, stlsdnat/,
  ],
  [
    'a deadline of nothing',
    `${head}fault: handover\ndeadline: 0s`,
    /deadline: is impossible: .* at least 7s/,
  ],
  ['a load of a fault that has none', `${head}fault: handover\nload: 5`, /load: is for the fault idle/],
  ['no name, no sentence', 'fault: handover', /name: is missing.*\nabout: must be text: say in a sentence/s],
  ['an empty file', '', /\(document\): must be a map of attributes \(name: value\), not nothing$/],
  ['a list', '- 1', /\(document\): must be a map of attributes \(name: value\), not a list$/],
  ['a key twice', `${head}name: z\nfault: handover`, /is not YAML: Map keys must be unique at line 3/],
  ['two documents', `${head}fault: handover\n---\n${head}`, /\(document\): holds several documents/],
  [
    'wrong types',
    `${head}fault: handover\nrepeat: "3"\nseed: 1.5\nexpect: { takeovers: -1 }\nmust fail with: ""`,
    /repeat: must be a number, not text\nseed: must be a whole number\nexpect\.takeovers: must be at least 0\nmust fail with: must not be empty$/,
  ],
  ['nothing behind a key', `${head}fault: handover\nexpect:`, /expect: must be a map .*, not nothing$/],
  ['no YAML', 'fault: [', /is not YAML/],
] as const) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => parseScenario(text, 'x.yaml'), { code: 'bad-document' });
    t.regex(error?.message ?? '', pattern);
  });
}

test('a scenario that did not run has a row, too', (t) => {
  const scenario = parseScenario(`${head}fault: handover\nrepeat: 3`, 'x.yaml');
  const lab = shapeOf(scenario, { family: 'ipv6' });
  const row = suiteRows([{ scenario, lab, runs: [], passed: false, failures: ['no lab'] }])[0];
  t.deepEqual(row, ['x', '2 dnat ipv6', 'FAIL', '0 of 3', '-', '-', '-', '-']);
  const impossible = { scenario, lab, runs: [], passed: false, failures: [], impossible: 'no netem' };
  t.is(suiteRows([impossible])[0]?.[2], 'NOT HERE');
});
