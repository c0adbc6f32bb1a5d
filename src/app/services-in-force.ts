/** The services in force, for everybody who changes them: one change at a time, each from what the last one left, kept on disk. */

import type { BackendState, ServicesDocument } from '../model/service.js';
import type { ApplyReport, Reconciler, Session } from './reconcile-types.js';
import { createQueue } from './serial-queue.js';
import type { ServicesStore } from './services-store.js';

export interface ServicesInForce {
  document(): ServicesDocument;
  /** `build` gets what is in force when its turn comes. Whole or not at all; rejects with what `build` throws or the kernel refuses. */
  update(reason: string, build: (current: ServicesDocument) => ServicesDocument): Promise<ApplyReport>;
  /** Rejects with `not-found` for a service or backend that is not there. */
  setBackendState(service: string, backend: string, state: BackendState): Promise<void>;
  /** Persistence entries in the kernel. */
  sessions(service?: string): Promise<Session[]>;
}

export const createServicesInForce = (
  engine: Pick<Reconciler, 'document' | 'apply' | 'setBackendState' | 'sessions'>,
  store: Pick<ServicesStore, 'save' | 'saveState'>,
): ServicesInForce => {
  // The engine has a queue too, but a merge must not start from a document that a change in that queue is about to replace.
  const queue = createQueue();
  return {
    document: () => engine.document(),
    update: (reason, build) =>
      queue(async () => {
        const report = await engine.apply(build(engine.document()), reason);
        await store.save(engine.document());
        return report;
      }),
    setBackendState: (service, backend, state) =>
      queue(async () => {
        await engine.setBackendState(service, backend, state);
        await store.saveState(service, backend, state);
      }),
    sessions: (service) => engine.sessions(service),
  };
};
