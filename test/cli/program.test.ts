import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { createControlApi } from '../../src/api/control.js';
import { createProgram } from '../../src/cli/program.js';
import { formatStatus } from '../../src/cli/status-text.js';
import { version } from '../../src/model/version.js';
import { listenOnSocket } from '../../src/shell/control-socket.js';
import { createFakeNode, exampleStatus, quietLog } from '../support/fake-node.js';

interface Context {
  folder: string;
  relevo(...args: string[]): Promise<{ text: string; failed: boolean }>;
  node: ReturnType<typeof createFakeNode>;
  close(): Promise<unknown>;
}
const test = anyTest as TestFn<Context>;

test.beforeEach(async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const socket = join(folder, 'relevo.sock');
  const node = createFakeNode();
  const api = createControlApi(node, quietLog);
  await listenOnSocket(api, socket);
  const relevo = async (...args: string[]) => {
    const lines: string[] = [];
    let failed = false;
    const program = createProgram(
      { RELEVO_SOCKET: socket },
      {
        print: (text) => lines.push(text),
        fail: () => {
          failed = true;
        },
      },
    );
    await program.parseAsync(['node', 'relevo', ...args]);
    return { text: lines.join('\n'), failed };
  };
  t.context = { folder, relevo, node, close: () => api.close() };
});

test.afterEach.always(async (t) => {
  await t.context.close();
  rmSync(t.context.folder, { recursive: true });
});

test('the version is the one of package.json', (t) => {
  t.is(
    (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
      .version,
    version,
  );
});

test('status names who is active and why, and what is not ready', async (t) => {
  const { text } = await t.context.relevo('status');
  t.is(text, formatStatus(exampleStatus));
  for (const expected of [
    /g1 +active +lb1 +7/,
    /preferred node/,
    /NOT READY: snapshot at 5 %/,
    /NOT RUNNING: exit status 1/,
    /persistence +ip persist: 12 of 100 clients/,
    /web: 5 newcomers were served and not remembered/,
    /draining +web\/b1: 7 sessions and 2 connections are left/,
  ]) {
    t.regex(text, expected);
  }
  const asJson = await t.context.relevo('status', '--json');
  t.is((JSON.parse(asJson.text) as { node: string }).node, 'lb1');
});

test('the document of the cluster: status, history, confirm, rollback, resolve', async (t) => {
  const { relevo, node } = t.context;
  const { text } = await relevo('status');
  t.regex(
    text,
    /document +version 7, apply by lb2 at 2026-01-02T03:04:05.000Z \(new backends\); lb2 in sync/,
  );
  t.regex(text, /goes back in 42.* unless confirmed: relevo confirm/);
  t.regex((await relevo('history')).text, /7 +lb2 +2026-01-02T03:04:05.000Z +apply +2 +yes +new backends/);
  t.regex((await relevo('confirm')).text, /version 8, also on lb2/);
  await relevo('rollback');
  await relevo('rollback', '--force', '5');
  await relevo('resolve');
  t.deepEqual(node.calls, ['confirm', 'rollback one', 'rollback 5 by force', 'resolve']);
  await t.throwsAsync(relevo('rollback', 'yesterday'), { message: /relevo history/ });
  const file = join(t.context.folder, 'services.yaml');
  writeFileSync(file, 'farms: []');
  await t.throwsAsync(relevo('apply', '--confirm', 'soon', file), { message: /no duration/ });
});

test('apply, diff and backend reach the node', async (t) => {
  const file = join(t.context.folder, 'services.yaml');
  writeFileSync(file, 'farms: []');
  t.regex((await t.context.relevo('apply', file)).text, /changed 1 services \(3 operations\): web/);
  t.regex((await t.context.relevo('apply', '--dry-run', file)).text, /would change 1/);
  t.is((await t.context.relevo('diff', file)).text, 'add element …');
  t.is((await t.context.relevo('backend', 'web', 'b1', 'down')).text, 'web/b1 is down');
  t.deepEqual(t.context.node.calls, ['apply 9', 'apply dry 9', 'apply dry 9', 'backend web b1 down']);
});

test('a handover that did not happen is a failure with its reason', async (t) => {
  t.deepEqual(await t.context.relevo('handover', 'g1'), { text: 'g1 moved within 3 ms', failed: false });
  t.deepEqual(await t.context.relevo('handover', 'g9'), {
    text: "g9 did not move: no group 'g9'",
    failed: true,
  });
});

test('a replica that differs is a failure', async (t) => {
  t.deepEqual(await t.context.relevo('sync', 'verify'), {
    text: 'lb2: 1 entry differs\nDIFFERENT',
    failed: true,
  });
});

test('a missing file is named', async (t) => {
  const error = await t.throwsAsync(t.context.relevo('apply', join(t.context.folder, 'none.yaml')));
  t.regex(error.message, /none\.yaml: no such file/);
});

for (const mode of ['dnat', 'snat', 'dsr', 'stlsdnat', 'local']) {
  test(`a document of nftlb’s, ${mode}: what is imported and exported again says the same`, async (t) => {
    const { folder, relevo } = t.context;
    const [given, ours, again, theirs] = ['given', 'ours', 'again', 'theirs'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    const farm = {
      name: 'web',
      'virtual-addr': '192.0.2.1',
      'virtual-ports': mode === 'stlsdnat' ? '80' : '80,443',
      mode,
      scheduler: 'hash',
      'sched-param': 'srcip',
      ...(mode !== 'local' && {
        backends: [{ name: 'b1', 'ip-addr': '10.0.0.1', port: mode === 'dsr' ? '' : '8080', state: 'up' }],
      }),
      policies: [{ name: 'bad' }],
    };
    const policies = [{ name: 'bad', type: 'blacklist', elements: [{ data: '10.9.0.0/16' }] }];
    writeFileSync(given, JSON.stringify({ farms: [farm], policies }));
    const turned = async (what: 'import' | 'export', from: string, to: string): Promise<unknown> => {
      const { text, failed } = await relevo('nftlb', what, from);
      t.false(failed, text);
      writeFileSync(to, text);
      return JSON.parse(text) as unknown;
    };
    const imported = await turned('import', given, ours);
    const exported = await turned('export', ours, theirs);
    t.like((exported as { farms: object[] }).farms[0], { name: 'web', mode, state: 'up' });
    t.deepEqual(await turned('import', theirs, again), imported);
    t.deepEqual(await turned('export', again, theirs), exported);
  });
}

test('what nftlb does not know is not exported to it; a backend that drains is off there', async (t) => {
  const file = join(t.context.folder, 'services.json');
  const backend = { name: 'b1', 'ip-addr': '10.0.0.1', port: 80, state: 'drain' };
  const farm = {
    name: 'web',
    'virtual-addr': '192.0.2.1',
    'virtual-ports': 80,
    mode: 'dnat',
    counters: 'on',
  };
  writeFileSync(file, JSON.stringify({ farms: [{ ...farm, backends: [backend] }] }));
  const { text } = await t.context.relevo('nftlb', 'export', file);
  const [exported] = (JSON.parse(text) as { farms: { backends: { state: string }[] }[] }).farms;
  t.is(exported?.backends[0]?.state, 'off');
  t.false(/counters|replicate|drain/.test(text));
});
