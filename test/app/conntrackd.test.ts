import test from 'ava';
import { createConntrackd } from '../../src/app/conntrackd.js';
import { conntrackdConfig } from '../../src/conntrack/config.js';
import { restartDelayMs } from '../../src/conntrack/supervision.js';
import type { Daemon } from '../../src/ports.js';
import { createLog } from '../support/log.js';
import { labNode } from '../support/node-config.js';

const stats = (refused: number): string =>
  `cache internal:\ncurrent active connections:\t0\nexternal inject:\nconnections created:\t5\tfailed:\t${refused}\n`;

/** The outside of conntrackd: files in a map, daemons that end when told, time that passes only by sleeping. */
const world = (contents: Record<string, string> = {}) => {
  let nowMs = 0;
  const content = new Map(Object.entries(contents));
  const commands: string[] = [];
  const started: { end: (how: string) => void; stopped: boolean; prompt: boolean }[] = [];
  const launch = (adopted: boolean): Daemon => {
    let end = (_how: string): void => undefined;
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const record = { end, stopped: false, prompt: false };
    started.push(record);
    const stop = async (): Promise<void> => {
      record.stopped = true;
      end('SIGTERM');
    };
    const makePrompt = (): void => {
      record.prompt = true;
    };
    return { pid: 100 + started.length, adopted, ended, stop, makePrompt };
  };
  const state = {
    adoptable: false,
    refuse: undefined as string | undefined,
    silent: false,
    lost: 0,
    refused: 0,
    underWay: 0,
  };
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
        const asked = args.slice(2).join(' ');
        if (state.silent) return { exitCode: 1, stdout: '', stderr: '' };
        commands.push(asked);
        const queue = `resent queue (len=${state.underWay})\n${'object -> seq:7\n'.repeat(state.underWay)}`;
        const tracking = `message tracking:\n  0 Malformed msgs  ${state.lost} Lost msgs\n`;
        return {
          exitCode: 0,
          stdout: asked === '-s rsqueue' ? queue : `${stats(state.refused)}${tracking}`,
          stderr: '',
        };
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
  return { ports, content, commands, started, state, log, nowMs: () => nowMs };
};

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
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
  t.true(started[0]!.prompt, 'no real-time priority is left to it');
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
  const roles = (): string[] => commands.filter((each) => !each.startsWith('-s'));
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

test('one that did not answer for long is ready when it does, and follows the role that it was not told', async (t) => {
  const { ports, commands, state } = world();
  state.silent = true;
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  t.teardown(() => conntrackd.stop());
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeActive('g1');
  t.regex(conntrackd.ready().reasons.join(), /does not answer/);
  state.silent = false;
  await until(() => commands.includes('-B'));
  await until(() => conntrackd.ready().ready);
  t.deepEqual(conntrackd.ready(), { ready: true, reasons: [] });
  t.true(commands.includes('-B'));

  commands.length = 0;
  state.silent = true;
  await until(() => !conntrackd.ready().ready);
  conntrackd.becomeStandby('g1');
  state.silent = false;
  await until(() => commands.includes('-f internal'));
  t.true(commands.includes('-f internal'));
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

test('who gave its groups away forgets when the peer has everything, or is not heard of for long', async (t) => {
  const { ports, commands, state, nowMs } = world();
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  t.teardown(() => conntrackd.stop());
  await conntrackd.start(new AbortController().signal);
  state.underWay = 12;
  conntrackd.becomeStandby('g1');
  await until(() => commands.includes('-s rsqueue'));
  t.false(commands.includes('-f internal'));
  state.underWay = 0;
  await until(() => commands.includes('-f internal'));
  commands.length = 0;
  state.underWay = 12;
  conntrackd.becomeActive('g1');
  await until(() => commands.includes('-B'));
  const sinceMs = nowMs();
  conntrackd.becomeStandby('g1');
  await until(() => commands.includes('-f internal'));
  t.true(commands.includes('-f internal'));
  t.true(nowMs() - sinceMs >= 60_000);
});

test('a standby that has missed messages asks for everything, and is not ready before it has come; an owner asks nobody', async (t) => {
  const { ports, commands, state } = world();
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  t.teardown(() => conntrackd.stop());
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeStandby('g1');
  await until(() => commands.includes('-f internal'));
  t.false(commands.includes('-n'));
  state.lost = 12;
  await until(() => commands.includes('-n'));
  t.deepEqual(conntrackd.ready().reasons, ['conntrackd is still receiving connections']);
  await until(() => conntrackd.ready().ready);
  t.true(conntrackd.ready().ready);
  await turns(50);
  t.is(commands.filter((each) => each === '-n').length, 1);
  conntrackd.becomeActive('g1');
  state.lost = 24;
  await turns(50);
  t.is(commands.filter((each) => each === '-n').length, 1);
});

test('a standby whose kernel refused a connection asks for everything, and stays ready meanwhile', async (t) => {
  const { ports, commands, state } = world();
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  t.teardown(() => conntrackd.stop());
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeStandby('g1');
  await until(() => commands.includes('-f internal'));
  state.refused = 1;
  let unready = 0;
  await until(() => {
    if (!conntrackd.ready().ready) unready += 1;
    return commands.includes('-n');
  });
  for (let turn = 0; turn < 200; turn += 1) {
    await turns(1);
    if (!conntrackd.ready().ready) unready += 1;
  }
  t.true(commands.includes('-n'));
  t.is(unready, 0);
});

test('a connection that is refused for good is asked for every ten minutes, and a loss between at once', async (t) => {
  const { ports, commands, state, nowMs } = world();
  const asked = (): number => commands.filter((each) => each === '-n').length;
  const conntrackd = createConntrackd(ports, labNode('lb1'));
  t.teardown(() => conntrackd.stop());
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeStandby('g1');
  await until(() => commands.includes('-f internal'));
  state.refused = 1;
  await until(() => asked() === 1);
  // What has come anew is refused anew.
  state.refused = 2;
  const firstMs = nowMs();
  await until(() => nowMs() > firstMs + 500_000);
  t.is(asked(), 1);
  await until(() => asked() === 2);
  t.true(nowMs() - firstMs < 700_000);
  state.lost = 1;
  const lostMs = nowMs();
  await until(() => asked() === 3);
  t.true(nowMs() - lostMs < 60_000);
});

test('of three nodes a standby asks when a path is whole again; what conntrackd counts as lost there means nothing', async (t) => {
  const { ports, commands, state } = world();
  const { conntrackd: settings } = labNode('lb1');
  const peers = [...settings.peers, '10.30.0.3' as (typeof settings.peers)[number]];
  const conntrackd = createConntrackd(ports, labNode('lb1', { conntrackd: { ...settings, peers } }));
  t.teardown(() => conntrackd.stop());
  await conntrackd.start(new AbortController().signal);
  conntrackd.becomeStandby('g1');
  await until(() => commands.includes('-f internal'));
  state.lost = 5_000;
  await turns(50);
  t.false(commands.includes('-n'));
  t.is(conntrackd.status().counters?.lostMessages, 0);
  conntrackd.reconnected();
  await until(() => commands.includes('-n'));
  t.true(commands.includes('-n'));
});
