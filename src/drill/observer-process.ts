/** Process: asks by ARP for every floating address, all the time, and records who answers each request. */

import { floating, hostByName } from '../lab/topology.js';
import type { Ipv4 } from '../model/address.js';
import { arpRequest, ETH_P_ARP } from '../netlink/arp.js';
import { createFrameSocket } from '../shell/frames.js';
import { arpAnswer, latestRequestOf, observerSenders } from './arp-question.js';
import type { ArpRequest } from './history.js';
import { startPace } from './pace.js';
import { nowMs, onCommands, say, sayLast } from './probe-pipe-process.js';

const intervalMs = Number(process.argv[2] ?? 2);

type Recorded = { address: string; sentMs: number; answers: { mac: string; atMs: number }[] };

const observe = (target: Ipv4, device: string) => {
  const link = hostByName('observer')!.links.find((each) => each.device === device)!;
  const senders = observerSenders(link.address.split('/')[0]!);
  const requests: Recorded[] = [];
  const frames = createFrameSocket(device, ETH_P_ARP);
  frames.onFrame((frame) => {
    const answer = arpAnswer(frame);
    if (!answer || answer.address !== target) return;
    const sender = senders.indexOf(answer.askedBy);
    if (sender < 0) return;
    const index = latestRequestOf(sender, senders.length, requests.length);
    if (index === undefined) return;
    requests[index]?.answers.push({ mac: answer.mac, atMs: nowMs() });
  });
  const pace = startPace(intervalMs, nowMs, () => {
    const sender = senders[requests.length % senders.length]!;
    requests.push({ address: target, sentMs: nowMs(), answers: [] });
    frames.send(arpRequest(link.mac, sender, target));
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
  setTimeout(() => {
    sayLast({ kind: 'arp', requests: observations.flatMap((each) => each.finish()) });
  }, 100);
});
