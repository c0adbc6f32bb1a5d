import test from 'ava';
import { createConntrackd } from '../../src/app/conntrackd.js';
import { conntrackdConfig } from '../../src/conntrack/config.js';
import { restartDelayMs } from '../../src/conntrack/supervision.js';
import type { Daemon } from '../../src/ports.js';
import { createLog } from '../support/log.js';
import { labNode } from '../support/node-config.js';

const stats =
  'cache internal:\ncurrent active connections:\t0\nexternal inject:\nconnections created:\t5\tfailed:\t0\n';

/** The outside of conntrackd: files in a map, daemons that end when told, time that passes only by sleeping. */
const world = (contents: Record<string, string> = {}) => {
  let nowMs = 0;
  const content = new Map(Object.entries(contents));
  const commands: string[] = [];
  const started: { end: (how: string) => void; stopped: boolean }[] = [];
  const launch = (adopted: boolean): Daemon => {
    let end = (_how: string): void => undefined;
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const record = { end, stopped: false };
    started.push(record);
    const stop = async (): Promise<void> => {
      record.stopped = true;
      end('SIGTERM');
    };
    return { pid: 100 + started.length, adopted, ended, stop };
  };
  const state = { adoptable: false, refuse: undefined as string | undefined };
  const log = createLog();
  const ports = {
    log,
    clock: { nowMs: () => nowMs },
    sleep: async (ms: number, signal?: AbortSignal) => {
      if (!signal?.aborted) nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    files: {
      read: async (path: string) => content.get(path),
      writeAtomic: async (path: string, text: string) => {
        content.set(path, text);
      },
      rename: async () => false,
      remove: async (path: string) => {
        content.delete(path);
      },
    },
    runner: {
      run: async (_file: string, args: readonly string[]) => {
        commands.push(args.slice(2).join(' '));
        return { exitCode: 0, stdout: stats, stderr: '' };
      },
    },
    daemons: {
      start: async (_file: string, _args: readonly string[], output: string) => {
        const daemon = launch(false);
        content.set(output, state.refuse ? `[ERROR] ${state.refuse}\n` : '');
        if (state.refuse) started.at(-1)!.end('status 1');
        return daemon;
      },
      adopt: async () => (state.adoptable ? launch(true) : undefined),
    },
  };
  return { ports, content, commands, started, state, log };
};

const until = async (condition: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 10_000 && !condition(); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
};

test('writes its file, removes a stale lock, starts, and is ready once injections come to rest', async (t) => {
  const { ports, content, started } = world({ '/run/test/state/conntrackd.lock': '' });
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  t.false(conntrackd.ready().ready);
  await conntrackd.start(new AbortController().signal);
  t.is(content.get('/run/test/state/conntrackd.conf'), conntrackdConfig(labNode('lb1')));
  t.false(content.has('/run/test/state/conntrackd.lock'));
  t.deepEqual(conntrackd.ready(), { ready: true, reasons: [] });
  t.like(conntrackd.status(), { running: true, restarts: 0, counters: { injected: { created: 5 } } });
  await conntrackd.stop();
  t.true(started[0]!.stopped);
  t.false(conntrackd.status().running);
});

test('a daemon that dies is started again', async (t) => {
  const { ports, started } = world();
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  await conntrackd.start(new AbortController().signal);
  started[0]!.end('SIGKILL');
  await until(() => started.length === 2 && conntrackd.status().running);
  t.like(conntrackd.status(), { running: true, restarts: 1 });
  await conntrackd.stop();
});

test('a refused configuration is not ready, with the daemon’s own reason, and is tried again ever more slowly', async (t) => {
  const { ports, state, log } = world();
  state.refuse = "can't open channel socket: No such device";
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  await conntrackd.start(new AbortController().signal);
  t.regex(conntrackd.ready().reasons.join(), /No such device/);
  await until(() => log.records.filter((each) => each.level === 'warn').length > 3);
  const delays = log.records.flatMap((each) => ('delayMs' in each.facts ? [Number(each.facts.delayMs)] : []));
  t.deepEqual(delays.slice(0, 3), [100, 200, 400]);
  await conntrackd.stop();
});

test('the back-off is bounded', (t) => {
  t.is(restartDelayMs(1), 100);
  t.is(restartDelayMs(50), 10_000);
});

test('a running daemon with the same configuration is adopted; with another it makes room', async (t) => {
  const same = world({ '/run/test/state/conntrackd.conf': conntrackdConfig(labNode('lb1')) });
  same.state.adoptable = true;
  const adopted = createConntrackd(same.ports, labNode('lb1'));
  await adopted.start(new AbortController().signal);
  t.like(adopted.status(), { running: true, adopted: true });
  await adopted.stop({ leaveRunning: true });
  t.false(same.started[0]!.stopped);

  const other = world({ '/run/test/state/conntrackd.conf': 'Sync { }' });
  other.state.adoptable = true;
  const replaced = createConntrackd(other.ports, labNode('lb1'));
  await replaced.start(new AbortController().signal);
  t.true(other.started[0]!.stopped);
  t.like(replaced.status(), { running: true, adopted: false });
  await replaced.stop();
});

test('roles: active reads the kernel and sends all, standby forgets; the same role twice asks nothing', async (t) => {
  const { ports, commands } = world();
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  await conntrackd.start(new AbortController().signal);
  const roles = (): string[] => commands.filter((each) => each !== '-s');
  conntrackd.becomeStandby('g1');
  await until(() => roles().length === 1);
  conntrackd.becomeActive('g1');
  await until(() => roles().length === 3);
  conntrackd.becomeActive('g2');
  conntrackd.becomeStandby('g2');
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(roles(), ['-f internal', '-R', '-B']);
  await conntrackd.stop();
});

test('a restarted daemon is told its role again', async (t) => {
  const { ports, commands, started } = world();
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeActive('g1');
  await until(() => commands.includes('-B'));
  commands.length = 0;
  started[0]!.end('SIGSEGV');
  await until(() => commands.includes('-B'));
  t.true(commands.indexOf('-R') < commands.indexOf('-B'));
  await conntrackd.stop();
});

test('disabled: ready, and nothing is touched', async (t) => {
  const { ports, started, content } = world();
  const { conntrackd: settings } = labNode('lb1');
  const conntrackd = createConntrackd(ports, labNode('lb1', { conntrackd: { ...settings, enabled: false } }));
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeActive('g1');
  t.deepEqual(conntrackd.ready(), { ready: true, reasons: [] });
  t.is(started.length + content.size, 0);
  await conntrackd.stop();
});

test('somebody else’s daemon is asked, never started or stopped', async (t) => {
  const { ports, started, commands } = world();
  const { conntrackd: settings } = labNode('lb1');
  const conntrackd = createConntrackd(ports, labNode('lb1', { conntrackd: { ...settings, manage: false } }));
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeActive('g1');
  await until(() => commands.includes('-B'));
  t.deepEqual(conntrackd.ready(), { ready: true, reasons: [] });
  await conntrackd.stop();
  t.is(started.length, 0);
});
