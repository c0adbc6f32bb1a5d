import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createNotifier, type Notice } from '../../src/app/notifier.js';
import { limits } from '../../src/limits.js';
import { createRunner } from '../../src/shell/runner.js';
import { quietLog } from '../support/fake-node.js';

const notice = (to: string): Notice => ({
  what: 'role',
  group: 'g1',
  from: 'standby',
  to,
  epoch: 7,
  reason: 'claimed; "quoted" $HOME',
});

const bench = (script: string, timeoutMs = 5_000) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const path = join(folder, 'notify');
  writeFileSync(path, `#!/bin/sh\n${script.replaceAll('OUT', join(folder, 'out'))}\n`, { mode: 0o755 });
  const told: string[] = [];
  const config = { node: 'lb1', cluster: 'prod', notify: { script: path, timeoutMs } };
  const record = (_kind: string, message: string): void => {
    told.push(message);
  };
  const notifier = createNotifier({ runner: createRunner(), log: quietLog, config, record });
  return {
    ...{ folder, told, notifier },
    read: () => readFileSync(join(folder, 'out'), 'utf8'),
    async end() {
      await notifier.close();
      rmSync(folder, { recursive: true });
    },
  };
};

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setImmediate(resolve));
};

test('the script is called with what changed, as arguments and in its environment, one call at a time and in order', async (t) => {
  const one = bench(
    'echo "begin $1 $2 $3 $4 $5 $6 | $RELEVO_NODE $RELEVO_GROUP $RELEVO_TO $RELEVO_REASON" >>OUT; sleep 0.05; echo end >>OUT; [ "$4" != last ] || touch OUT.done',
  );
  for (const to of ['active', 'draining', 'last']) one.notifier.notify(notice(to));
  const { existsSync } = await import('node:fs');
  await until(() => existsSync(join(one.folder, 'out.done')));
  const line = (to: string): string =>
    `begin role g1 standby ${to} 7 claimed; "quoted" $HOME | lb1 g1 ${to} claimed; "quoted" $HOME\nend\n`;
  t.is(one.read(), line('active') + line('draining') + line('last'));
  t.deepEqual(one.told, []);
  await one.end();
});

test('failures are told: a status, a script that hangs, one that is not there', async (t) => {
  const failing = bench('echo no route >&2; exit 3');
  failing.notifier.notify(notice('active'));
  await until(() => failing.told.length > 0);
  t.regex(failing.told[0]!, /ended with status 3 \(role of g1: standby → active\): no route$/);
  await failing.end();

  const hanging = bench('exec sleep 60', 200);
  hanging.notifier.notify(notice('active'));
  await until(() => hanging.told.length > 0);
  t.regex(hanging.told[0]!, /did not end within 200 ms and was killed/);
  await hanging.end();

  const absent = bench('');
  rmSync(join(absent.folder, 'notify'));
  absent.notifier.notify(notice('active'));
  await until(() => absent.told.length > 0);
  t.regex(absent.told[0]!, /is not installed|not found|no such/i);
  await absent.end();
});

test('calls that come faster than the script is are bounded; the newest stay, and it is told', async (t) => {
  const slow = bench('echo "$4" >>OUT; [ "$4" != 0 ] || sleep 0.2');
  const many = limits.notifyWaiting + 100;
  for (let count = 0; count < many; count++) slow.notifier.notify(notice(String(count)));
  await until(() => slow.told.length > 0);
  t.regex(slow.told[0]!, /^99 calls of .* were left out: it is slower than what happens$/);
  await until(() => slow.read().endsWith(`\n${many - 1}\n`));
  t.is(slow.read().trim().split('\n').length, 1 + limits.notifyWaiting);
  await slow.end();
});
