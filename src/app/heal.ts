/**
 * After a takeover, and when a partition has healed: the owner announces its addresses until the neighbours that it knows have them. It asks
 * each of them by ARP or Neighbour Discovery with the address as its own: whoever answers has seen the question, has the address with the right MAC
 * now (RFC 826; RFC 4861 section 7.2.3), and its answer has found the way back through every switch between. Beside the guard's own
 * announcements, which come first and wait for nobody.
 */

import { errorFrom } from '../errors.js';
import { limits } from '../limits.js';
import { type Ip, isIpv6 } from '../model/address.js';
import type { FloatingAddress } from '../model/node.js';
import { arpRequest, ETH_P_ARP, parseArp } from '../netlink/arp.js';
import { ETH_P_IPV6, parseAdvertisement, solicitation } from '../netlink/nd.js';
import { answerFilter, type FilterStep } from '../netlink/neighbour-filter.js';
import { covers } from '../netlink/rtnetlink.js';
import type { Clock, FrameSocket, Log, Timers } from '../ports.js';

export interface HealPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  frames(interfaceName: string, etherType: number, filter: readonly FilterStep[]): FrameSocket;
  macOf(interfaceName: string): string | undefined;
  routersOf(interfaceName: string): readonly Ip[];
  /** Known ones, behind this interface. */
  neighboursOf(interfaceName: string): Promise<readonly Ip[]>;
  announce(addresses: readonly FloatingAddress[]): void;
  record(kind: 'announced' | 'announced-in-part', message: string): void;
}

/** From one round to the next; then it is over. Bounded, for a neighbour may be gone for good. */
const pausesMs = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800];

interface Question {
  readonly from: FloatingAddress;
  readonly to: Ip;
  readonly isRouter: boolean;
}

const keyOf = (from: Ip, to: Ip): string => `${from} ${to}`;

/** Who asked, and who answers, of a frame that the filter let through. */
const answerOf = (frame: Uint8Array): { readonly from: Ip; readonly to: Ip } | undefined => {
  const arp = parseArp(frame);
  if (arp) return { from: arp.targetAddress, to: arp.senderAddress };
  const nd = parseAdvertisement(frame);
  return nd && { from: nd.destination, to: nd.target };
};

export interface Heal {
  /** Begins anew where it is going on already. */
  begin(group: string, addresses: readonly FloatingAddress[]): void;
  end(group: string): void;
}

export const createHeal = (ports: HealPorts): Heal => {
  const { clock, timers, log } = ports;
  const running = new Map<string, () => void>();

  const questionsOf = async (addresses: readonly FloatingAddress[]): Promise<Question[]> => {
    const own = new Set<Ip>(addresses.map(({ address }) => address));
    const neighbours = new Map<string, Promise<readonly Ip[]>>();
    const questions: Question[] = [];
    for (const from of addresses) {
      const isSix = isIpv6(from.address);
      const routers = new Set(ports.routersOf(from.interface));
      const known = neighbours.get(from.interface) ?? ports.neighboursOf(from.interface);
      neighbours.set(from.interface, known);
      for (const to of new Set([...routers, ...(await known)])) {
        if (questions.length >= limits.healQuestions) return questions;
        const isNear = covers(from, to) || (isSix && to.startsWith('fe80:'));
        if (isNear && !own.has(to)) questions.push({ from, to, isRouter: routers.has(to) });
      }
    }
    return questions;
  };

  const begin = (group: string, addresses: readonly FloatingAddress[]): void => {
    running.get(group)?.();
    const startedMs = clock.nowMs();
    const sockets = new Map<string, FrameSocket>();
    let open = new Map<string, Question>();
    let asked = 0;
    let cancel: (() => void) | undefined;
    let ended = false;

    const end = (): void => {
      ended = true;
      cancel?.();
      for (const socket of sockets.values()) socket.close();
      if (running.get(group) === end) running.delete(group);
    };
    const tell = (): void => {
      const all = `of ${asked} neighbours know where the addresses are`;
      if (open.size === 0) {
        const tookMs = Math.round(clock.nowMs() - startedMs);
        ports.record('announced', `${group}: ${asked} ${all}, after ${tookMs} ms`);
        return;
      }
      const silent = [...open.values()].sort((a, b) => Number(b.isRouter) - Number(a.isRouter));
      const [first] = silent;
      const message = `${group}: ${asked - open.size} ${all}; no answer from ${first!.isRouter ? 'router ' : ''}${first!.to} on ${first!.from.interface}${silent.length > 1 ? ' and others' : ''}`;
      ports.record('announced-in-part', message);
    };
    const hear = (frame: Uint8Array): void => {
      const answer = answerOf(frame);
      if (!answer || ended || !open.delete(keyOf(answer.from, answer.to)) || open.size > 0) return;
      tell();
      end();
    };
    const socketFor = ({ interface: device, address }: FloatingAddress): FrameSocket => {
      const isSix = isIpv6(address);
      const key = `${device} ${isSix}`;
      const known = sockets.get(key);
      if (known) return known;
      const own = addresses.filter((one) => one.interface === device && isIpv6(one.address) === isSix);
      const filter = answerFilter(own.map((one) => one.address));
      const fresh = ports.frames(device, isSix ? ETH_P_IPV6 : ETH_P_ARP, filter);
      sockets.set(key, fresh);
      fresh.onFrame(hear);
      return fresh;
    };
    const ask = ({ from, to }: Question): void => {
      const mac = ports.macOf(from.interface);
      if (mac === undefined) return;
      const frame =
        isIpv6(from.address) && isIpv6(to)
          ? solicitation(mac, from.address, to)
          : !isIpv6(from.address) && !isIpv6(to)
            ? arpRequest(mac, from.address, to)
            : undefined;
      if (frame) socketFor(from).send(frame);
    };
    const round = (number: number): void => {
      const silent = new Set([...open.values()].map(({ from }) => from));
      if (number > 0) ports.announce([...silent]);
      for (const question of [...open.values()]) {
        try {
          ask(question);
        } catch (thrown) {
          // An interface that is down, or an address that is not held any more: the end follows, or the next round.
          log.debug({ group, error: errorFrom(thrown).message }, 'a neighbour could not be asked');
        }
      }
      const pauseMs = pausesMs[number];
      if (ended) return;
      if (pauseMs !== undefined) cancel = timers.after(pauseMs, () => round(number + 1));
      else {
        tell();
        end();
      }
    };
    running.set(group, end);
    questionsOf(addresses)
      .then((questions) => {
        if (ended) return;
        open = new Map(questions.map((one) => [keyOf(one.from.address, one.to), one]));
        asked = open.size;
        if (asked === 0) end();
        else round(0);
      })
      .catch((thrown) => {
        log.warn(
          { group, error: errorFrom(thrown).message },
          'neighbours are not known: announced, not verified',
        );
        end();
      });
  };

  return {
    begin,
    end: (group) => running.get(group)?.(),
  };
};
