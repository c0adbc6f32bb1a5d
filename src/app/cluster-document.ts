/**
 * The services document of the cluster on this node: carries out what the state machine decides (src/replication/document), in the queue
 * of all changes, so that nothing else changes what is in force meanwhile.
 */

import { overlapsOf, reindex } from '../config/nftlb-merge.js';
import { formatProblems } from '../config/problems.js';
import { errorFrom, RelevoError } from '../errors.js';
import type { ServicesChange } from '../model/change.js';
import type { BackendState, ServicesDocument } from '../model/service.js';
import type { DocumentStatus, HistoryLine } from '../model/status.js';
import type { Clock, Hash, Log, Random } from '../ports.js';
import type { Objects } from '../replication/document/history.js';
import { DocumentMachine } from '../replication/document/machine.js';
import type { Answer, DocumentEffect, DocumentEvent, Proposal } from '../replication/document/types.js';
import type { DocumentMessage } from '../wire/frames.js';
import {
  createDocumentContent,
  type DocumentObject,
  documentAfter,
  toChange,
  viewOf,
} from './document-content.js';
import { createDocumentEdits } from './document-edits.js';
import { changeElements, onlyElements } from './document-elements.js';
import { frameOf, messagesOf, PayloadReader, type Received } from './document-messages.js';
import { createNoteWriter, historyFrom } from './document-note.js';
import { SharedStates } from './document-states.js';
import { documentStatus, historyLines } from './document-status.js';
import { every } from './every.js';
import type { DocumentPeers } from './peer-hub.js';
import type { ApplyReport, Reconciler } from './reconcile-types.js';
import type { EditJournal, ServicesInForce } from './services-in-force.js';
import type { ServicesStore } from './services-store.js';

type Change = Objects<DocumentObject>;
type Event = DocumentEvent<DocumentObject>;
type Effect = DocumentEffect<DocumentObject>;

export interface ClusterDocumentParts {
  readonly node: string;
  readonly peers: readonly string[];
  readonly services: ServicesInForce;
  readonly engine: Pick<
    Reconciler,
    'apply' | 'change' | 'changePolicy' | 'policyList' | 'document' | 'view' | 'setBackendState'
  >;
  readonly store: ServicesStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly wallTime: () => string;
  readonly hash: Hash;
  readonly log: Log;
  readonly record: (kind: string, message: string) => void;
  /** A document was found on disk. */
  readonly found: boolean;
}

export interface ApplyOptions {
  readonly confirmMs: number;
  readonly force: boolean;
  readonly reason: string;
}

export interface Applied extends ApplyReport {
  readonly answer: Extract<Answer, { ok: true }>;
}

export interface ClusterDocument extends DocumentPeers, EditJournal {
  /** All of it, on every node or on none. */
  apply(wanted: ServicesDocument, options: ApplyOptions): Promise<Applied>;
  rollback(to: number | undefined, force: boolean): Promise<Applied>;
  confirm(): Promise<Applied>;
  /** What this node has wins over what the others made apart from it. */
  resolve(): Promise<Applied>;
  status(): DocumentStatus;
  saidElsewhere(service: string, backend: string): string | undefined;
  history(): HistoryLine[];
  /** Whether this node may be edited while others are out of reach. */
  setLeader(leader: boolean): void;
  /** Until aborted. `send`: to a connected peer. */
  run(send: (peer: string, message: DocumentMessage) => void, signal: AbortSignal): void;
}

