/** The versions of the document as the line that is kept with it on disk, and back. */

import { z } from 'zod';
import { limits } from '../limits.js';
import { DocumentHistory, type HistoryEntry, type Objects } from '../replication/document/history.js';
import { type DocumentVersion, nextVersion, versionKinds } from '../replication/document/version.js';
import type { DocumentContent, DocumentObject } from './document-content.js';
import { composeChanges } from './document-elements.js';

const version = z.object({
  id: z.string(),
  number: z.number(),
  author: z.string(),
  time: z.string(),
  kind: z.enum(versionKinds),
  reason: z.string(),
  content: z.string(),
  seen: z.record(z.string(), z.number()),
  parent: z.string(),
  confirmMs: z.number(),
  reverts: z.string().optional(),
});
const shape = z.object({
  entries: z.array(z.object({ version, mergeable: z.boolean(), undo: z.string().nullable() })),
});

type Entry = HistoryEntry<DocumentObject>;

/** A way back is printed once, however often the document is written. */
export const createNoteWriter = (content: DocumentContent): ((entries: readonly Entry[]) => string) => {
  const printed = new WeakMap<object, string>();
  const textOf = (undo: Objects<DocumentObject>): string => {
    let text = printed.get(undo);
    if (text === undefined) {
      text = content.encode(undo, false);
      printed.set(undo, text);
    }
    return text;
  };
  return (entries) =>
    JSON.stringify({
      entries: entries.map(({ version: one, mergeable, undo }) => ({
        version: one,
        mergeable,
        undo: undo ? textOf(undo) : null,
      })),
    });
};

const readEntries = (note: string | undefined, content: DocumentContent): Entry[] => {
  if (note === undefined) return [];
  const parsed = shape.safeParse(JSON.parse(note));
  if (!parsed.success) return [];
  return parsed.data.entries.map((entry) => {
    const { reverts, ...rest } = entry.version;
    const read: DocumentVersion = { ...rest, ...(reverts !== undefined && { reverts }) };
    let undo: Objects<DocumentObject> | undefined;
    try {
      undo = entry.undo === null ? undefined : content.decode(entry.undo, false);
    } catch {
      // Of an older version of relevo, say: there is no way back beyond this one.
      undo = undefined;
    }
    return { version: read, mergeable: entry.mergeable, undo };
  });
};

export interface Stored {
  readonly note: string | undefined;
  readonly source: 'whole' | 'changed' | 'previous';
  /** There is a document. */
  readonly found: boolean;
}

/** What was kept, and a version for what has none. */
export const historyFrom = (
  { note, source, found }: Stored,
  content: DocumentContent,
  node: string,
  session: string,
  time: string,
): DocumentHistory<DocumentObject> => {
  const bounds = { versions: limits.documentVersions, objects: limits.documentHistoryObjects };
  const history = new DocumentHistory<DocumentObject>(bounds, readEntries(note, content), composeChanges);
  const { head } = history;
  const digest = content.digest();
  if (!found || head?.content === digest) return history;
  // Another version of relevo prints it otherwise; it is the same document.
  if (head && source !== 'changed') history.replaceHead({ ...head, content: digest });
  else {
    const reason = head ? 'written shortly before the restart' : 'found on the disk of this node';
    const facts = { kind: head ? 'change' : 'import', reason, time, content: digest, author: node } as const;
    const parents = head ? [head] : [];
    history.push(nextVersion(`${session}-0`, 1, parents, { ...facts, confirmMs: 0 }), new Map());
  }
  return history;
};
