/** The parts of a lab that faults use, each for itself: the disk of a node, a switch that delivers twice, netem, a flood. */

import test from 'ava';
import { addDisk, diskOf, emptyDisk, fillDisk, hasDisk, removeDisks } from '../../src/lab/disk.js';
import { probeNetem, setDelay } from '../../src/lab/netem.js';
import { addNetwork, removeNetwork, setLosses } from '../../src/lab/network.js';
import { removeLabFolder } from '../../src/lab/state.js';
import { hostsOf, namespaceOf, switchName } from '../../src/lab/topology.js';
import { builtProgram, nodeProgram } from '../../src/shell/programs.js';
import { runOrThrow } from '../../src/shell/runner.js';
import { labPorts, newLabName } from '../support/lab.js';

const { runner, files } = labPorts;

test('the disk of a node is full until it is emptied, and nobody else’s is', async (t) => {
  const lab = newLabName();
  try {
    await addDisk(labPorts, lab, 'lb1');
    await addDisk(labPorts, lab, 'lb1');
    const path = `${diskOf(lab, 'lb1')}/document`;
    await files.writeAtomic(path, 'before');
    await fillDisk(labPorts, lab, 'lb1');
    await t.throwsAsync(files.writeAtomic(path, 'x'.repeat(10_000)), { code: 'disk-full' });
    t.is(await files.read(path), 'before');
    await files.writeAtomic(`${diskOf(lab, 'lb2')}/document`, 'another disk');
    await emptyDisk(files, lab, 'lb1');
    await files.writeAtomic(path, 'after');
    // Never the machine's own.
    await t.throwsAsync(fillDisk(labPorts, lab, 'lb2'), { code: 'not-ready' });
  } finally {
    await removeDisks(labPorts, lab);
    t.false(await hasDisk(files, lab, 'lb1'));
    removeLabFolder(lab);
  }
});

test('a switch that delivers twice, one that delays where the kernel can, and a flood that is bounded', async (t) => {
  const lab = newLabName();
  const inside = (host: string, ...words: string[]): Promise<string> =>
    runOrThrow(runner, 'ip', ['netns', 'exec', namespaceOf(lab, host), ...words]);
  const received = async (): Promise<number> =>
    Number(await inside('lb1', 'cat', '/sys/class/net/front0/statistics/rx_packets'));
  const hosts = hostsOf(2).filter(({ name }) => name === 'client' || name === 'lb1');
  try {
    await addNetwork(runner, lab, hosts);
    const ping = ['ping', '-q', '-c', '20', '-i', '0.002', '-W', '1', '10.10.0.11'];
    await inside('client', ...ping);
    const before = await received();
    await inside('client', ...ping);
    const once = (await received()) - before;
    await setLosses(runner, lab, [{ host: 'lb1', segment: 'front', way: 'out', match: '', twice: true }]);
    await inside('client', ...ping);
    const twice = (await received()) - before - once;
    t.true(once >= 20 && once < 30 && twice >= 40 && twice < 50, `${once} and ${twice}`);
    await setLosses(runner, lab, []);

    const unsupported = await probeNetem(runner, lab).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    if (unsupported) t.regex(unsupported.message, /sch_netem.*virtual machines.*nothing was broken/s);
    else {
      await setDelay(runner, lab, 'lb1', { ms: 50, jitterMs: 1 });
      t.regex(await inside('client', ...ping), /min\/avg.* = (?:9\d|1\d\d)\./);
    }
    await setDelay(runner, lab, 'lb1', undefined);
    t.regex(await inside(switchName, 'tc', 'qdisc', 'show', 'dev', 'lb1-front'), /noqueue/);

    const quiet = await received();
    const flood = [builtProgram('drill/flood-process.js'), '10.10.0.11', '8083', '1000', '1000'];
    t.is((await inside('client', nodeProgram, ...flood)).trim(), '1000');
    const flooded = (await received()) - quiet;
    t.true(flooded >= 900 && flooded < 1_400, `${flooded} frames`);
    // Its checksum is right: what arrived was heard by TCP, which counts what is not.
    t.regex(await inside('lb1', 'cat', '/proc/net/snmp'), /Tcp: (?:-?\d+ ){14}0\n/);
  } finally {
    await removeNetwork(runner, lab);
  }
});
