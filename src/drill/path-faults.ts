/** Faults of the way between nodes: cables without carrier, a switch that loses frames or repeats them, forwards nothing or late, or forgets. The nodes themselves are whole. */

import { setDelay } from '../lab/netem.js';
import { forgetMacs, type Loss, setCables, setForwarding, setLosses } from '../lab/network.js';
import { hostByName, hostsOf, type NodeName, type Segment, segmentNames } from '../lab/topology.js';
import { sleep } from '../shell/clock.js';
import type { Fault, Site } from './fault-site.js';
import { lossPattern } from './loss-pattern.js';

const holdMs = 3_000;
const lossMs = 5_000;
const lossPercent = 10;
const twicePercent = 20;
/** Below a third of a lease both ways, and the jitter is as long as ten probes. */
const delay = { ms: 10, jitterMs: 9 };
const flaps = 5;
const flapMs = 150;
const forgets = 10;

/** `back-path` and `front-path`: an owner gives a group away for its health only after it has had it for so long (`healthPace`). */
const stayedMs = 10_500;

/** A cable of the node is dead for `holdMs` at least: 0 for one whose loss ends in a takeover, which is waited for anyway. */
export const deadCable =
  (segment: Segment, holdMs: number) =>
  (site: Site): Fault => ({
    async inject(signal) {
      const atMs = site.ports.clock.nowMs();
      await setCables(site.ports.runner, site.lab, site.node, [segment], 'down');
      await sleep(holdMs, signal);
      return { atMs };
    },
    async heal() {
      await setCables(site.ports.runner, site.lab, site.node, [segment], 'up');
    },
  });

/** Waited for like any takeover, and no longer: the cable looks alive, so the node has to find out by trying. */
export const deadPath =
  (segment: 'back' | 'front') =>
  (site: Site): Fault => {
    const forward = (forwards: boolean): Promise<string> =>
      setForwarding(site.ports.runner, site.lab, site.node, segment, forwards);
    return {
      async inject(signal) {
        await sleep(stayedMs, signal);
        const atMs = site.ports.clock.nowMs();
        await forward(false);
        return { atMs };
      },
      heal: async () => {
        await forward(true);
      },
    };
  };

/** The switch loses frames for so long; 0: until it is healed. */
const lossy =
  (lossesOf: (site: Site) => readonly Loss[], forMs: number) =>
  (site: Site): Fault => {
    const { ports, lab } = site;
    return {
      async inject(signal) {
        const losses = lossesOf(site);
        const atMs = ports.clock.nowMs();
        await setLosses(ports.runner, lab, losses);
        await sleep(forMs, signal);
        if (forMs > 0) await setLosses(ports.runner, lab, []);
        return { atMs };
      },
      heal: () => setLosses(ports.runner, lab, []),
    };
  };

export const oneWay = lossy(
  ({ node }) => segmentNames.map((segment) => ({ host: node, segment, way: 'in', match: '' })),
  holdMs,
);

export const halfSync = lossy(({ node }) => [{ host: node, segment: 'sync', way: 'in', match: '' }], holdMs);

export const packetLoss = lossy(
  ({ node, seed }) =>
    segmentNames.flatMap((segment, index) =>
      (['in', 'out'] as const).map((way, side) => ({
        host: node,
        segment,
        way,
        match: lossPattern(lossPercent, seed + 2 * index + side),
      })),
    ),
  lossMs,
);

/** Of what everybody is sent, the node's own and answers to it among it. */
export const duplicates = lossy(
  ({ owner, seed }) =>
    hostsOf(owner.nodes.length).flatMap(({ name, links }, index) =>
      links.map(({ segment }) => ({
        host: name,
        segment,
        way: 'out' as const,
        match: lossPattern(twicePercent, seed + index),
        twice: true,
      })),
    ),
  lossMs,
);

export const delayed = ({ ports, lab, node }: Site): Fault => ({
  async inject(signal) {
    const atMs = ports.clock.nowMs();
    await setDelay(ports.runner, lab, node, delay);
    await sleep(lossMs, signal);
    return { atMs };
  },
  heal: () => setDelay(ports.runner, lab, node, undefined),
});

const macsOf = (node: NodeName): string =>
  hostByName(node)!
    .links.map(({ mac }) => mac)
    .join(', ');

/** Frames between the two are lost, broadcasts of one to the other among them. */
export const partialMesh = lossy(({ node, owner }) => {
  const other = owner.nodes.find((each) => each !== node)!;
  return segmentNames.flatMap((segment) => [
    { host: node, segment, way: 'out', match: `ether saddr { ${macsOf(other)} }` } as const,
    { host: other, segment, way: 'out', match: `ether saddr { ${macsOf(node)} }` } as const,
  ]);
}, holdMs);

export const partition = (site: Site): Fault => {
  const forward = async (forwards: boolean): Promise<void> => {
    for (const segment of segmentNames)
      await setForwarding(site.ports.runner, site.lab, site.node, segment, forwards);
  };
  return {
    async inject() {
      const atMs = site.ports.clock.nowMs();
      await forward(false);
      return { atMs };
    },
    heal: () => forward(true),
  };
};

export const frontFlap = (site: Site): Fault => {
  const set = (state: 'up' | 'down'): Promise<string> =>
    setCables(site.ports.runner, site.lab, site.node, ['front'], state);
  return {
    async inject(signal) {
      const atMs = site.ports.clock.nowMs();
      for (let flap = 0; flap < flaps && !signal.aborted; flap += 1) {
        await set('down');
        await sleep(flapMs, signal);
        await set('up');
        await sleep(flapMs, signal);
      }
      return { atMs };
    },
    async heal() {
      await set('up');
    },
  };
};

export const switchForgets = (site: Site): Fault => ({
  async inject(signal) {
    const atMs = site.ports.clock.nowMs();
    for (let count = 0; count < forgets && !signal.aborted; count += 1) {
      await forgetMacs(site.ports.runner, site.lab);
      await sleep(holdMs / forgets, signal);
    }
    return { atMs };
  },
  heal: async () => undefined,
});
