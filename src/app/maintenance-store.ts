/** Maintenance of this node, kept in the state folder: it ends by order only, not by a restart. */

import { z } from 'zod';
import type { Files } from '../ports.js';
import { createEpochStore, type EpochStore } from './epoch-store.js';

const shape = z.array(z.string());

export interface MaintenanceStore {
  load(): Promise<readonly string[]>;
  save(entries: readonly string[]): Promise<void>;
}

export interface EtcdClusterStore {
  load(): Promise<string>;
  save(cluster: string): Promise<void>;
}

const clusterShape = z.strictObject({ cluster: z.string() });

/** A file that cannot be read counts as none: the first etcd that answers with this cluster's identity is the right one. */
const createEtcdClusterStore = (files: Files, folder: string): EtcdClusterStore => {
  const path = `${folder}/etcd-cluster.json`;
  return {
    async load() {
      const text = await files.read(path);
      if (text === undefined) return '';
      try {
        return clusterShape.parse(JSON.parse(text)).cluster;
      } catch {
        return '';
      }
    },
    save: (cluster) => files.writeAtomic(path, `${JSON.stringify({ cluster })}\n`),
  };
};

/** What the guard keeps on disk. */
export const createGuardStores = (
  files: Files,
  folder: string,
): { epochs: EpochStore; maintenance: MaintenanceStore; etcdCluster: EtcdClusterStore } => ({
  epochs: createEpochStore(files, folder),
  maintenance: createMaintenanceStore(files, folder),
  etcdCluster: createEtcdClusterStore(files, folder),
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
