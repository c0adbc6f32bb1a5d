/**
 * The services document on disk: written after the kernel took it, read back when the agent starts. States of single backends and
 * elements of policies are kept beside it, so that one backend going down among ten thousand services, or one address more on a list of a
 * hundred thousand, writes a line and not a document.
 */

import type { z } from 'zod';
import { parseServices } from '../config/services.js';
import { servicesText } from '../config/services-format.js';
import { errorFrom } from '../errors.js';
import type { BackendState, ServicesDocument } from '../model/service.js';
import type { Files, Log } from '../ports.js';
import type { PolicyDelta } from '../ruleset/features/lists/elements.js';
import {
  createElementJournal,
  elementsShape,
  type States,
  statesShape,
  withElements,
  withStates,
} from './stored-changes.js';

export interface ServicesStore {
  /** The whole document; forgets the states kept beside the last one. */
  save(document: ServicesDocument): Promise<void>;
  /** The same soon, and once for all changes until then; a power cut before that leaves the last document. */
  saveLater(document: () => ServicesDocument): void;
  /** Resolves when nothing waits to be written. */
  flush(): Promise<void>;
  saveState(service: string, backend: string, state: BackendState): Promise<void>;
  /** Soon, as `saveLater`; the whole document when there are many. */
  saveElements(policy: string, delta: PolicyDelta, document: () => ServicesDocument): void;
  /** Undefined when there is none, or when what is there cannot be read (logged: the node starts without services). */
  load(): Promise<ServicesDocument | undefined>;
}

/** Changes come in bursts; a document of ten thousand services takes 100 ms to print. */
const saveAfterMs = 1_000;
/** Printed at a time before others have their turn. */
const sliceChars = 16_384;
/** Elements kept beside the document; with more, the document is written. */
const mostElements = 5_000;

const textOf = async (document: ServicesDocument): Promise<string> => {
  const pieces: string[] = [];
  let chars = 0;
  for (const piece of servicesText(document)) {
    pieces.push(piece);
    chars += piece.length;
    if (chars < sliceChars) continue;
    chars = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return pieces.join('');
};

export const createServicesStore = (files: Files, folder: string, log: Log): ServicesStore => {
  const documentPath = `${folder}/services.json`;
  const statesPath = `${folder}/states.json`;
  const elementsPath = `${folder}/elements.json`;
  let states: States = {};
  let journal = createElementJournal();
  let journalWaits = false;
  let writing: Promise<void> = Promise.resolve();
  let statesWait: Promise<void> | undefined;
  let waiting: (() => ServicesDocument) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** One write at a time, in the order in which they were asked for. */
  const write = (work: () => Promise<void>): Promise<void> => {
    const done = writing.then(work);
    writing = done.catch(() => undefined);
    return done;
  };

  /** What was kept beside the document; nothing when it is damaged. */
  const readBeside = async <T extends object>(
    path: string,
    shape: z.ZodType<T>,
    what: string,
  ): Promise<T> => {
    const text = await files.read(path);
    if (text === undefined) return {} as T;
    try {
      return shape.parse(JSON.parse(text));
    } catch {
      log.error({ path }, `the stored ${what} are damaged and count as none`);
      return {} as T;
    }
  };

  const writeElements = (): Promise<void> =>
    files.writeAtomic(elementsPath, `${JSON.stringify(journal.stored())}\n`, 0o640);

  const save = (document: ServicesDocument): Promise<void> => {
    waiting = undefined;
    states = {};
    journal = createElementJournal();
    return write(async () => {
      const text = await textOf(document);
      await files.writeAtomic(documentPath, text, 0o640);
      // What came while it was printed is not in it.
      if (Object.keys(states).length === 0) await files.remove(statesPath);
      if (journal.size === 0) await files.remove(elementsPath);
      else await writeElements();
    });
  };

  const writeWaiting = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const elementsWait = journalWaits;
    journalWaits = false;
    try {
      if (waiting) await save(waiting());
      else if (elementsWait) await write(writeElements);
    } catch (thrown) {
      log.error({ error: errorFrom(thrown).message }, 'the services document could not be written');
    }
  };

  return {
    save: (document) => save(document),
    saveLater(document) {
      waiting = document;
      timer ??= setTimeout(() => void writeWaiting(), saveAfterMs);
    },
    saveElements(policy, delta, document) {
      journal.note(policy, delta);
      journalWaits = true;
      if (journal.size > mostElements) waiting = document;
      timer ??= setTimeout(() => void writeWaiting(), saveAfterMs);
    },
    async flush() {
      await writeWaiting();
      await writing;
    },
    saveState(service, backend, state) {
      states = { ...states, [service]: { ...states[service], [backend]: state } };
      statesWait ??= write(async () => {
        // Whatever came meanwhile is in it, too.
        statesWait = undefined;
        await files.writeAtomic(statesPath, `${JSON.stringify(states)}\n`, 0o640);
      });
      return statesWait;
    },
    async load() {
      const text = await files.read(documentPath);
      if (text === undefined) return undefined;
      const parsed = parseServices(text, 'json');
      if ('document' in parsed) {
        states = await readBeside(statesPath, statesShape, 'states of backends');
        const elements = await readBeside(elementsPath, elementsShape, 'elements of policies');
        journal = createElementJournal(elements);
        return withElements(withStates(parsed.document, states), elements);
      }
      log.error(
        { path: documentPath, problems: parsed.problems.slice(0, 10) },
        'the stored services document is damaged: apply it again',
      );
      return undefined;
    },
  };
};
