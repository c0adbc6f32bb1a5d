/**
 * The services in force, for everybody who changes them: one change at a time, each from what the last one left. What is answered is in
 * the kernel; the disk follows.
 */

import { overlapsOf, reindex } from '../config/nftlb-merge.js';
import type { Overlaps } from '../config/overlaps.js';
import type { ElementCounter } from '../config/policies-format.js';
import { errorFrom, RelevoError } from '../errors.js';
import type { ServicesChange, ServicesView } from '../model/change.js';
import type { Session } from '../model/persistence.js';
import type { BackendState, PolicyElement, Problem, ServicesDocument } from '../model/service.js';
import type { Draining, ServiceCounters } from '../model/status.js';
import type { Log } from '../ports.js';
import type { Shortcoming } from '../ruleset/feature.js';
import type { ListedElement } from '../ruleset/features/lists/counters.js';
import type { PolicyDelta, PolicyList } from '../ruleset/features/lists/elements.js';
import type { BackendChecks } from './backend-checks.js';
import type { SessionVisitor } from './reconcile-sessions.js';
import type { ApplyReport, Reconciler, SessionFilter } from './reconcile-types.js';
import { createQueue } from './serial-queue.js';
import type { ServicesStore } from './services-store.js';

/** What a request makes of what is in force when its turn comes. */
export interface Wish<T> {
  readonly change: ServicesChange;
  /** For whoever asked, when the kernel has accepted it. */
  readonly result: T;
}

/** Told of what is changed here, one request at a time. */
export interface EditJournal {
  /** Throws when the cluster's document must not be edited on this node now. */
  mayEdit(): void;
  edited(change: ServicesChange, undo: ServicesChange, reason: string): void;
  /** The same of a few elements of a policy: `before` has those that it names as they were. */
  elementsEdited(policy: string, delta: PolicyDelta, before: readonly PolicyElement[], reason: string): void;
  stateSet(service: string, backend: string, state: BackendState): void;
}

export type Checked = Pick<BackendChecks, 'status' | 'failure'>;

export interface ServicesInForce {
  attach(journal: EditJournal): void;
  /** What checks of backends have found, for whoever tells of services. */
  checkBy(checks: Checked): void;
  checked(): Checked | undefined;
  /** Counters are read by this instead of from the kernel alone. */
  countFrom(read: () => Promise<readonly ServiceCounters[]>): void;
  /** Alone, in the queue of all changes; whatever changes services says so. */
  exclusive<T>(work: (changed: () => void) => Promise<T>): Promise<T>;
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
  /** Rejects with `not-found` for a service or backend that is not there. `unless` looks at what is in force when its turn comes. */
  setBackendState(
    service: string,
    backend: string,
    state: BackendState,
    unless?: (now: BackendState) => boolean,
  ): Promise<void>;
  /** What is left on backends that drain; who asks for the same meanwhile shares the answer. */
  draining(service?: string): Promise<readonly Draining[]>;
  /** Newcomers that were not remembered because there is no room; who asks for the same meanwhile shares the answer. */
  persistRefused(service?: string): Promise<ReadonlyMap<string, number>>;
  /** What services have carried; who asks meanwhile shares the answer. Rejects with `not-found` for a service that is not there. */
  counters(service?: string): Promise<readonly ServiceCounters[]>;
  /** Every session of a service, while they are read. */
  visitSessions(service: string, visit: SessionVisitor): Promise<void>;
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
  | 'visitSessions'
  | 'draining'
  | 'persistRefused'
  | 'counters'
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

const stateOf = (view: ServicesView, service: string, backend: string): BackendState | undefined =>
  view.services.get(service)?.backends.find(({ name }) => name === backend)?.state;

const before = <T>(map: ReadonlyMap<string, T>, names: Iterable<string>): Map<string, T | undefined> =>
  new Map([...names].map((name) => [name, map.get(name)]));

const undoOf = (view: ServicesView, { services, addresses, policies }: ServicesChange): ServicesChange => ({
  services: before(view.services, services.keys()),
  addresses: before(view.addresses, addresses.keys()),
  policies: before(view.policies, policies.keys()),
});

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
  let readCounters = () => engine.counters();
  let traffic: Promise<readonly ServiceCounters[]> | undefined;
  const counted = new Map<string, Promise<readonly Draining[]>>();
  const refused = new Map<string, Promise<ReadonlyMap<string, number>>>();
  const counting = new Map<string, Promise<ReadonlyMap<string, ElementCounter>>>();
  let journal: EditJournal | undefined;
  let checks: Checked | undefined;

  return {
    attach(wanted) {
      journal = wanted;
    },
    checkBy(wanted) {
      checks = wanted;
    },
    checked: () => checks,
    countFrom(wanted) {
      readCounters = wanted;
    },
    exclusive: (work) =>
      queue(() =>
        work(() => {
          overlaps = undefined;
        }),
      ),
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
        journal?.mayEdit();
        const back = undoOf(view, change);
        overlaps ??= overlapsOf(view.services.values());
        const { undo, problems } = reindex(overlaps, view.services, services);
        try {
          if (problems.length > 0) throw refuse(problems);
          await engine.change(change, reason);
        } catch (thrown) {
          undo();
          throw thrown;
        }
        journal?.edited(change, back, reason);
        store.saveLater(() => engine.document());
        return result;
      }),
    changePolicy: (name, build) =>
      queue(async () => {
        const list = engine.policyList(name);
        if (!list) return false;
        const delta = build(list);
        if ((delta.added?.length ?? 0) + (delta.removed?.length ?? 0) === 0) return true;
        journal?.mayEdit();
        const before = [...(delta.added ?? []), ...(delta.removed ?? [])].flatMap(
          (one) => list.get(one) ?? [],
        );
        await engine.changePolicy(name, delta);
        journal?.elementsEdited(name, delta, before, `elements of policy ${name}`);
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
    setBackendState: (service, backend, state, unless) =>
      queue(async () => {
        const now = unless && stateOf(engine.view(), service, backend);
        if (now && unless(now)) return;
        await engine.setBackendState(service, backend, state);
        journal?.stateSet(service, backend, state);
        // Not waited for: health checkers send a state a second for every backend, and a disk takes milliseconds.
        store.saveState(service, backend, state).catch((thrown) => {
          log?.error({ error: errorFrom(thrown).message }, 'the state of a backend could not be written');
        });
      }),
    async counters(service) {
      if (service !== undefined && !engine.view().services.has(service)) {
        throw new RelevoError('not-found', `there is no service '${service}'`, { service });
      }
      traffic ??= readCounters().finally(() => {
        traffic = undefined;
      });
      const all = await traffic;
      return service === undefined ? all : all.filter((one) => one.service === service);
    },
    async draining(service = '') {
      const known = counted.get(service);
      if (known) return known;
      const read = engine.draining(service || undefined).finally(() => counted.delete(service));
      counted.set(service, read);
      return read;
    },
    async persistRefused(service = '') {
      const known = refused.get(service);
      if (known) return known;
      const read = engine.persistRefused(service || undefined).finally(() => refused.delete(service));
      refused.set(service, read);
      return read;
    },
    visitSessions: (service, visit) => engine.visitSessions(service, visit),
    sessions: (service) => engine.sessions(service),
    deleteSessions: (filter) => queue(() => engine.deleteSessions(filter)),
  };
};
