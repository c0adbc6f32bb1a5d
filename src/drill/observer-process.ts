/** Process: asks by ARP for every floating address, all the time, and records who answers each request. */

import { floating, hostByName } from '../lab/topology.js';
import type { Ipv4 } from '../model/address.js';
import { ETH_P_ARP } from '../netlink/arp.js';
import { createFrameSocket } from '../shell/frames.js';
import { arpAnswer, arpQuestion } from './arp-question.js';
import type { ArpRequest } from './history.js';
import { startPace } from './pace.js';
import { nowMs, onCommands, say, sayLast } from './probe-pipe-process.js';

const intervalMs = Number(process.argv[2] ?? 2);

type Recorded = { address: string; sentMs: number; answers: { mac: string; atMs: number }[] };

const observe = (target: Ipv4, device: string) => {
  const link = hostByName('observer')!.links.find((each) => each.device === device)!;
  const own = link.address.split('/')[0] as Ipv4;
  const requests: Recorded[] = [];
  const frames = createFrameSocket(device, ETH_P_ARP);
  frames.onFrame((frame) => {
    const answer = arpAnswer(frame);
    if (answer?.address !== target) return;
    requests[answer.request]?.answers.push({ mac: answer.mac, atMs: nowMs() });
  });
  const pace = startPace(intervalMs, nowMs, () => {
    const index = requests.length;
    requests.push({ address: target, sentMs: nowMs(), answers: [] });
    frames.send(arpQuestion(index, link.mac, own, target));
  });
  return {
    stop: pace.stop,
    finish: (): readonly ArpRequest[] => {
      frames.close();
      return requests;
    },
  };
};

const observations = Object.values(floating).map(({ address, device }) => observe(address as Ipv4, device));
say({ kind: 'ready' });

onCommands((command) => {
  if (command !== 'stop') return;
  for (const each of observations) each.stop();
  // On a busy machine the last answers wait to be read.
  setTimeout(() => {
    sayLast({ kind: 'arp', requests: observations.flatMap((each) => each.finish()) });
  }, 500);
});
