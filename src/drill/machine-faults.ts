/** Faults that come from other programs: they take the processor, the disk, the rules, or the service's attention. */

import { emptyDisk, fillDisk } from '../lab/disk.js';
import { servicePorts } from '../lab/services.js';
import { floating, namespaceOf } from '../lab/topology.js';
import { sleep } from '../shell/clock.js';
import { type LineProcess, startLines } from '../shell/lines.js';
import { builtProgram, nodeProgram } from '../shell/programs.js';
import { runOrThrow } from '../shell/runner.js';
import type { Fault, Site } from './fault-site.js';

const holdMs = 3_000;
const fullMs = 5_000;
const flood = { perSecond: 2_000, ms: 4_000 } as const;
/** The flood is under way by then. */
const beforeMoveMs = 1_000;

export const rulesetFlush = (site: Site): Fault => ({
  async inject(signal) {
    const atMs = site.ports.clock.nowMs();
    const flush = ['netns', 'exec', namespaceOf(site.lab, site.node), 'nft', 'flush', 'ruleset'];
    await runOrThrow(site.ports.runner, 'ip', flush);
    await sleep(holdMs, signal);
    return { atMs };
  },
  heal: async () => undefined,
});

export const diskFull = ({ ports, lab, node }: Site): Fault => ({
  async inject(signal) {
    const atMs = ports.clock.nowMs();
    await fillDisk(ports, lab, node);
    await sleep(fullMs, signal);
    return { atMs };
  },
  heal: () => emptyDisk(ports.files, lab, node),
});

/** Programs that end when they are healed, or with this process. */
const endAll = async (programs: LineProcess[]): Promise<void> => {
  const ending = programs.splice(0);
  for (const one of ending) one.kill();
  await Promise.all(ending.map((one) => one.ended));
};

export const synFlood = (site: Site): Fault => {
  const running: LineProcess[] = [];
  return {
    async inject(signal) {
      const atMs = site.ports.clock.nowMs();
      const sender = [nodeProgram, builtProgram('drill/flood-process.js')];
      const target = [floating.front.address, servicePorts.limited, flood.perSecond, flood.ms].map(String);
      const words = ['netns', 'exec', namespaceOf(site.lab, 'client'), ...sender, ...target];
      const sending = startLines('/usr/sbin/ip', words, () => undefined);
      running.push(sending);
      await sleep(beforeMoveMs, signal);
      await site.owner.handover(site.node, site.to);
      await Promise.race([sending.ended, sleep(flood.ms, signal)]);
      return { atMs };
    },
    heal: () => endAll(running),
  };
};

export const idle = (site: Site): Fault => {
  const busy: LineProcess[] = [];
  return {
    async inject(signal) {
      const atMs = site.ports.clock.nowMs();
      for (let count = 0; count < site.load; count++) {
        busy.push(startLines(nodeProgram, [builtProgram('drill/load-process.js')], () => {}));
      }
      await sleep(site.idleMs, signal);
      return { atMs };
    },
    heal: () => endAll(busy),
  };
};
