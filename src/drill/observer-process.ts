/** Process: asks for every floating address, by ARP or neighbour solicitation, all the time, and records who answers each request. */

import type { Ipv4, Ipv6 } from '../model/address.js';
import { ETH_P_ARP } from '../netlink/arp.js';
import { ETH_P_IPV6 } from '../netlink/nd.js';
import { createFrameSocket } from '../shell/frames.js';
import { arpAnswer, arpQuestion, ndAnswer, ndQuestion } from './arp-question.js';
import type { ArpRequest } from './history.js';
import { startPace } from './pace.js';
import { nowMs, onCommands, say, sayLast, targetsGiven } from './probe-pipe-process.js';
import type { Observed } from './probe-targets.js';

const intervalMs = Number(process.argv[3] ?? 2);

type Recorded = { address: string; sentMs: number; answers: { mac: string; atMs: number }[] };

const observe = ({ address, device, own, mac }: Observed) => {
  const six = address.includes(':');
  const requests: Recorded[] = [];
  const frames = createFrameSocket(device, six ? ETH_P_IPV6 : ETH_P_ARP);
  frames.onFrame((frame) => {
    const answer = six ? ndAnswer(frame) : arpAnswer(frame);
    if (answer?.address !== address) return;
    requests[answer.request]?.answers.push({ mac: answer.mac, atMs: nowMs() });
  });
  const pace = startPace(intervalMs, nowMs, () => {
    const index = requests.length;
    requests.push({ address, sentMs: nowMs(), answers: [] });
    frames.send(
      six
        ? ndQuestion(index, mac, own as Ipv6, address as Ipv6)
        : arpQuestion(index, mac, own as Ipv4, address as Ipv4),
    );
  });
  return {
    stop: pace.stop,
    finish: (): readonly ArpRequest[] => {
      frames.close();
      return requests;
    },
  };
};

const observations = targetsGiven().observe.map(observe);
say({ kind: 'ready' });

onCommands((command) => {
  if (command !== 'stop') return;
  for (const each of observations) each.stop();
  // On a busy machine the last answers wait to be read.
  setTimeout(() => {
    sayLast({ kind: 'arp', requests: observations.flatMap((each) => each.finish()) });
  }, 500);
});
