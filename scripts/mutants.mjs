/**
 * `npm run mutants`: plants one fault at a time in a copy of the replica and runs the model test on it in its short form, and the unit tests
 * where the model cannot see it. Each must be found; one that lives shows what nothing looks at. Takes about a minute; `-- NAME` plants one of them.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.cache', 'mutants');
const runs = Number(process.env.RELEVO_RUNS ?? 300);

/**
 * Unit tests find these. The epochs of rows are a second lock: no frame of an epoch that was not announced reaches the replica. The others
 * need what the model seldom does: wait until a deletion is forgotten, overflow within a snapshot.
 */
const unitTests = ['replica', 'groups', 'gaps'].map((name) => `test/replication/${name}.test.ts`);
const unit = new Set([
  'a forgotten deletion is not counted',
  'an older epoch is admitted',
  'an older epoch overwrites',
  'a deletion older than the entry is taken',
  'a takeover leaves no gap',
  'a snapshot completes what it has passed by',
  'any answer closes a gap',
]);

/** `[name, file, what it says, what it says instead]`; the first occurrence. */
const mutants = [
  ['a deletion is not sent', 'outbound.ts', 'else replica.pushKey(part.deletions, row);', ''],
  [
    'a forgotten deletion is not counted',
    'replica.ts',
    'this.purgedThrough = Math.max(this.purgedThrough, table.sequence[row]!);',
    '',
  ],
  ['an older epoch is admitted', 'groups.ts', "if (epoch < state.epoch) return 'stale';", ''],
  [
    'an older epoch overwrites',
    'replica.ts',
    'if (this.#knowsBetter(row, epoch)) return stale;\n      if',
    'if',
  ],
  [
    'a deletion older than the entry is taken',
    'replica.ts',
    'if (this.#knowsBetter(row, epoch)) return stale;\n    this.dropReceived',
    'this.dropReceived',
  ],
  [
    'the first bucket is not compared',
    'digest.ts',
    'let bucket = 0; bucket < bucketCount',
    'let bucket = 1; bucket < bucketCount',
  ],
  [
    'the last bucket is not compared',
    'digest.ts',
    'bucket < bucketCount; bucket++) {\n    if (ours',
    'bucket < bucketCount - 1; bucket++) {\n    if (ours',
  ],
  ['the position is forgotten', 'session.ts', 'resume: this.inbound.resume,', 'resume: undefined,'],
  [
    'a peer that resumes gets nothing of what it missed',
    'outbound.ts',
    'resumed ? resume.sequence : replica.head',
    'replica.head',
  ],
  [
    'a refresh does not lengthen what is known',
    'replica.ts',
    'table.expiresAtMs[row] = nowMs + remainingMs;',
    'if (this.watcher === undefined && table.own[row] === 0 && table.expiresAtMs[row]! > nowMs) void 0;\n    else table.expiresAtMs[row] = nowMs + remainingMs;',
  ],
  [
    'a refresh is not told',
    'replica.ts',
    'if (same && (knownMs >= ttlMs / 2 ||',
    'if (same && (knownMs >= 0 ||',
  ],
  [
    'a key is sent as it was first',
    'replica.ts',
    'this.#log[this.head & (this.#log.length - 1)] = row;\n    this.table.own[row] = 1;\n    this.table.sequence[row] = this.head;',
    'this.#log[this.head & (this.#log.length - 1)] = row;\n    if (this.table.own[row] === 0 || this.table.sequence[row] === 0) this.table.sequence[row] = this.head;\n    this.table.own[row] = 1;',
  ],
  [
    'what a snapshot does not mention stays',
    'inbound.ts',
    'this.#replica.dropReceived(row, snapshot.epoch',
    'if (row < 0) this.#replica.dropReceived(row, snapshot.epoch',
  ],
  ['a takeover leaves no gap', 'outbound.ts', 'this.#gap([group], this.acked);', ''],
  ['a snapshot completes what it has passed by', 'remote-group.ts', ' || snapshot.overtaken', ''],
  ['any answer closes a gap', 'proof.ts', 'return epoch === 0 || gap', 'return epoch >= 0 || gap'],
  [
    'an owner speaks in the epoch of its successor',
    'groups.ts',
    'return active ? ownEpoch : epoch;',
    'return active && ownEpoch > epoch ? ownEpoch : epoch;',
  ],
  [
    'an overflow is not noticed',
    'outbound.ts',
    'this.requestDigests(true);\n  }\n\n  #pushDeltas',
    '}\n\n  #pushDeltas',
  ],
];

const plant = (name, file, from, to) => {
  const at = join(folder, String(mutants.findIndex((one) => one[0] === name)));
  cpSync(join(root, 'src'), join(at, 'src'), { recursive: true });
  cpSync(join(root, 'test', 'replication'), join(at, 'test', 'replication'), { recursive: true });
  const path = join(at, 'src', 'replication', file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${name}: ${file} does not say ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  return at;
};

const unitVerdictOn = (at) => {
  const ava = { extensions: { ts: 'module' }, nodeArguments: ['--import=tsx'], workerThreads: false };
  writeFileSync(join(at, 'package.json'), JSON.stringify({ type: 'module', ava }));
  const { status, stdout } = spawnSync('npx', ['ava', '--tap', ...unitTests], { cwd: at, encoding: 'utf8' });
  const failed = /^not ok \d+ - (.*)$/m.exec(stdout)?.[1];
  if (failed === undefined && status !== 0) throw new Error(stdout);
  return failed;
};

/** What the model says of it: undefined if nothing. */
const modelVerdictOn = async (at) => {
  const { converges } = await tsImport(
    join(at, 'test', 'replication', 'support', 'convergence.ts'),
    import.meta.url,
  );
  for (const options of [{}, { logEntries: 8, windowEntries: 4, frameEntries: 2 }]) {
    try {
      converges(options, { runs, quick: true });
    } catch (error) {
      return /Got error: ([^\n]*)/.exec(error.message)?.[1] ?? error.message.split('\n')[0];
    }
  }
  return undefined;
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
const verdictOn = (at, name) => (unit.has(name) ? unitVerdictOn(at) : modelVerdictOn(at));
const sound = plant('nothing', 'replica.ts', '', '');
const complaint = unitVerdictOn(sound) ?? (await modelVerdictOn(sound));
if (complaint) throw new Error(`without a mutant: ${complaint}`);
const wanted = process.argv[2];
const alive = [];
for (const [name, ...change] of mutants) {
  if (wanted && name !== wanted) continue;
  const startedAt = performance.now();
  const found = await verdictOn(plant(name, ...change), name);
  console.log(
    `${found ? 'found' : 'LIVES'}  ${name}  (${Math.round(performance.now() - startedAt)} ms)${found ? `: ${found}` : ''}`,
  );
  if (!found) alive.push(name);
}
rmSync(folder, { recursive: true, force: true });
console.log(alive.length === 0 ? 'every mutant was found' : `${alive.length} live`);
process.exit(alive.length === 0 ? 0 : 1);
