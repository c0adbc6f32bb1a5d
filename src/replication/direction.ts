/** Which way entries go between this node and its peers (`replication.direction` in node.yaml). */

import type { Direction } from '../model/node.js';

const numbers: Readonly<Record<Direction, number>> = { both: 0, send: 1, receive: 2 };

/** As a hello says it; what a newer peer may say besides counts as both. */
export const directionOf = (number: number | undefined): Direction =>
  number === numbers.send ? 'send' : number === numbers.receive ? 'receive' : 'both';

/** Nothing for both: so older recordings of a hello stay what they are. */
export const directionNumber = (direction: Direction = 'both'): { readonly direction?: number } =>
  direction === 'both' ? {} : { direction: numbers[direction] };

export const sendsEntries = (direction: Direction): boolean => direction !== 'receive';
export const takesEntries = (direction: Direction): boolean => direction !== 'send';
