/**
 * A process with one real guard or witness, for tests: takes its role from the first argument (JSON), orders as JSON
 * lines on stdin, and writes events as JSON lines on stdout.
 */

import { createInterface } from 'node:readline';
import { createGuard } from '../../src/app/guard.js';
import type { NodeConfig } from '../../src/model/node.js';
import type { Log } from '../../src/ports.js';
import { startGuardThread } from '../../src/shell/guard-thread.js';
import { runWitness } from '../../src/witness.js';

type Order =
  | { readonly order: 'ready'; readonly ready: boolean; readonly reason: string }
  | { readonly order: 'faults'; readonly faults: readonly string[]; readonly weight?: number }
  | { readonly order: 'handover'; readonly group: string; readonly to?: string }
  | { readonly order: 'maintenance'; readonly node: string; readonly group?: string; readonly on: boolean }
  | { readonly order: 'block'; readonly ms: number }
  | { readonly order: 'state' }
  | { readonly order: 'stop' };

export type RunnerRole =
  | { readonly role: 'guard'; readonly config: NodeConfig; readonly secret: string }
  | {
      readonly role: 'witness';
      readonly cluster: string;
      readonly listen: NodeConfig['nodes'][number]['heartbeat'];
      readonly leaseMs: number;
      readonly secret: string;
    };

const say = (what: object): void => {
  process.stdout.write(`${JSON.stringify(what)}\n`);
};

const writeLog =
  (level: string) =>
  (facts: object, message: string): void =>
    say({ log: level, message, ...facts });
const log: Log = {
  debug: () => {},
  info: writeLog('info'),
  warn: writeLog('warn'),
  error: writeLog('error'),
  child: () => log,
};

const timers = {
  after(ms: number, action: () => void) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

const role = JSON.parse(process.argv[2] ?? '') as RunnerRole;
const secret = new TextEncoder().encode(role.secret);

const runGuard = async (config: NodeConfig): Promise<void> => {
  const guard = createGuard({ log, timers, startThread: startGuardThread }, config, secret);
  guard.onEvent((event) => say({ event }));
  await guard.start();
  say({ started: config.node });
  const obey = async (order: Order): Promise<void> => {
    switch (order.order) {
      case 'ready': {
        const reasons = order.ready ? [] : [order.reason];
        guard.setReadiness({ ready: order.ready, reasons, position: '1' });
        return;
      }
      case 'faults':
        guard.setHealth(order.faults.map((text) => ({ text, weight: order.weight ?? 100 })));
        return;
      case 'handover':
        say({ handover: await guard.handover(order.group, order.to) });
        return;
      case 'maintenance':
        say({ maintenance: await guard.setMaintenance(order.node, order.group ?? '', order.on) });
        return;
      case 'block': {
        const until = performance.now() + order.ms;
        while (performance.now() < until) {
          // As a large dump or a garbage collection would.
        }
        say({ blocked: order.ms });
        return;
      }
      case 'state':
        say({ state: guard.state() });
        return;
      case 'stop':
        await guard.stop();
        say({ stopped: config.node });
        process.exit(0);
    }
  };
  for await (const line of createInterface({ input: process.stdin })) void obey(JSON.parse(line) as Order);
};

if (role.role === 'witness') {
  say({ started: 'witness' });
  await runWitness({ ...role, secret, log }, new AbortController().signal);
} else {
  await runGuard(role.config).catch((thrown: { code?: string; message?: string }) => {
    say({ failed: thrown.code, message: thrown.message });
    process.exit(1);
  });
}
