/** Carrier by counters of sysfs, which a process sees only inside the namespace: a program of its own listens there. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import test from 'ava';
import { createNamespaces } from '../support/netns.js';

const namespaces = createNamespaces();
const left = namespaces.add('a');
const right = namespaces.add('b');
const { id } = namespaces;
for (const pair of ['l', 'm']) {
  namespaces.link({ ns: left, dev: `${id}${pair}` }, { ns: right, dev: `${id}${pair}p` });
}

interface Told {
  readonly name: string;
  readonly usable?: boolean | null;
  readonly atMs: number;
}

const told: Told[] = [];
let watcher: ChildProcess | undefined;
test.after.always(async () => {
  watcher?.kill();
  await namespaces.dispose();
});

const until = async (good: () => boolean): Promise<void> => {
  const endMs = Date.now() + 5_000;
  while (!good() && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 5));
};
const cable = (pair: string, state: 'up' | 'down'): void => {
  namespaces.run(right, 'ip', 'link', 'set', `${id}${pair}p`, state);
};
const lossesOf = (pair: string): Told[] =>
  told.filter((one) => one.name === `${id}${pair}` && one.usable === false);

test.before(async () => {
  const script = new URL('../support/links-process.ts', import.meta.url).pathname;
  const program = [process.execPath, '--import=tsx', script, `${id}l`, `${id}m`];
  watcher = spawn('ip', ['netns', 'exec', left, ...program], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: watcher.stdout! }).on('line', (line) => told.push(JSON.parse(line) as Told));
  await until(() => told.length > 0);
});

test.serial('two cables that die right after each other are both told at once', async (t) => {
  for (const round of [1, 2]) {
    const startMs = Date.now();
    for (const pair of ['l', 'm']) cable(pair, 'down');
    await until(() => lossesOf('l').length === round && lossesOf('m').length === round);
    t.is(lossesOf('m').length, round);
    t.true(lossesOf('m').at(-1)!.atMs - startMs < 200, 'linkwatch alone takes up to a second');
    for (const pair of ['l', 'm']) cable(pair, 'up');
    const isUp = (pair: string): boolean =>
      told.findLast((one) => one.name === `${id}${pair}`)?.usable === true;
    await until(() => isUp('l') && isUp('m'));
    t.true(isUp('l') && isUp('m'));
  }
});

test.serial('what others do to addresses is told', async (t) => {
  const before = told.length;
  namespaces.run(left, 'ip', 'addr', 'add', '10.9.0.1/24', 'dev', `${id}l`);
  await until(() => told.length > before);
  t.is(told.at(-1)?.name, 'addresses');
});
