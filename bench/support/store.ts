/** Figures on disk: bench/results/<name>-<date>.json, with what machine they are of. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { describeMachine } from '../../src/shell/machine.js';

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;

/** Returns the path written. */
export const store = (name: string, result: object): string => {
  const createdAt = new Date().toISOString();
  const path = `bench/results/${name}-${createdAt.slice(0, 10)}.json`;
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(
    path,
    `${JSON.stringify({ bench: name, createdAt, machine: describeMachine(), ...result }, rounded, 2)}\n`,
  );
  return path;
};
