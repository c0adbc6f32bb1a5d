/** What this process knows of itself and of chance: memory, wall-clock time for people, randomness. */

import type { Random } from '../ports.js';

export const memoryBytes = (): number => process.memoryUsage.rss();

/** ISO 8601. Nothing decides by it. */
export const wallTime = (): string => new Date().toISOString();

export const systemRandom: Random = { next: () => Math.random() };
