/** Moving addresses while somebody holds the RTNL mutex, which all network namespaces of a machine share. */

import { spawn } from 'node:child_process';
import test from 'ava';
import { errorFrom } from '../../src/errors.js';
import { parseIp } from '../../src/model/address.js';
import type { Links } from '../../src/ports.js';
import { createAddressMover } from '../../src/shell/address-mover.js';
import { createLinks } from '../../src/shell/links.js';
import { insideNamespace } from '../support/inside.js';
import { createNamespaces, systemPath } from '../support/netns.js';

const namespaces = createNamespaces();
const node = namespaces.add('a');
const busy = namespaces.add('b');
const { id } = namespaces;
const device = `${id}l`;
namespaces.link({ ns: node, dev: device, cidr: '10.5.0.1/24' }, { ns: busy, dev: `${id}r` });
// A thread lives in the namespace of the one that starts it, and the first request starts it.
const links = insideNamespace(node, () => createLinks());
const mover = createAddressMover(links);
const ready = insideNamespace(node, () => mover.addresses());
test.after.always(async () => {
  mover.close();
  await namespaces.dispose();
});

const floating = parseIp('10.5.0.100')!;

/** The kernel deletes a group of links in one go, and holds the mutex for all of them. */
const holdMutex = (count: number): Promise<void> => {
  const requests = `for i in $(seq ${count}); do echo "link add d$i group 77 type ifb"; done`;
  namespaces.run(busy, 'sh', '-c', `${requests} | ip -batch -`);
  return new Promise((resolve) => {
    const child = spawn('/usr/sbin/ip', ['-n', busy, 'link', 'del', 'group', '77'], {
      env: { PATH: systemPath },
    });
    child.once('exit', () => resolve());
  });
};

/** The longest that one move took, and the longest that this thread could do nothing else. */
const moveBeside = async (one: Links, count: number): Promise<{ moveMs: number; standstillMs: number }> => {
  let holding = true;
  const held = holdMutex(count).then(() => {
    holding = false;
  });
  let lastMs = performance.now();
  let standstillMs = 0;
  let moveMs = 0;
  const ticks = setInterval(() => {
    const nowMs = performance.now();
    standstillMs = Math.max(standstillMs, nowMs - lastMs);
    lastMs = nowMs;
  }, 2);
  while (holding) {
    const fromMs = performance.now();
    await one.addAddress(device, floating, 24);
    await one.removeAddress(device, floating, 24);
    moveMs = Math.max(moveMs, performance.now() - fromMs);
  }
  clearInterval(ticks);
  await held;
  return { moveMs, standstillMs };
};

test.serial('the same port: adds, lists, removes, and refuses with code and facts', async (t) => {
  await ready;
  await mover.addAddress(device, floating, 24);
  const listed = await mover.addresses();
  t.true(listed.some((one) => one.link === device && one.address === floating && one.prefixLength === 24));
  await mover.removeAddress(device, floating, 24);
  t.false((await mover.addresses()).some((one) => one.address === floating));
  const error = errorFrom(await mover.addAddress('nowhere0', floating, 24).catch((thrown) => thrown));
  t.is(error.code, 'kernel-missing');
  t.is(error.facts.interface ?? error.facts.errno, error.facts.interface ? 'nowhere0' : 19);
});

test.serial(
  'whoever moves addresses waits for the mutex; the thread that asked for it does not',
  async (t) => {
    // How long the mutex is held is the machine's business: more links until it is long enough to tell.
    for (const count of [200, 800, 2_000, 5_000]) {
      const seen = await moveBeside(mover, count);
      t.log(
        `${count} links: a move took ${seen.moveMs.toFixed(0)} ms, standstill ${seen.standstillMs.toFixed(0)} ms`,
      );
      if (seen.moveMs < 60 || seen.standstillMs > seen.moveMs / 2) continue;
      t.pass();
      return;
    }
    t.fail('the thread stood still with the moves, or the mutex was never held for long');
  },
);
