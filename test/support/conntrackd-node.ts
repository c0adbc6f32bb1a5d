/** Process for namespace tests: createConntrackd with real ports, driven by lines on stdin (status, active, standby, stop). */

import { createInterface } from 'node:readline';
import { createConntrackd } from '../../src/app/conntrackd.js';
import { createNodeReasons } from '../../src/app/node-reasons.js';
import { sleep, systemClock } from '../../src/shell/clock.js';
import { createDaemons } from '../../src/shell/daemons.js';
import { createFiles } from '../../src/shell/files.js';
import { createRunner } from '../../src/shell/runner.js';
import { createLog } from './log.js';
import { labNode } from './node-config.js';

const [node = 'lb1', stateDir = '', link = 'sync0'] = process.argv.slice(2);
const name = node === 'lb2' ? 'lb2' : 'lb1';
const base = labNode(name, { stateDir });
const ports = {
  runner: createRunner(),
  files: createFiles(),
  daemons: createDaemons(),
  clock: systemClock,
  log: createLog(),
  sleep,
};
const conntrackd = createConntrackd(ports, { ...base, conntrackd: { ...base.conntrackd, interface: link } });
const abort = new AbortController();
void conntrackd.start(abort.signal);

const reasons = createNodeReasons({
  clock: systemClock,
  conntrackd: () => conntrackd.status(),
  replica: () => ({ ready: true }),
});

const answer = (): void => {
  process.stdout.write(
    `${JSON.stringify({ ...conntrackd.status(), ready: conntrackd.ready().ready, wrong: reasons.look().map(({ text }) => text) })}\n`,
  );
};

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'active') conntrackd.becomeActive('g1');
  if (line === 'standby') conntrackd.becomeStandby('g1');
  if (line === 'stop') await conntrackd.stop();
  answer();
}
