/**
 * Can this node answer on the side where clients are? It asks routers and neighbours there, by ARP or Neighbour Discovery, for their own
 * addresses: whoever says anything has heard the question, and its word has come through every switch between. A cable with carrier proves
 * neither. Other nodes of the cluster are not asked: when they are silent nobody can tell whose side is broken.
 */

import type { HealthReason } from '../election/health.js';
import type { Ip } from '../model/address.js';
import type { FloatingAddress, NodeConfig } from '../model/node.js';
import { covers } from '../netlink/rtnetlink.js';
import type { Clock } from '../ports.js';
import { mostTargets, runSelfProbe, unreachedWeight } from './self-probe.js';

export interface NearTarget {
  readonly interface: string;
  readonly address: Ip;
  readonly isRouter: boolean;
}

export interface FrontProbePorts {
  readonly clock: Clock;
  /** Whether a frame of the target's own comes in; settles within `ms`, false also where nothing can be sent. */
  asks(target: NearTarget, ms: number): Promise<boolean>;
  routersOf(interfaceName: string): readonly Ip[];
  neighboursOf(interfaceName: string): Promise<readonly Ip[]>;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  say(reasons: readonly HealthReason[]): void;
}

/** Silence counts only of those who have answered within this time: machines go away without a word. */
const trustMs = 90_000;
/** One neighbour may be switched off; two at once are rather this node's cable. A router is there to stay. */
const leastWitnesses = 2;

/** Behind the interface, in the network of one of its floating addresses; routers first. */
const targetsOn = async (
  device: string,
  floating: readonly FloatingAddress[],
  isOurs: (address: Ip) => boolean,
  ports: Pick<FrontProbePorts, 'routersOf' | 'neighboursOf'>,
): Promise<NearTarget[]> => {
  const routers = new Set(ports.routersOf(device));
  const all = [...new Set([...routers, ...(await ports.neighboursOf(device))])];
  return all
    .map((address) => ({ interface: device, address, isRouter: routers.has(address) }))
    .filter(
      ({ address, isRouter }) =>
        !isOurs(address) && (isRouter || floating.some((one) => covers(one, address))),
    )
    .slice(0, mostTargets);
};

const reasonOf = (targets: readonly NearTarget[]): HealthReason => ({
  text: `none of ${targets.length} neighbours answers on ${targets[0]!.interface} any more (${targets[0]!.address} and others asked): look at this node's way to clients`,
  weight: unreachedWeight,
});

/** One interface: `targets` are those that there are now. */
const runOn = (
  targets: () => Promise<NearTarget[]>,
  ports: Pick<FrontProbePorts, 'clock' | 'asks' | 'sleep' | 'say'>,
  signal: AbortSignal,
): Promise<void> => {
  const { clock, sleep } = ports;
  const answeredMs = new Map<Ip, number>();
  let isLost = false;
  let last: readonly NearTarget[] = [];
  /** Who can tell that nobody answers any more. */
  const witnesses = (): readonly NearTarget[] => {
    const sinceMs = clock.nowMs() - trustMs;
    const recent = last.filter(
      ({ address }) => (answeredMs.get(address) ?? Number.NEGATIVE_INFINITY) >= sinceMs,
    );
    return recent.length >= leastWitnesses || recent.some(({ isRouter }) => isRouter) ? recent : [];
  };
  return runSelfProbe(
    {
      sleep,
      async reaches(target: NearTarget, ms) {
        const isThere = await ports.asks(target, ms);
        if (isThere) answeredMs.set(target.address, clock.nowMs());
        return isThere;
      },
      async targets() {
        // While nobody answers the kernel forgets them: those from before are asked until one does.
        if (!isLost) {
          last = await targets();
          const known = new Set(last.map(({ address }) => address));
          for (const address of answeredMs.keys()) if (!known.has(address)) answeredMs.delete(address);
        }
        return last;
      },
      reasonsOf() {
        const heard = witnesses();
        return heard.length > 0 ? [reasonOf(heard)] : [];
      },
      say(reasons) {
        if (isLost || reasons.length > 0) ports.say(reasons);
        isLost = reasons.length > 0;
      },
    },
    signal,
  );
};

/** Each interface with floating addresses on its own. Runs until the signal aborts. */
export const runFrontProbe = async (
  { groups, nodes }: Pick<NodeConfig, 'groups' | 'nodes'>,
  ports: FrontProbePorts,
  signal: AbortSignal,
): Promise<void> => {
  const floating = groups.flatMap(({ addresses }) => addresses);
  const ours = new Set<Ip>([
    ...floating.map(({ address }) => address),
    ...nodes.flatMap(({ heartbeat, sync }) => [...heartbeat, sync].map(({ address }) => address)),
  ]);
  const said = new Map<string, readonly HealthReason[]>();
  await Promise.all(
    [...new Set(floating.map(({ interface: device }) => device))].map((device) => {
      const here = floating.filter((one) => one.interface === device);
      const targets = () => targetsOn(device, here, (address) => ours.has(address), ports);
      const say = (reasons: readonly HealthReason[]): void => {
        said.set(device, reasons);
        ports.say([...said.values()].flat());
      };
      return runOn(targets, { ...ports, say }, signal);
    }),
  );
};