const timing = { voteMs: 30_000, preparedMs: 60_000, settleMs: 15_000, retryMs: 5_000 };
const tickMs = 200;
export const createClusterDocument = (parts: ClusterDocumentParts): ClusterDocument => {
  const { services, engine, store, clock, random, log, wallTime, node } = parts;
  const content = createDocumentContent(
    () => engine.view(),
    parts.hash,
    (name) => engine.policyList(name),
  );
  const session = Array.from({ length: 3 }, () => Math.floor(random.next() * 2 ** 24).toString(36)).join('');
  const stored = { note: store.storedNote, source: store.source, found: parts.found };
  const history = historyFrom(stored, content, node, session, wallTime());
  const machine = new DocumentMachine<DocumentObject>(
    { node, peers: parts.peers, session, content, history, timing },
    clock.nowMs(),
  );
  const noteOf = createNoteWriter(content);
  store.keepNote(() => noteOf(history.entries));
  const readers = new Map(parts.peers.map((peer) => [peer, new PayloadReader()]));
  let send: (peer: string, message: DocumentMessage) => void = () => {};
  let answered: ((answer: Answer) => void) | undefined;
  let prepared: string | undefined;
  let report: ApplyReport = { operations: 0, changed: [] };
  /** The disk hears of elements by itself: the document need not be written for them. */
  let journaled = false;
  let stopped = false;

  const edits = createDocumentEdits(content, () => {
    exclusive(async () => undefined).catch((thrown) => failed(thrown));
  });

  const states = new SharedStates({
    node,
    send: (peer, message) => send(peer, message),
    peers: () =>
      [...machine.peers.values()].flatMap((one) => (one.connected && one.capable ? [one.name] : [])),
    service: (name) => engine.view().services.get(name),
    async enforce({ service, backend, state }) {
      const found = engine
        .view()
        .services.get(service)
        ?.backends.some(({ name }) => name === backend);
      if (!found) return;
      await engine.setBackendState(service, backend, state);
      await store.saveState(service, backend, state);
    },
  });

  const failed = (thrown: unknown): string => {
    const error = errorFrom(thrown);
    log.error({ error: error.message, code: error.code }, 'the services document');
    return error.message;
  };

  const withStates = (change: Change): ServicesChange => {
    const wanted = toChange(change, engine.view());
    const current = [...wanted.services].map(([name, one]) => [name, one && states.current(one)] as const);
    return { ...wanted, services: new Map(current) };
  };

  const check = async (effect: Extract<Effect, { kind: 'check' }>): Promise<string> => {
    try {
      const view = engine.view();
      const change = withStates(effect.change);
      const { problems } = reindex(overlapsOf(view.services.values()), view.services, change.services);
      if (problems.length > 0) return formatProblems(problems);
      const undo = new Map([...effect.change.keys()].map((key) => [key, content.get(key)]));
      const entry = { version: effect.version, undo, mergeable: false };
      await store.prepare(documentAfter(view, change), noteOf([...history.entries, entry]));
      prepared = effect.version.id;
      return '';
    } catch (thrown) {
      return failed(thrown);
    }
  };

  const saveSoon = (): void => {
    if (!journaled) store.saveLater(() => engine.document());
  };

  const install = async (
    effect: Extract<Effect, { kind: 'install' }>,
    changed: () => void,
  ): Promise<string> => {
    const undo = new Map([...effect.change.keys()].map((key) => [key, content.get(key)]));
    try {
      const reason = `version ${effect.version.number}: ${effect.version.reason || effect.version.kind}`;
      const only = onlyElements(effect.change);
      if (only) report = await changeElements(only, engine, store);
      else if (effect.change.size === 0) report = await engine.apply(engine.document(), reason);
      else report = await engine.change(withStates(effect.change), reason);
      journaled = only !== undefined;
    } catch (thrown) {
      return failed(thrown);
    }
    changed();
    content.advance(effect.change, undo);
    if (prepared === effect.version.id) {
      // The kernel has it: what is wrong with the disk is told, and tried again.
      await store.commit().catch((thrown) => {
        failed(thrown);
        saveSoon();
      });
    } else saveSoon();
    journaled = false;
    prepared = undefined;
    return '';
  };

  const perform = async (effect: Effect, changed: () => void): Promise<Event | undefined> => {
    switch (effect.kind) {
      case 'send':
        for (const message of messagesOf(effect.frame, content)) send(effect.peer, message);
        return undefined;
      case 'check':
        return { kind: 'checked', reason: await check(effect) };
      case 'install':
        return { kind: 'installed', reason: await install(effect, changed) };
      case 'persist':
        saveSoon();
        return undefined;
      case 'answer':
        answered?.(effect.answer);
        answered = undefined;
        return undefined;
      case 'note':
        log[effect.level]({}, effect.message);
        parts.record('document', effect.message);
        return undefined;
    }
  };

  const run = async (event: Event, changed: () => void): Promise<void> => {
    const effects = machine.step(event, clock.nowMs());
    for (let effect = effects.shift(); effect; effect = effects.shift()) {
      const result = await perform(effect, changed);
      // Its consequences come before whatever else was to be done.
      if (result) effects.unshift(...machine.step(result, clock.nowMs()));
    }
  };

  /** What was changed through nftlb's interface becomes a version. */
  const cut = async (changed: () => void): Promise<void> => {
    const edit = edits.take();
    if (!edit) return;
    content.advance(edit.change, edit.undo);
    journaled = onlyElements(edit.change) !== undefined;
    await run({ kind: 'edited', ...edit, time: wallTime(), content: content.digest() }, changed);
    journaled = false;
  };

  const exclusive = <T>(work: (changed: () => void) => Promise<T>): Promise<T> =>
    services.exclusive(async (changed) => {
      await cut(changed);
      return work(changed);
    });

  const post = (event: () => Event): void => {
    if (stopped) return;
    exclusive((changed) => run(event(), changed)).catch((thrown) => failed(thrown));
  };

  const propose = async (
    proposal: () => Omit<Proposal<DocumentObject>, 'time'>,
    before?: () => void,
  ): Promise<Applied> => {
    const answer = await new Promise<Answer>((resolve, reject) => {
      exclusive(async (changed) => {
        if (answered) throw new RelevoError('conflict', 'another apply is under way on this node: try again');
        before?.();
        const wanted = proposal();
        answered = resolve;
        report = { operations: 0, changed: [] };
        await run({ kind: 'propose', proposal: { ...wanted, time: wallTime() } }, changed);
      }).catch(reject);
    });
    if (!answer.ok) throw new RelevoError(answer.code, answer.message);
    return { ...report, answer };
  };

  /** What is not valid here is refused at once, with the reason. */
  const judged = (peer: string, received: Received): Event => {
    try {
      return { kind: 'frame', peer, frame: frameOf(received, content) };
    } catch (thrown) {
      const reason = failed(thrown);
      const { version, prepare } = received.end;
      if (prepare) send(peer, { kind: 'vote', id: version.id, ok: false, reason });
      return { kind: 'tick' };
    }
  };

  const nothing: Change = new Map();
  const simple = (kind: 'confirm' | 'resolve' | 'rollback', reason: string, force: boolean, to?: number) =>
    propose(() => ({ kind, reason, change: nothing, confirmMs: 0, force, ...(to !== undefined && { to }) }));

  const setStates = async (wanted: ServicesDocument): Promise<string[]> => {
    const names: string[] = [];
    for (const service of wanted.services) {
      const now = engine.view().services.get(service.name);
      for (const { name, state } of service.backends) {
        const before = now?.backends.find((one) => one.name === name);
        if (!before || before.state === state) continue;
        await services.setBackendState(service.name, name, state);
        names.push(service.name);
      }
    }
    return names;
  };

  return {
    mayEdit() {
      const refusal = machine.whyNotEditable();
      if (refusal) throw new RelevoError(refusal.code, refusal.message);
    },
    edited: edits.edited,
    elementsEdited: edits.elementsEdited,
    stateSet: (service: string, backend: string, state: BackendState) => states.said(service, backend, state),
    onPeer(peer, connected, capable) {
      readers.get(peer)?.clear();
      post(() => (connected ? { kind: 'connected', peer, capable } : { kind: 'disconnected', peer }));
      if (connected && capable) states.connected(peer);
    },
    onMessage(peer, message) {
      if (message.kind === 'states') {
        services.exclusive(() => states.heard(peer, message.entries)).catch((thrown) => failed(thrown));
      } else if (message.kind === 'part') {
        const received = readers.get(peer)?.add(message.text, message.end);
        if (received) post(() => judged(peer, received));
      } else post(() => ({ kind: 'frame', peer, frame: message }));
    },
    async apply(wanted, { confirmMs, force, reason }) {
      const view = viewOf(wanted);
      const applied = await propose(() => ({
        kind: 'apply',
        reason,
        change: content.differenceTo(view),
        confirmMs,
        force,
      }));
      const changed = new Set([...applied.changed, ...(await setStates(wanted))]);
      return { ...applied, operations: Math.max(applied.operations, changed.size), changed: [...changed] };
    },
    rollback: (to, force) => simple('rollback', '', force, to),
    confirm: () => simple('confirm', 'confirmed', false),
    resolve: () => simple('resolve', 'this node’s document stays', true),
    saidElsewhere: (service, backend) => states.saidElsewhere(service, backend),
    status: () => documentStatus(machine, clock.nowMs(), store.problem),
    history: () => historyLines(machine),
    setLeader: (leader) => post(() => ({ kind: 'leader', leader })),
    run(wanted, signal) {
      send = wanted;
      const stopTicking = every(tickMs, () => post(() => ({ kind: 'tick' })));
      signal.addEventListener(
        'abort',
        () => {
          stopped = true;
          stopTicking();
          edits.stop();
        },
        { once: true },
      );
    },
  };
};
