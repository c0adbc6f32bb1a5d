/**
 * The test bed with what services without connection tracking need: backends that own the service addresses and answer clients past the
 * balancer, and a neighbour table that is followed.
 *
 *   client 10.60.0.100/16, fd60::100 ── bridge ── backend x 10.60.0.x, fd60::x
 */

import type { FeatureFacts } from '../../src/app/feature-engine.js';
import { connectNeighbours } from '../../src/app/neighbour-wiring.js';
import {
  createNeighbourLoop,
  type NeighbourLoop,
  type NeighbourLoopTiming,
} from '../../src/app/neighbours.js';
import type { Clock } from '../../src/ports.js';
import type { EngineContext } from '../../src/ruleset/context.js';
import { systemTimers } from '../../src/shell/clock.js';
import { createLinks } from '../../src/shell/links.js';
import { createNeighbourProber } from '../../src/shell/neighbour-prober.js';
import { createNeighbours } from '../../src/shell/neighbours.js';
import { createRunner } from '../../src/shell/runner.js';
import { type Bed, createBed, type Engine, vip, vip6 } from './bed.js';
import { insideNamespace } from './inside.js';
import { createLog } from './log.js';

export interface StatelessEngine extends Engine {
  readonly loop: NeighbourLoop;
}

export interface StatelessBed extends Bed {
  statelessEngine(
    context?: EngineContext,
    timing?: NeighbourLoopTiming,
    clock?: Clock,
    facts?: Partial<FeatureFacts>,
  ): Promise<StatelessEngine>;
  backend(index: number): string;
  /** Removes what the balancer knows of its neighbours. */
  forgetNeighbours(): void;
}

export const createStatelessBed = async (options: {
  backends: number;
  clients?: number;
}): Promise<StatelessBed> => {
  const bed = await createBed(options);
  const { namespaces, lb } = bed;
  const { id } = namespaces;
  const client = `${id}-c`;
  const bridge = namespaces.add('sw');
  const inBridge = (...args: string[]): string => namespaces.run(bridge, 'ip', ...args);
  namespaces.run(
    bridge,
    'sh',
    '-c',
    'for f in /proc/sys/net/bridge/bridge-nf-call-*; do echo 0 > $f || true; done',
  );
  inBridge('link', 'add', `${id}s`, 'type', 'bridge');
  inBridge('link', 'set', `${id}s`, 'up');
  const join = (namespace: string, name: string, host: number): void => {
    namespaces.link(
      { ns: bridge, dev: `${id}s${name}` },
      { ns: namespace, dev: `${id}d${name}`, cidr: `10.60.0.${host}/16` },
    );
    inBridge('link', 'set', `${id}s${name}`, 'master', `${id}s`);
    namespaces.run(namespace, 'ip', '-6', 'addr', 'add', `fd60::${host}/64`, 'dev', `${id}d${name}`, 'nodad');
  };
  join(client, 'c', 100);
  for (let index = 1; index <= options.backends; index++) {
    const backend = `${id}-b${index}`;
    join(backend, String(index), index);
    namespaces.run(backend, 'ip', 'addr', 'add', `${vip}/32`, 'dev', 'lo');
    namespaces.run(backend, 'ip', '-6', 'addr', 'add', `${vip6}/128`, 'dev', 'lo', 'nodad');
    // What the service address sends goes to the client past the balancer.
    for (const [family, address, router] of [
      ['-4', vip, '10.60.0.100'],
      ['-6', vip6, 'fd60::100'],
    ] as const) {
      const table = ['table', '100'];
      namespaces.run(backend, 'ip', family, 'rule', 'add', 'from', address, ...table);
      namespaces.run(backend, 'ip', family, 'route', 'add', 'default', 'via', router, ...table);
    }
  }
  const script = new URL('./echo-server.mjs', import.meta.url).pathname;
  await Promise.all(
    Array.from({ length: options.backends }, (_, at) => {
      const name = `b${at + 1}`;
      const child = namespaces.start(
        `${id}-${name}`,
        process.execPath,
        script,
        name,
        `80@${vip}`,
        `80@${vip6}`,
      );
      return new Promise((resolve) => child.stdout?.once('data', resolve));
    }),
  );
  // A fresh bridge takes a moment before it forwards.
  for (let index = 1; index <= options.backends; index++) {
    for (const address of ['10.60.0.100', 'fd60::100']) {
      namespaces.run(`${id}-b${index}`, 'ping', '-c', '3', '-i', '0.3', '-w', '10', '-q', address);
    }
  }
  const closing: (() => void)[] = [];
  return {
    ...bed,
    backend: (index) => `${id}-b${index}`,
    forgetNeighbours: () => {
      namespaces.run(lb, 'ip', 'neigh', 'flush', 'all');
    },
    async dispose() {
      for (const close of closing) close();
      await bed.dispose();
    },
    async statelessEngine(context, timing, clock, facts) {
      const made = insideNamespace(lb, () => {
        const neighbours = createNeighbours();
        const links = createLinks();
        const prober = createNeighbourProber(createRunner());
        const loop = createNeighbourLoop(
          {
            neighbours,
            links,
            // Programs start in the namespace of the thread that starts them.
            prober: { provoke: (address) => insideNamespace(lb, () => prober.provoke(address)) },
            timers: systemTimers,
            log: createLog(),
          },
          timing,
        );
        return { neighbours, links, loop, started: loop.start() };
      });
      await made.started;
      const { loop } = made;
      const engine = bed.engine(context, {
        ...(clock && { clock }),
        facts: {
          neighbour: (address) => loop.neighbour(address),
          link: (device) => loop.link(device),
          ...facts,
        },
      });
      const disconnect = connectNeighbours(engine.reconciler, loop, createLog());
      const close = (): void => {
        disconnect();
        loop.stop();
        made.neighbours.close();
        made.links.close();
      };
      closing.push(close);
      return {
        ...engine,
        loop,
        async stop() {
          close();
          await engine.stop();
        },
      };
    },
  };
};
