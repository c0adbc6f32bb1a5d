/**
 * Kinds of service: what rules have to tell apart. A kind is a number (the data of map `services`), a chain name, and a chain; each
 * follows from the kind alone, so nodes agree on them and a restarted agent can read them back.
 */

import type { HashField } from '../model/service.js';

export type KindScheduler = 'random' | 'hash' | 'rr';

export interface Kind {
  readonly scheduler: KindScheduler;
  readonly modulus: number;
  readonly persistent: boolean;
  /** hash only: what is hashed, in order. */
  readonly fields: readonly HashField[];
  /** rr only: which counter of the bank, because `numgen inc` counts per rule. */
  readonly bank: number;
}

export type KindNumber = number;

const schedulers: readonly KindScheduler[] = ['random', 'hash', 'rr'];
const hashFields: readonly HashField[] = ['srcip', 'dstip', 'srcport', 'dstport'];

/** The 64 ordered choices of one to four of the four fields. */
const fieldOrders: readonly (readonly HashField[])[] = (() => {
  const orders: HashField[][] = [];
  const extend = (start: readonly HashField[]): void => {
    for (const field of hashFields) {
      if (start.includes(field)) continue;
      const next = [...start, field];
      orders.push(next);
      extend(next);
    }
  };
  extend([]);
  return orders;
})();
const orderNumber = new Map(fieldOrders.map((fields, index) => [fields.join(), index]));

/** Printed by nft as `major:minor` in hexadecimal: minor is M, major the rest. Never 0, which nft prints as `none`. */
export const kindNumber = ({ scheduler, modulus, persistent, fields, bank }: Kind): KindNumber => {
  const detail = scheduler === 'hash' ? (orderNumber.get(fields.join()) ?? 0) : scheduler === 'rr' ? bank : 0;
  const major = (schedulers.indexOf(scheduler) << 7) | (persistent ? 1 << 6 : 0) | detail;
  return ((major << 16) | modulus) >>> 0;
};

/** Undefined for a number that no kind has. */
export const kindOf = (number: KindNumber): Kind | undefined => {
  const major = number >>> 16;
  const modulus = number & 0xffff;
  const scheduler = schedulers[major >> 7];
  if (!scheduler || modulus === 0) return undefined;
  const detail = major & 0x3f;
  if (scheduler === 'random' && detail !== 0) return undefined;
  return {
    scheduler,
    modulus,
    persistent: (major & (1 << 6)) !== 0,
    fields: scheduler === 'hash' ? fieldOrders[detail]! : [],
    bank: scheduler === 'rr' ? detail : 0,
  };
};

/** `pick_random_m4`, `pick_hash_srcip_srcport_m64_persist`, `pick_rr07_m3`. */
export const kindChainName = ({ scheduler, modulus, persistent, fields, bank }: Kind): string => {
  const what =
    scheduler === 'rr'
      ? `rr${String(bank).padStart(2, '0')}`
      : scheduler === 'hash'
        ? `hash_${fields.join('_')}`
        : scheduler;
  return `pick_${what}_m${modulus}${persistent ? '_persist' : ''}`;
};

/** Chains that belong to kinds, whoever made them: what adoption may remove when no service uses them. */
export const isKindChain = (name: string): boolean => name.startsWith('pick_');
