/** Witness `ping`: asks the gateway by ARP, from the interface of the first floating address, whether it is there. */

import type { NodeConfig } from '../model/node.js';
import { arpProbe, ETH_P_ARP, parseArp } from '../netlink/arp.js';
import type { FrameSocket, LinkState } from '../ports.js';
import type { GuardLoopPorts } from './guard-ports.js';

/** Undefined unless the witness is one to be pinged; otherwise the function that ends the watch. */
export const watchGateway = (
  ports: GuardLoopPorts,
  config: NodeConfig,
  links: ReadonlyMap<string, LinkState>,
  onAnswer: (untilMs: number) => void,
): (() => void) | undefined => {
  const { witness, timing } = config;
  const name = config.groups[0]?.addresses[0]?.interface;
  if (witness.kind !== 'ping' || name === undefined) return undefined;
  let socket: FrameSocket | undefined;
  let cancel: (() => void) | undefined;
  const ask = (): void => {
    cancel = ports.timers.after(timing.heartbeatMs, ask);
    const link = links.get(name);
    if (!link?.usable) return;
    try {
      if (!socket) {
        socket = ports.frames(name, ETH_P_ARP);
        socket.onFrame((frame) => {
          const packet = parseArp(frame);
          if (packet?.operation !== 'reply' || packet.senderAddress !== witness.address) return;
          onAnswer(ports.clock.nowMs() + timing.deadMs);
        });
      }
      socket.send(arpProbe(link.mac, witness.address));
    } catch {
      // No answer comes: the gateway counts as not reachable, which is what there is to say.
      socket?.close();
      socket = undefined;
    }
  };
  ask();
  return () => {
    cancel?.();
    socket?.close();
  };
};
