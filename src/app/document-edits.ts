/** Changes through nftlb's interface, gathered for a moment before they become a version. */

import type { DocumentContent } from './document-content.js';
import { toObjects } from './document-content.js';
import { composeChanges, type DocumentChange, elementObjects } from './document-elements.js';
import type { EditJournal } from './services-in-force.js';

export interface GatheredEdit {
  readonly change: DocumentChange;
  readonly undo: DocumentChange;
  readonly reason: string;
}

/** A whole list gathers for its length: 5 s for 100,000 elements. */
const gatherMs = 20;
const elementsPerMs = 20;

/** `due`: what has gathered is to be taken. */
export const createDocumentEdits = (content: Pick<DocumentContent, 'get'>, due: () => void) => {
  let gathered: GatheredEdit | undefined;
  let timer: NodeJS.Timeout | undefined;

  const gather = (after: DocumentChange, before: DocumentChange, reason: string, waitMs: number): void => {
    gathered = gathered
      ? {
          change: composeChanges(gathered.change, after),
          undo: composeChanges(before, gathered.undo),
          reason,
        }
      : { change: after, undo: before, reason };
    timer ??= setTimeout(due, waitMs);
  };

  const edited: EditJournal['edited'] = (change, undo, reason) => {
    const policies = [...change.policies.values()];
    const elements = policies.reduce((sum, one) => sum + (one?.elements.length ?? 0), 0);
    gather(toObjects(change), toObjects(undo), reason, gatherMs + elements / elementsPerMs);
  };

  const elementsEdited: EditJournal['elementsEdited'] = (policy, delta, before, reason) => {
    const key = `p ${policy}`;
    // Where the list travels anyway, it goes as it is now.
    const list = gathered?.change.get(key) && content.get(key);
    if (gathered && list) {
      gathered = { ...gathered, change: new Map([...gathered.change, [key, list]]), reason };
      return;
    }
    const { after, undo } = elementObjects(policy, delta, before);
    gather(after, undo, reason, gatherMs);
  };

  return {
    edited,
    elementsEdited,
    take(): GatheredEdit | undefined {
      clearTimeout(timer);
      timer = undefined;
      const edit = gathered;
      gathered = undefined;
      return edit;
    },
    stop: () => clearTimeout(timer),
  };
};
