/** Messages about the services document: to protobuf and back, judged as everything a peer sends. */

import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { BackendState } from '../model/service.js';
import type { StateEntry } from '../replication/document/states.js';
import {
  type DocumentVersion,
  type Seen,
  type VersionKind,
  versionKinds,
} from '../replication/document/version.js';
import type { DocumentMessage } from './frames.js';
import type { relevo } from './gen/sync.js';

type Body = relevo.v1.Document.$Properties;
type Wide = number | { toNumber(): number } | null | undefined;

const bad = (what: string): never => {
  throw new RelevoError('bad-frame', `malformed frame: ${what}`, { what });
};

const count = (value: Wide, field: string): number => {
  const number = typeof value === 'number' ? value : (value?.toNumber() ?? 0);
  return Number.isSafeInteger(number) ? number : bad(`${field} is beyond 2^53`);
};

const text = (
  value: string | null | undefined,
  field: string,
  chars: number = limits.syncNameChars,
): string => {
  const string = value ?? '';
  return string.length > chars ? bad(`${field} is longer than ${chars} characters`) : string;
};

const seenOf = (seen: { [session: string]: Wide } | null | undefined): Seen => {
  const entries = Object.entries(seen ?? {});
  if (entries.length > limits.documentSessions) bad('a version names too many sessions');
  return Object.fromEntries(entries.map(([session, value]) => [text(session, 'seen'), count(value, 'seen')]));
};

const isKind = (kind: string): kind is VersionKind => (versionKinds as readonly string[]).includes(kind);

const versionOf = (version: relevo.v1.DocumentVersion.$Properties): DocumentVersion => {
  const kind = version.kind ?? '';
  const id = text(version.id, 'id');
  if (!/^.+\.\d+$/.test(id)) bad('a version has no id');
  // A kind of a newer peer: nothing is merged with it.
  const known = isKind(kind) ? kind : 'apply';
  const reverts = text(version.reverts, 'reverts');
  return {
    id,
    number: count(version.number, 'number'),
    author: text(version.author, 'author'),
    time: text(version.time, 'time'),
    kind: known,
    reason: text(version.reason, 'reason', limits.documentReasonChars),
    content: text(version.content, 'content'),
    seen: seenOf(version.seen),
    parent: text(version.parent, 'parent'),
    confirmMs: count(version.confirmMs, 'confirm_ms'),
    ...(reverts !== '' && { reverts }),
  };
};

const knownStates: Readonly<Record<string, BackendState>> = {
  up: 'up',
  down: 'down',
  off: 'off',
  drain: 'drain',
};

/** A state that this version does not know is passed over. */
const stateOf = (entry: relevo.v1.BackendState.$Properties): StateEntry[] => {
  const state = knownStates[entry.state ?? ''];
  if (state === undefined) return [];
  const service = text(entry.service, 'service');
  const backend = text(entry.backend, 'backend');
  return [{ service, backend, state, count: count(entry.count, 'count'), node: text(entry.node, 'node') }];
};

/** Undefined: a body that this version does not know. */
export const decodeDocument = (body: Body): DocumentMessage | undefined => {
  const { head, fetch, part, vote, decide, states } = body;
  if (head) {
    const trouble = (head.trouble ?? '').slice(0, limits.documentReasonChars);
    return { kind: 'head', version: head.version ? versionOf(head.version) : undefined, trouble };
  }
  if (fetch) return { kind: 'fetch', seen: seenOf(fetch.seen), whole: fetch.whole ?? false };
  if (part) {
    const { version } = part;
    if (part.last && !version) bad('a document without a version');
    // A copy: a view would keep the whole frame in memory.
    const bytes = Uint8Array.from(part.text ?? []);
    if (!part.last || !version) return { kind: 'part', text: bytes, end: undefined };
    const end = {
      version: versionOf(version),
      prepare: part.prepare ?? false,
      whole: part.whole ?? false,
      base: text(part.base, 'base'),
      mergeable: part.mergeable ?? false,
      remainingMs: count(part.remainingMs, 'remaining_ms'),
    };
    return { kind: 'part', text: bytes, end };
  }
  if (vote) {
    const reason = (vote.reason ?? '').slice(0, limits.documentReasonChars);
    return { kind: 'vote', id: text(vote.id, 'id'), ok: vote.ok ?? false, reason };
  }
  if (decide) return { kind: 'decide', id: text(decide.id, 'id'), commit: decide.commit ?? false };
  if (states) return { kind: 'states', entries: (states.entries ?? []).flatMap(stateOf) };
  return undefined;
};

export const documentBody = (message: DocumentMessage): Body => {
  switch (message.kind) {
    case 'head':
      return { head: { version: message.version ?? null, trouble: message.trouble } };
    case 'fetch':
      return { fetch: { seen: { ...message.seen }, whole: message.whole } };
    case 'part':
      return { part: { ...message.end, text: message.text, last: message.end !== undefined } };
    case 'vote':
      return { vote: { id: message.id, ok: message.ok, reason: message.reason } };
    case 'decide':
      return { decide: { id: message.id, commit: message.commit } };
    case 'states':
      return { states: { entries: [...message.entries] } };
  }
};
