/** Process: asks by ARP for every floating address, all the time, and records who answers each request. */

import { floating, hostByName } from '../lab/topology.js';
import { createFrameSocket } from '../shell/observer-frames.js';
import { arpAnswer, arpQuestion, observerSenders } from './arp-question.js';
import type { ArpRequest } from './history.js';
import { startPace } from './pace.js';
import { nowMs, onCommands, say, sayLast } from './probe-pipe-process.js';

const intervalMs = Number(process.argv[2] ?? 2);
const arpEtherType = 0x0806;

type Recorded = { address: string; sentMs: number; answers: { mac: string; atMs: number }[] };

/** Requests take turns over a few sender addresses, and an answer goes to the one that asked: so it is told whose answer it is. */
const observe = (target: string, device: string) => {
  const link = hostByName('observer')!.links.find((each) => each.device === device)!;
  const senders = observerSenders(link.address.split('/')[0]!);
  const requests: Recorded[] = [];
  const frames = createFrameSocket(device, arpEtherType);
  frames.onFrame((frame) => {
    const answer = arpAnswer(frame);
    if (!answer || answer.address !== target) return;
    const sender = senders.indexOf(answer.askedBy);
    if (sender < 0) return;
    const last = requests.length - 1;
    const back = (last - sender) % senders.length;
    const index = last - (back < 0 ? back + senders.length : back);
    requests[index]?.answers.push({ mac: answer.mac, atMs: nowMs() });
  });
  const pace = startPace(intervalMs, nowMs, () => {
    const sender = senders[requests.length % senders.length]!;
    requests.push({ address: target, sentMs: nowMs(), answers: [] });
    frames.send(arpQuestion(link.mac, sender, target));
  });
  return {
    stop: pace.stop,
    finish: (): readonly ArpRequest[] => {
      frames.close();
      return requests;
    },
  };
};

const observations = Object.values(floating).map(({ address, device }) => observe(address, device));
say({ kind: 'ready' });

onCommands((command) => {
  if (command !== 'stop') return;
  for (const each of observations) each.stop();
  setTimeout(() => {
    sayLast({ kind: 'arp', requests: observations.flatMap((each) => each.finish()) });
  }, 100);
});
