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
import type { Files, Hash, Log } from '../ports.js';
import type { PolicyDelta } from '../ruleset/features/lists/elements.js';
import { sealed, unsealed } from './sealed-text.js';
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
  /** Writes it beside what is there, so that `commit` needs no room: rejects with `disk-full` and has changed nothing. */
  prepare(document: ServicesDocument, note: string): Promise<void>;
  /** What was prepared is the document. */
  commit(): Promise<void>;
  /** What is kept with the document as one line: asked for at each write, and as it was read. */
  keepNote(note: () => string): void;
  readonly storedNote: string | undefined;
  /** Read from the file before the last one, which is damaged, or with changes that came after it. */
  readonly source: 'whole' | 'changed' | 'previous';
  /** Why the disk does not have what is in force. */
  readonly problem: string | undefined;
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

/** After a failed write. */
const retryMs = 10_000;

export const createServicesStore = (files: Files, folder: string, log: Log, hash?: Hash): ServicesStore => {
  const documentPath = `${folder}/services.json`;
  const nextPath = `${documentPath}.next`;
  const preparedPath = `${documentPath}.prepared`;
  const previousPath = `${documentPath}.previous`;
  const statesPath = `${folder}/states.json`;
  const elementsPath = `${folder}/elements.json`;
  let states: States = {};
  let journal = createElementJournal();
  let journalWaits = false;
  let writing: Promise<void> = Promise.resolve();
  let statesWait: Promise<void> | undefined;
  let waiting: (() => ServicesDocument) | undefined;
  let note = (): string => '{}';
  let storedNote: string | undefined;
  let source: ServicesStore['source'] = 'whole';
  let problem: string | undefined;
  let stopping = false;
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

  const writeBeside = async (path: string, document: ServicesDocument, about: string): Promise<void> => {
    const text = await textOf(document);
    await files.writeAtomic(path, hash ? sealed(about, text, hash) : text, 0o640);
  };

  /** Renaming needs no room: whatever happens between, one of the two is whole. */
  const putInPlace = async (path: string): Promise<void> => {
    await files.rename(documentPath, previousPath);
    await files.rename(path, documentPath);
    problem = undefined;
  };

  const replace = (work: () => Promise<void>): Promise<void> => {
    waiting = undefined;
    states = {};
    journal = createElementJournal();
    return write(async () => {
      await work();
      // What came while it was printed is not in it.
      if (Object.keys(states).length === 0) await files.remove(statesPath);
      if (journal.size === 0) await files.remove(elementsPath);
      else await writeElements();
    });
  };

  const save = (document: ServicesDocument): Promise<void> => {
    const about = note();
    return replace(async () => {
      await writeBeside(nextPath, document, about);
      await putInPlace(nextPath);
    });
  };

  /** The newest that is whole: a crash between two renames leaves the new one under its first name. */
  const readWhole = async (): Promise<{ text: string; note?: string } | undefined> => {
    let damaged = false;
    for (const path of [documentPath, ...(hash ? [nextPath, preparedPath, previousPath] : [])]) {
      // What was prepared and never committed stands beside a document.
      if ((path === nextPath || path === preparedPath) && damaged) continue;
      const content = await files.read(path);
      if (content === undefined) continue;
      const read = hash ? unsealed(content, hash) : 'plain';
      if (read === 'torn') {
        damaged = true;
        log.error({ path }, 'the stored services document is damaged: the one before it is used');
        continue;
      }
      if (damaged) source = 'previous';
      return read === 'plain' ? { text: content } : read;
    }
    return undefined;
  };

  const writeWaiting = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const elementsWait = journalWaits;
    const wanted = waiting;
    journalWaits = false;
    try {
      if (wanted) await save(wanted());
      else if (elementsWait) await write(writeElements);
    } catch (thrown) {
      problem = errorFrom(thrown).message;
      log.error({ error: problem }, 'the services document could not be written');
      waiting ??= wanted;
      journalWaits ||= elementsWait;
      if (!stopping) timer ??= setTimeout(() => void writeWaiting(), retryMs);
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
    prepare: (document, about) => write(() => writeBeside(preparedPath, document, about)),
    commit: () => replace(() => putInPlace(preparedPath)),
    keepNote(wanted) {
      note = wanted;
    },
    get storedNote() {
      return storedNote;
    },
    get source() {
      return source;
    },
    get problem() {
      return problem;
    },
    async flush() {
      stopping = true;
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
      const found = await readWhole();
      if (found === undefined) return undefined;
      const parsed = parseServices(found.text, 'json');
      if ('document' in parsed) {
        storedNote = found.note;
        // States and elements beside it belong to the one that is damaged.
        if (source === 'previous') return parsed.document;
        states = await readBeside(statesPath, statesShape, 'states of backends');
        const elements = await readBeside(elementsPath, elementsShape, 'elements of policies');
        journal = createElementJournal(elements);
        if (journal.size > 0) source = 'changed';
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
