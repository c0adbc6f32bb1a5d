/** Real conntrackd in two namespaces: connections of one node arrive in the other's kernel, whatever happens to the daemons. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createNamespaces } from '../support/netns.js';

interface NodeStatus {
  readonly running: boolean;
  readonly ready: boolean;
  readonly pid?: number;
  readonly restarts: number;
  readonly adopted?: boolean;
  /** Reasons for the election. */
  readonly wrong: readonly string[];
  readonly reason?: string;
  readonly counters?: { readonly ownEntries: number };
}

const driver = new URL('../support/conntrackd-node.ts', import.meta.url).pathname;
const root = new URL('../..', import.meta.url).pathname;

/** Policy and nice value (proc_pid_stat(5), fields 41 and 19). */
const scheduling = (pid: number): { policy: number; nice: number } => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return { policy: Number(fields[38]), nice: Number(fields[16]) };
};

/** An agent that does nothing but conntrackd, in its own process inside the namespace: line in, status line out. */
const startNode = (namespace: string, node: string, stateDir: string, link = 'sync0') => {
  const child = spawn(
    '/usr/sbin/ip',
    ['netns', 'exec', namespace, process.execPath, '--import=tsx', driver, node, stateDir, link],
    { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const waiting: ((line: string) => void)[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) waiting.shift()?.(line);
  });
  const ask = (command: string): Promise<NodeStatus> =>
    new Promise((resolve, reject) => {
      waiting.push((line) => resolve(JSON.parse(line) as NodeStatus));
      void exit.then(() => reject(new Error('the driver ended')));
      child.stdin.write(`${command}\n`);
    });
  return {
    ask,
    until: async (condition: (status: NodeStatus) => boolean): Promise<NodeStatus> => {
      for (let turn = 0; turn < 100; turn += 1) {
        const status = await ask('status');
        if (condition(status)) return status;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`not reached: ${JSON.stringify(await ask('status'))}`);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        await ask('stop');
        child.stdin.end();
      }
      await exit;
    },
  };
};

