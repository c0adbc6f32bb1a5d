/**
 * The services in force, for everybody who changes them: one change at a time, each from what the last one left. What is answered is in
 * the kernel; the disk follows.
 */

import { overlapsOf, reindex } from '../config/nftlb-merge.js';
import type { Overlaps } from '../config/overlaps.js';
import type { ElementCounter } from '../config/policies-format.js';
import { errorFrom, type RelevoError } from '../errors.js';
import type { ServicesChange, ServicesView } from '../model/change.js';
import type { Session } from '../model/persistence.js';
import type { BackendState, Problem, ServicesDocument } from '../model/service.js';
import type { Log } from '../ports.js';
import type { Shortcoming } from '../ruleset/feature.js';
import type { ListedElement } from '../ruleset/features/lists/counters.js';
import type { PolicyDelta, PolicyList } from '../ruleset/features/lists/elements.js';
import type { ApplyReport, Reconciler, SessionFilter } from './reconcile-types.js';
import { createQueue } from './serial-queue.js';
import type { ServicesStore } from './services-store.js';

/** What a request makes of what is in force when its turn comes. */
export interface Wish<T> {
  readonly change: ServicesChange;
  /** For whoever asked, when the kernel has accepted it. */
  readonly result: T;
}

export interface ServicesInForce {
  document(): ServicesDocument;
  view(): ServicesView;
  /** Why a service, or backends of it, are not served as configured. */
  shortcomings(service: string): readonly Shortcoming[];
  /** `build` gets what is in force when its turn comes. Whole or not at all; rejects with what `build` throws or the kernel refuses. */
  update(reason: string, build: (current: ServicesDocument) => ServicesDocument): Promise<ApplyReport>;
  /** The same for some of them, without a look at the rest. Overlapping services are refused: `refuse` makes the error. */
  change<T>(
    reason: string,
    build: (current: ServicesView) => Wish<T>,
    refuse: (problems: readonly Problem[]) => RelevoError,
  ): Promise<T>;
  /** A few elements of a policy: costs what is named, however long the list is. False: there is no such policy. */
  changePolicy(policy: string, build: (list: PolicyList) => PolicyDelta): Promise<boolean>;
  /** What the kernel has of a policy's elements, by their text (`10.2.0.0/16`); who asks meanwhile shares the answer. */
  elementCounters(policy: string): Promise<ReadonlyMap<string, ElementCounter>>;
  /** Rejects with `not-found` for a service or backend that is not there. */
  setBackendState(service: string, backend: string, state: BackendState): Promise<void>;
  /** Persistence entries in the kernel. */
  sessions(service?: string): Promise<Session[]>;
  deleteSessions(filter: SessionFilter): Promise<void>;
}

type Engine = Pick<
  Reconciler,
  | 'document'
  | 'view'
  | 'apply'
  | 'change'
  | 'changePolicy'
  | 'policyList'
  | 'policyCounters'
  | 'setBackendState'
  | 'sessions'
  | 'deleteSessions'
  | 'shortcomings'
>;

const countersByText = (elements: readonly ListedElement[]): ReadonlyMap<string, ElementCounter> =>
  new Map(
    elements.map(({ data, time, 'counter-packets': packets, 'counter-bytes': bytes }) => [
      data,
      { packets: Number(packets), bytes: Number(bytes), ...(time !== undefined && { time }) },
    ]),
  );

export const createServicesInForce = (
  engine: Engine,
  store: Pick<ServicesStore, 'save' | 'saveLater' | 'saveState' | 'saveElements'>,
  log?: Log,
): ServicesInForce => {
  // The engine has a queue too, but a merge must not start from a document that a change in that queue is about to replace.
  const queue = createQueue();
  /** Made when first needed, and anew after a whole document. */
  let overlaps: Overlaps | undefined;
  /** Dumps that are under way: a list may have a hundred thousand elements. */
  const counting = new Map<string, Promise<ReadonlyMap<string, ElementCounter>>>();

  return {
    document: () => engine.document(),
    view: () => engine.view(),
    shortcomings: (service) => engine.shortcomings(service),
    update: (reason, build) =>
      queue(async () => {
        const report = await engine.apply(build(engine.document()), reason);
        overlaps = undefined;
        await store.save(engine.document());
        return report;
      }),
    change: (reason, build, refuse) =>
      queue(async () => {
        const view = engine.view();
        const { change, result } = build(view);
        const { services, addresses, policies } = change;
        if (services.size + addresses.size + policies.size === 0) return result;
        overlaps ??= overlapsOf(view.services.values());
        const { undo, problems } = reindex(overlaps, view.services, services);
        try {
          if (problems.length > 0) throw refuse(problems);
          await engine.change(change, reason);
        } catch (thrown) {
          undo();
          throw thrown;
        }
        store.saveLater(() => engine.document());
        return result;
      }),
    changePolicy: (name, build) =>
      queue(async () => {
        const list = engine.policyList(name);
        if (!list) return false;
        const delta = build(list);
        if ((delta.added?.length ?? 0) + (delta.removed?.length ?? 0) === 0) return true;
        await engine.changePolicy(name, delta);
        store.saveElements(name, delta, () => engine.document());
        return true;
      }),
    async elementCounters(name) {
      const known = counting.get(name);
      if (known) return known;
      const read = engine
        .policyCounters(name)
        .then(({ elements }) => countersByText(elements))
        .finally(() => counting.delete(name));
      counting.set(name, read);
      return read;
    },
    setBackendState: (service, backend, state) =>
      queue(async () => {
        await engine.setBackendState(service, backend, state);
        // Not waited for: health checkers send a state a second for every backend, and a disk takes milliseconds.
        store.saveState(service, backend, state).catch((thrown) => {
          log?.error({ error: errorFrom(thrown).message }, 'the state of a backend could not be written');
        });
      }),
    sessions: (service) => engine.sessions(service),
    deleteSessions: (filter) => queue(() => engine.deleteSessions(filter)),
  };
};
