/**
 * Whether the neighbours on one interface have the owner's MAC address for its floating addresses, by what is heard there: a neighbour that
 * answers a question *from* the floating address to this node's MAC has taken it over (RFC 826: who is asked learns the asker). And
 * whether somebody else answers for an address that this node owns (RFC 5227 section 2.4).
 */

import type { ArpPacket } from '../netlink/arp.js';

/** Neighbours that are asked after a takeover, those heard last; how often, and for how long. */
export const healBounds = {
  neighbours: 32,
  asks: 64,
  everyMs: 1_000,
  tries: 30,
  forgetMs: 3_600_000,
} as const;
/** What the owner before said last may still be on its way. */
const settleMs = 1_000;
/** A conflict counts for so long after it was heard. */
export const conflictMs = 30_000;

interface Pending {
  readonly neighbour: string;
  readonly address: string;
  tries: number;
}

export interface Heal {
  /** MAC addresses of neighbours by address, the last heard at the end. */
  readonly neighbours: Map<string, { readonly mac: string; readonly atMs: number }>;
  pending: Pending[];
  readonly owned: Map<string, number>;
  readonly conflicts: Map<string, { readonly mac: string; readonly atMs: number }>;
  startedMs: number;
}

export const createHeal = (): Heal => ({
  neighbours: new Map(),
  pending: [],
  owned: new Map(),
  conflicts: new Map(),
  startedMs: 0,
});

/** This node owns these addresses from now on. */
export const ownAddresses = (heal: Heal, addresses: readonly string[], nowMs: number): void => {
  heal.startedMs = nowMs;
  for (const address of addresses) heal.owned.set(address, nowMs);
  const heard = [...heal.neighbours].filter(([, { atMs }]) => nowMs - atMs < healBounds.forgetMs);
  for (const [neighbour] of heard.slice(-healBounds.neighbours)) {
    for (const address of addresses) heal.pending.push({ neighbour, address, tries: 0 });
  }
};

export const loseAddresses = (heal: Heal, addresses: readonly string[]): void => {
  for (const address of addresses) {
    heal.owned.delete(address);
    heal.conflicts.delete(address);
  }
  heal.pending = heal.pending.filter(({ address }) => heal.owned.has(address));
};

/** One frame heard; `conflict`: somebody else has just answered for an address of this node. */
export const hearArp = (
  heal: Heal,
  packet: ArpPacket,
  own: { readonly mac: string; readonly floating: ReadonlySet<string> },
  nowMs: number,
): { readonly conflict: string | undefined; readonly healed: boolean } => {
  const { senderAddress, senderMac, targetAddress, targetMac } = packet;
  const nothing = { conflict: undefined, healed: false };
  if (senderMac === own.mac) return nothing;
  if (own.floating.has(senderAddress)) {
    const sinceMs = heal.owned.get(senderAddress);
    if (sinceMs === undefined || nowMs < sinceMs + settleMs) return nothing;
    const isNew = !heal.conflicts.has(senderAddress);
    heal.conflicts.set(senderAddress, { mac: senderMac, atMs: nowMs });
    return { conflict: isNew ? `${senderMac} answers for ${senderAddress}, too` : undefined, healed: false };
  }
  // A probe (RFC 5227) comes from nowhere.
  if (senderAddress === '0.0.0.0') return nothing;
  heal.neighbours.delete(senderAddress);
  heal.neighbours.set(senderAddress, { mac: senderMac, atMs: nowMs });
  if (heal.neighbours.size > 4 * healBounds.neighbours) {
    heal.neighbours.delete(heal.neighbours.keys().next().value!);
  }
  if (packet.operation !== 'reply' || targetMac !== own.mac) return nothing;
  const before = heal.pending.length;
  heal.pending = heal.pending.filter(
    (one) => one.neighbour !== senderAddress || one.address !== targetAddress,
  );
  return { conflict: undefined, healed: before > 0 && heal.pending.length === 0 };
};

/** Who must be asked now, and from which address; those asked often enough are given up. */
export const askAgain = (
  heal: Heal,
): {
  readonly asks: readonly { readonly mac: string; readonly neighbour: string; readonly from: string }[];
} => {
  heal.pending = heal.pending.filter(({ tries }) => tries < healBounds.tries);
  return {
    asks: heal.pending.slice(0, healBounds.asks).map((one) => {
      one.tries += 1;
      return { mac: heal.neighbours.get(one.neighbour)!.mac, neighbour: one.neighbour, from: one.address };
    }),
  };
};

/** In words, for as long as they count. */
export const conflictTexts = (heal: Heal, link: string, nowMs: number): string[] => {
  const texts: string[] = [];
  for (const [address, { mac, atMs }] of heal.conflicts) {
    if (nowMs >= atMs + conflictMs) heal.conflicts.delete(address);
    else texts.push(`${mac} answers for ${address} on ${link}, too: take the address from that machine`);
  }
  return texts;
};