const setUp = () => {
  const namespaces = createNamespaces();
  const folder = mkdtempSync(join(tmpdir(), 'relevo-ct-'));
  const [a, b] = [namespaces.add('a'), namespaces.add('b')];
  namespaces.link(
    { ns: a, dev: 'sync0', cidr: '10.30.0.1/24' },
    { ns: b, dev: 'sync0', cidr: '10.30.0.2/24' },
  );
  const connection = (port: number): string[] => [
    '-p',
    'tcp',
    '-s',
    '10.10.0.5',
    '-d',
    '10.10.0.100',
    '--sport',
    `${port}`,
    '--dport',
    '80',
  ];
  return {
    a,
    b,
    folder,
    insert: (ns: string, port: number) =>
      namespaces.run(
        ns,
        'conntrack',
        '-I',
        ...connection(port),
        '--state',
        'ESTABLISHED',
        '-t',
        '600',
        '-u',
        'SEEN_REPLY,ASSURED',
        '-g',
        '10.20.0.21',
      ),
    /** The first node's frames get lost on their way, and it does not notice. */
    cut: () =>
      namespaces.run(
        b,
        'nft',
        'add table netdev cut; add chain netdev cut in { type filter hook ingress device "sync0" priority 0; policy drop; }',
      ),
    join: () => namespaces.run(b, 'nft', 'delete table netdev cut'),
    flush: (ns: string) => namespaces.run(ns, 'conntrack', '-F'),
    /** Source ports of the connections in the kernel. */
    ports: (ns: string): number[] =>
      [
        ...namespaces
          .run(ns, 'conntrack', '-L', '-p', 'tcp')
          .matchAll(/src=10\.10\.0\.5 dst=10\.10\.0\.100 sport=(\d+)/g),
      ]
        .map((match) => Number(match[1]))
        .sort(),
    dispose: async () => {
      await namespaces.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const eventually = async (read: () => unknown, wanted: unknown): Promise<unknown> => {
  for (let turn = 0; turn < 50 && JSON.stringify(read()) !== JSON.stringify(wanted); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return read();
};

test('connections reach the other kernel; a killed daemon comes back; what was taken over reaches a node that returns', async (t) => {
  const lab = setUp();
  const nodes = [
    startNode(lab.a, 'lb1', join(lab.folder, 'a')),
    startNode(lab.b, 'lb2', join(lab.folder, 'b')),
  ] as const;
  let first = nodes[0];
  const second = nodes[1];
  try {
    const started = await first.until((each) => each.ready);
    await second.until((each) => each.ready);
    await first.ask('active');
    await second.ask('standby');
    lab.insert(lab.a, 1001);
    lab.insert(lab.a, 1002);
    t.deepEqual(await eventually(() => lab.ports(lab.b), [1001, 1002]), [1001, 1002]);

    process.kill(started.pid!, 'SIGKILL');
    const again = await first.until((each) => each.restarts === 1 && each.ready);
    t.not(again.pid, started.pid);
    t.regex(again.wrong.join(), /conntrackd has ended within the last minute/);
    lab.insert(lab.a, 1003);
    t.deepEqual(await eventually(() => lab.ports(lab.b), [1001, 1002, 1003]), [1001, 1002, 1003]);

    // The active node loses power: its daemon, its agent and its kernel's table are gone; the standby takes over.
    await first.kill();
    process.kill(again.pid!, 'SIGKILL');
    lab.flush(lab.a);
    await second.ask('active');
    await second.until((each) => each.counters?.ownEntries === 3 || each.ready);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    first = startNode(lab.a, 'lb1', join(lab.folder, 'a'));
    await first.until((each) => each.ready);
    t.deepEqual(await eventually(() => lab.ports(lab.a), [1001, 1002, 1003]), [1001, 1002, 1003]);
  } finally {
    await first.stop();
    await second.stop();
    await lab.dispose();
  }
});

test('the daemon outlives its agent and is adopted by the next one', async (t) => {
  const lab = setUp();
  let node = startNode(lab.a, 'lb1', join(lab.folder, 'a'));
  try {
    const before = await node.until((each) => each.ready);
    // Before ordinary work and not real-time: connections that come by the ten thousand must not keep heartbeats waiting.
    t.deepEqual(scheduling(before.pid!), { policy: 0, nice: -10 });
    await node.kill();
    node = startNode(lab.a, 'lb1', join(lab.folder, 'a'));
    const after = await node.until((each) => each.ready);
    t.is(after.pid, before.pid);
    t.true(after.adopted);
    process.kill(after.pid!, 'SIGKILL');
    const replaced = await node.until((each) => each.restarts === 1 && each.ready);
    t.false(replaced.adopted);
    t.deepEqual(scheduling(replaced.pid!), { policy: 0, nice: -10 });
  } finally {
    await node.stop();
    await lab.dispose();
  }
});

test('a configuration the daemon refuses: not ready, with its own reason', async (t) => {
  const lab = setUp();
  const node = startNode(lab.a, 'lb1', join(lab.folder, 'a'), 'nosuch0');
  try {
    const status = await node.until((each) => each.reason !== undefined);
    t.false(status.ready);
    t.regex(status.reason!, /No such device/);
    t.regex(status.wrong.join(), /^conntrackd is not running: .*No such device/);
  } finally {
    await node.stop();
    await lab.dispose();
  }
});

test('an owner that was cut off and gave its groups away: what it had not delivered arrives when it is heard again', async (t) => {
  const lab = setUp();
  const first = startNode(lab.a, 'lb1', join(lab.folder, 'a'));
  const second = startNode(lab.b, 'lb2', join(lab.folder, 'b'));
  try {
    await first.until((each) => each.ready);
    await second.until((each) => each.ready);
    await first.ask('active');
    await second.ask('standby');
    lab.insert(lab.a, 1001);
    t.deepEqual(await eventually(() => lab.ports(lab.b), [1001]), [1001]);
    // Daemons that still greet each other, with a word a second, keep nothing to repeat.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    lab.cut();
    lab.insert(lab.a, 1002);
    lab.insert(lab.a, 1003);
    await first.ask('standby');
    await second.ask('active');
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    lab.join();
    t.deepEqual(await eventually(() => lab.ports(lab.b), [1001, 1002, 1003]), [1001, 1002, 1003]);
    // And then it forgets them.
    await first.until((each) => each.counters?.ownEntries === 0);
    t.is((await first.ask('status')).counters?.ownEntries, 0);
  } finally {
    await first.stop();
    await second.stop();
    await lab.dispose();
  }
});
