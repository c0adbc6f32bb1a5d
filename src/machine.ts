/** What the rule engine has to know of the machine, followed: interfaces, neighbours, networks, connections, and what the kernel can do. */

import type { FeatureFacts } from './app/feature-engine.js';
import { createIngressDevices } from './app/ingress-devices.js';
import type { KernelFeatures } from './app/kernel-features.js';
import { createLeastconnLoop } from './app/leastconn.js';
import type { Lifetime } from './app/lifetime.js';
import { connectNeighbours, findNeighbours } from './app/neighbour-wiring.js';
import { createNeighbourLoop } from './app/neighbours.js';
import type { Reconciler } from './app/reconcile-types.js';
import { followTransits } from './app/transits.js';
import { errorFrom } from './errors.js';
import type { IngressInterfaces } from './model/node.js';
import type { Service } from './model/service.js';
import type { Flows, Log } from './ports.js';
import { systemClock, systemTimers } from './shell/clock.js';
import { createFlows } from './shell/flows.js';
import { createLinks } from './shell/links.js';
import { createNeighbourProber } from './shell/neighbour-prober.js';
import { createNeighbours } from './shell/neighbours.js';
import { nodeNetworks } from './shell/networks.js';
import { createRunner } from './shell/runner.js';

export interface Machine {
  readonly flows: Flows;
  readonly facts: FeatureFacts;
  /** Tells the engine of changes from now on. */
  follow(engine: Reconciler): void;
  /** Until the neighbours that these services need are known, for at most `waitMs`. Before they are applied; behind `follow`. */
  find(services: Iterable<Service>, waitMs: number): Promise<void>;
}

export const startMachine = async (
  interfaces: IngressInterfaces,
  kernel: KernelFeatures,
  log: Log,
  lifetime: Lifetime,
): Promise<Machine> => {
  // The guard looks at carriers, in its own thread.
  const links = createLinks({ carrierLinks: [] });
  lifetime.onStop(() => links.close());
  const neighbours = createNeighbours();
  lifetime.onStop(() => neighbours.close());
  const loop = createNeighbourLoop({
    neighbours,
    links,
    prober: createNeighbourProber(createRunner()),
    timers: systemTimers,
    log,
  });
  lifetime.onStop(() => loop.stop());
  const ingress = createIngressDevices(links, interfaces);
  lifetime.onStop(() => ingress.stop());
  const flows = createFlows();
  lifetime.onStop(() => flows.close());
  const leastconn = createLeastconnLoop({ flows, timers: systemTimers, clock: systemClock, log });
  await ingress.start();
  await loop.start();

  const followInterfaces = (engine: Reconciler): void => {
    let waits = false;
    ingress.onChange(() => {
      // What comes while the engine is busy goes with it.
      if (waits) return;
      waits = true;
      setImmediate(() => {
        waits = false;
        const names = ingress.names();
        log.info({ interfaces: names }, 'the interfaces that clients come in by have changed');
        engine.reconsider([], `clients come in by ${names.join(', ') || 'no interface'}`).catch((thrown) => {
          log.warn({ error: errorFrom(thrown).message }, 'a change of interfaces is not in force');
        });
      });
    });
  };

  return {
    flows,
    facts: {
      get devices() {
        return ingress.names();
      },
      neighbour: (address) => loop.neighbour(address),
      link: (device) => loop.link(device),
      networks: nodeNetworks,
      shares: leastconn.shares,
      supports: kernel.supports,
    },
    follow(engine) {
      followInterfaces(engine);
      lifetime.onStop(connectNeighbours(engine, loop, log));
      lifetime.onStop(leastconn.follow(engine));
      lifetime.onStop(followTransits(engine, { timers: systemTimers, clock: systemClock, log }));
    },
    find: (services, waitMs) => findNeighbours(services, loop, systemTimers, waitMs),
  };
};
