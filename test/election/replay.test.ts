import test from 'ava';
import { type DecisionRecord, encodeDecision } from '../../src/election/decisions.js';
import { step } from '../../src/election/machine.js';
import { Replay, type Replayed } from '../../src/election/replay.js';
import { simulate } from '../sim/world.js';

/** The lines that one node of a simulated cluster leaves, over a seed's faults, its restarts included. */
const linesOf = (seed: number, node: string): string[] => {
  const lines: string[] = [];
  const record = (by: string, one: DecisionRecord): void => {
    if (by === node) lines.push(encodeDecision(one));
  };
  simulate({ seed, nodes: 2, record });
  return lines;
};

const replay = (lines: readonly string[], machine: typeof step = step): Replayed => {
  const run = new Replay(machine);
  for (const line of lines) run.line(line);
  return run.result();
};

test('recorded decisions are decided the same again, through text and back', (t) => {
  let steps = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const replayed = replay(linesOf(seed, 'lb1'));
    t.deepEqual(replayed.differences, [], `seed ${seed}`);
    t.is(replayed.skipped + replayed.dropped + replayed.unreadable, 0);
    steps += replayed.steps;
  }
  t.true(steps > 500, `${steps}`);
});

test('a machine that decides differently is found, with the line, what was decided and what would be', (t) => {
  const lines = linesOf(3, 'lb1');
  const patient: typeof step = (config, ...rest) =>
    step({ ...config, timing: { ...config.timing, deadMs: config.timing.deadMs * 1.5 } }, ...rest);
  let found = 0;
  for (let seed = 1; seed <= 6; seed++) found += replay(linesOf(seed, 'lb1'), patient).differences.length;
  t.true(found > 0, 'a longer wait for a silent peer');
  // One planted difference: the machine forgets one announcement.
  const at = lines.findIndex((line) => line.includes('"add-addresses"') || line.includes('"announce"'));
  const forgetful: typeof step = (...args) => {
    const result = step(...args);
    return { ...result, effects: result.effects.filter(({ type }) => type !== 'announce') };
  };
  const { differences } = replay(lines, forgetful);
  t.is(differences[0]?.line, at + 1);
  t.is(differences[0]?.what, 'effects');
  t.regex(differences[0]!.recorded, /"announce"/);
});

test('what a line says is judged: a changed decision, a changed input, a changed state', (t) => {
  const lines = linesOf(5, 'lb2');
  const change = (pattern: RegExp, to: string): Replayed => {
    const at = lines.findIndex((line) => pattern.test(line));
    t.true(at >= 0, String(pattern));
    return replay(lines.map((line, index) => (index === at ? line.replace(pattern, to) : line)));
  };
  t.true(change(/"op":"arm"/, '"op":"claim"').differences.length > 0);
  t.true(change(/"result":"done"/, '"result":"missing"').differences.length > 0);
  t.true(change(/"deadlineMs":/, '"deadlineMs":1').differences.length > 0);
});

test('holes are told, and nothing behind one is judged before the next checkpoint', (t) => {
  const lines = linesOf(7, 'lb1');
  const half = lines.length >> 1;
  const hole = replay([
    ...lines.slice(0, half - 9),
    encodeDecision({ kind: 'dropped', records: 9 }),
    ...lines.slice(half),
  ]);
  t.is(hole.dropped, 9);
  t.deepEqual(hole.differences, []);
  t.true(hole.skipped > 0);
  const torn = replay([...lines.slice(0, half), lines[half]!.slice(0, 20), ...lines.slice(half + 1)]);
  t.is(torn.unreadable, 1);
  t.deepEqual(torn.differences, []);
  t.is(replay(lines.slice(1, 50)).steps, 0, 'no checkpoint: nothing is judged');
  t.is(replay(['', 'null', '[]', '{"kind":"step"}', '{"kind":"checkpoint","format":99}']).unreadable, 4);
});

test('a later checkpoint shows a state that went another way', (t) => {
  const lines: string[] = [];
  let last: DecisionRecord | undefined;
  simulate({
    seed: 9,
    nodes: 2,
    faults: [],
    record(by, one) {
      if (by !== 'lb1') return;
      if (one.kind === 'checkpoint') last = one;
      lines.push(encodeDecision(one));
    },
  });
  const first = last as DecisionRecord & { kind: 'checkpoint' };
  const { differences } = replay([...lines, encodeDecision(first)]);
  t.is(differences[0]?.what, 'state', 'the state of the start is not that of the end');
});
