/** Wall-clock time for people, and chance. */

import type { Random } from '../ports.js';

/** ISO 8601. Nothing decides by it. */
export const wallTime = (): string => new Date().toISOString();

/** Milliseconds since 1970. Nothing decides by it. */
export const wallMs = (): number => Date.now();

export const systemRandom: Random = { next: () => Math.random() };
