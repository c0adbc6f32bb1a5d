/** Network namespaces for tests: unique names, everything removed afterwards, the root namespace never touched. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** System programs only: node_modules/.bin has an unrelated `nft`. */
export const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

export interface TestNamespaces {
  /** Random, at most 6 characters: start interface names with it. */
  readonly id: string;
  /** Creates a namespace with loopback up; returns its full name. */
  add(label: string): string;
  /** Runs a command to its end inside a namespace and returns stdout; throws with stderr on failure. */
  run(namespace: string, file: string, ...args: string[]): string;
  /** Starts a long-running command inside a namespace; it is ended by `dispose`. */
  start(namespace: string, file: string, ...args: string[]): ChildProcess;
  /** A veth pair: `a` in namespace `nsA`, `b` in `nsB`, with addresses in CIDR form, both up. */
  link(a: { ns: string; dev: string; cidr?: string }, b: { ns: string; dev: string; cidr?: string }): void;
  dispose(): Promise<void>;
}

const exec = (file: string, args: string[]): string =>
  execFileSync(file, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: systemPath },
    maxBuffer: 256 * 1024 * 1024,
  });

export const createNamespaces = (): TestNamespaces => {
  const id = `rt${randomBytes(2).toString('hex')}`;
  const names: string[] = [];
  const children: ChildProcess[] = [];
  const run = (namespace: string, file: string, ...args: string[]): string =>
    exec('/usr/sbin/ip', ['netns', 'exec', namespace, file, ...args]);
  return {
    id,
    add(label) {
      const name = `${id}-${label}`;
      exec('/usr/sbin/ip', ['netns', 'add', name]);
      names.push(name);
      run(name, 'ip', 'link', 'set', 'lo', 'up');
      // Link-local addresses are good at once: duplicate address detection would take them a second or two.
      run(name, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.all.accept_dad=0');
      return name;
    },
    run,
    start(namespace, file, ...args) {
      const child = spawn('/usr/sbin/ip', ['netns', 'exec', namespace, file, ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, PATH: `${systemPath}:${process.execPath.replace(/\/node$/, '')}` },
      });
      children.push(child);
      return child;
    },
    link(a, b) {
      exec('/usr/sbin/ip', [
        'link',
        'add',
        a.dev,
        'netns',
        a.ns,
        'type',
        'veth',
        'peer',
        'name',
        b.dev,
        'netns',
        b.ns,
      ]);
      for (const end of [a, b]) {
        if (end.cidr) run(end.ns, 'ip', 'addr', 'add', end.cidr, 'dev', end.dev);
        run(end.ns, 'ip', 'link', 'set', end.dev, 'up');
      }
    },
    async dispose() {
      await Promise.all(
        children.map(
          (child) =>
            new Promise<void>((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve();
              child.once('exit', () => resolve());
              child.kill('SIGKILL');
            }),
        ),
      );
      for (const name of names) exec('/usr/sbin/ip', ['netns', 'del', name]);
    },
  };
};
