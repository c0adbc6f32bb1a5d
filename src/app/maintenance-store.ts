/** Maintenance of this node, kept in the state folder: it ends by order only, not by a restart. */

import { z } from 'zod';
import type { Files } from '../ports.js';
import { createEpochStore, type EpochStore } from './epoch-store.js';

const shape = z.array(z.string());

export interface MaintenanceStore {
  load(): Promise<readonly string[]>;
  save(entries: readonly string[]): Promise<void>;
}

/** What the guard keeps on disk. */
export const createGuardStores = (
  files: Files,
  folder: string,
): { epochs: EpochStore; maintenance: MaintenanceStore } => ({
  epochs: createEpochStore(files, folder),
  maintenance: createMaintenanceStore(files, folder),
});

/** A file that cannot be read counts as maintenance of the whole node: to serve against an operator's word is the greater evil. */
export const createMaintenanceStore = (files: Files, folder: string): MaintenanceStore => {
  const path = `${folder}/maintenance.json`;
  let writing: Promise<void> = Promise.resolve();
  return {
    async load() {
      const text = await files.read(path);
      if (text === undefined) return [];
      try {
        return shape.parse(JSON.parse(text));
      } catch {
        return [''];
      }
    },
    save(entries) {
      const next = writing.then(() => files.writeAtomic(path, `${JSON.stringify(entries)}\n`));
      writing = next.catch(() => undefined);
      return next;
    },
  };
};
