/** A drill that goes wrong: a limit is broken, or the drill itself is killed. One lab for all of it. */

import { spawn } from 'node:child_process';
import test from 'ava';
import { runDrill } from '../../src/drill/drill.js';
import { healDrill } from '../../src/drill/heal.js';
import { drillLockState, labPlace } from '../../src/drill/lock.js';
import { parseScenario } from '../../src/drill/scenario.js';
import { inTheirLabs, runSuite } from '../../src/drill/suite.js';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { hostFolder } from '../../src/lab/state.js';
import { sleep } from '../../src/shell/clock.js';
import { createControlClient } from '../../src/shell/control-socket.js';
import { builtProgram, nodeProgram } from '../../src/shell/programs.js';
import { labPorts, newLabName } from '../support/lab.js';

const relevo = builtProgram('bin/relevo.js');
const never = new AbortController().signal;

test('a broken limit ends a drill and moves the addresses back; one that is killed leaves a lab that heal puts right', async (t) => {
  const lab = newLabName();
  try {
    const { status } = await labUp(labPorts, { name: lab });
    const first = status.active[0]!;

    // A lease is 120 ms: no takeover is done in 20.
    const options = { lab, fault: 'node-off', repeat: 3, clients: 50, streams: 2, maxOutageMs: 20 } as const;
    const { runs, error } = await runDrill(labPorts, options, never);
    t.is(error, undefined);
    t.is(runs.length, 1, 'what was stopped is not repeated');
    t.regex(runs[0]!.stopped ?? '', new RegExp(`more than the 20 ms .*${first} is active again`));
    t.false(runs[0]!.verdict.passed);
    t.deepEqual((await labStatus(labPorts, lab)).active, [first]);
    t.is((await drillLockState(labPorts.files, labPlace(lab))).state, 'none');

    // One that is healed before the kill hits it, on a busy machine, proves nothing: again.
    for (const attempt of [1, 2, 3]) {
      const drill = spawn(nodeProgram, [relevo, 'drill', 'run', 'node-off', '--lab', lab], {
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => drill.once('close', resolve));
      while (drill.exitCode === null && (await labStatus(labPorts, lab)).health !== 'broken') await sleep(10);
      const meanwhile = await runDrill(labPorts, { lab, fault: 'handover', repeat: 1 }, never);
      drill.kill('SIGKILL');
      await ended;
      if ((await labStatus(labPorts, lab)).health !== 'broken') {
        t.not(attempt, 3, 'the drill was healed each time before it could be killed');
        continue;
      }
      t.regex(meanwhile.error?.message ?? '', new RegExp(`process ${drill.pid} drills on lab`));
      break;
    }
    const refused = await runDrill(labPorts, { lab, fault: 'handover', repeat: 1 }, never);
    t.is(refused.error?.code, 'not-ready');
    t.regex(refused.error?.message ?? '', new RegExp(`'relevo drill heal --lab ${lab}'`));

    t.regex(await healDrill(labPorts, lab), /whole again: node-off of lb\d is undone/);
    const healed = await labStatus(labPorts, lab);
    t.is(healed.health, 'up');
    t.is(healed.active.length, 1);
    t.regex(await healDrill(labPorts, lab), /no drill has left anything broken/);

    // A suite asks as `drill run` does; what does not pass by itself is refused.
    const standby = Object.keys(healed.nodes).find((node) => !healed.active.includes(node))!;
    const client = createControlClient(`${hostFolder(lab, standby)}/relevo.sock`, 5_000);
    const body = { type: 'application/json', text: JSON.stringify({ on: true }) };
    await client.call('POST', '/v1/maintenance', body);
    const scenario = parseScenario('name: x\nabout: y\nfault: node-off\n', 'x.yaml');
    const [result] = await runSuite(labPorts, lab, inTheirLabs([scenario]), never, () => {}, 0);
    t.false(result!.passed);
    t.is(result!.runs.length, 0);
    t.regex(result!.failures.join(), /is not fit for node-off, nothing was broken:.*maintenance/s);
    t.deepEqual((await labStatus(labPorts, lab)).active, healed.active);
  } finally {
    await labDown(labPorts, lab);
  }
});
