/** The highest epochs this node has known, kept on disk so that they grow even if every node restarts. */

import { z } from 'zod';
import type { Files } from '../ports.js';

const shape = z.record(z.string(), z.number().int().nonnegative());

export interface EpochStore {
  load(): Promise<Readonly<Record<string, number>>>;
  save(epochs: Readonly<Record<string, number>>): Promise<void>;
}

/** What cannot be read counts as nothing known: epochs then grow from what peers and witness say. */
export const createEpochStore = (files: Files, folder: string): EpochStore => {
  const path = `${folder}/epochs.json`;
  let writing: Promise<void> = Promise.resolve();
  return {
    async load() {
      const text = await files.read(path);
      if (text === undefined) return {};
      try {
        return shape.parse(JSON.parse(text));
      } catch {
        return {};
      }
    },
    save(epochs) {
      const next = writing.then(() => files.writeAtomic(path, `${JSON.stringify(epochs)}\n`));
      writing = next.catch(() => undefined);
      return next;
    },
  };
};
