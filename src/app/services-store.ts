/**
 * The services document on disk: written after the kernel took it, read back when the agent starts. States of single backends are
 * kept beside it, so that one backend going down among ten thousand services writes a line and not a document.
 */

import { z } from 'zod';
import { parseServices } from '../config/services.js';
import { servicesText } from '../config/services-format.js';
import { errorFrom } from '../errors.js';
import type { BackendState, ServicesDocument } from '../model/service.js';
import type { Files, Log } from '../ports.js';

export interface ServicesStore {
  /** The whole document; forgets the states kept beside the last one. */
  save(document: ServicesDocument): Promise<void>;
  /** The same soon, and once for all changes until then; a power cut before that leaves the last document. */
  saveLater(document: () => ServicesDocument): void;
  /** Resolves when nothing waits to be written. */
  flush(): Promise<void>;
  saveState(service: string, backend: string, state: BackendState): Promise<void>;
  /** Undefined when there is none, or when what is there cannot be read (logged: the node starts without services). */
  load(): Promise<ServicesDocument | undefined>;
}

const statesShape = z.record(z.string(), z.record(z.string(), z.enum(['up', 'down', 'off'])));
type States = z.infer<typeof statesShape>;

/** Changes come in bursts; a document of ten thousand services takes 100 ms to print. */
const saveAfterMs = 1_000;
/** Printed at a time before others have their turn. */
const slicePieces = 40;

const textOf = async (document: ServicesDocument): Promise<string> => {
  const pieces: string[] = [];
  for (const piece of servicesText(document)) {
    pieces.push(piece);
    if (pieces.length % slicePieces === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return pieces.join('');
};

const withStates = (document: ServicesDocument, states: States): ServicesDocument => ({
  ...document,
  services: document.services.map((service) => {
    const changed = states[service.name];
    if (!changed) return service;
    const backends = service.backends.map((backend) => ({
      ...backend,
      state: changed[backend.name] ?? backend.state,
    }));
    return { ...service, backends };
  }),
});

export const createServicesStore = (files: Files, folder: string, log: Log): ServicesStore => {
  const documentPath = `${folder}/services.json`;
  const statesPath = `${folder}/states.json`;
  let states: States = {};
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

  const readStates = async (): Promise<States> => {
    const text = await files.read(statesPath);
    if (text === undefined) return {};
    try {
      return statesShape.parse(JSON.parse(text));
    } catch {
      log.error({ path: statesPath }, 'the stored states of backends are damaged and count as none');
      return {};
    }
  };

  const save = (document: ServicesDocument): Promise<void> => {
    waiting = undefined;
    states = {};
    return write(async () => {
      const text = await textOf(document);
      await files.writeAtomic(documentPath, text, 0o640);
      // States that came while it was printed are not in it.
      if (Object.keys(states).length === 0) await files.remove(statesPath);
    });
  };

  const writeWaiting = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (!waiting) return;
    try {
      await save(waiting());
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
        states = await readStates();
        return withStates(parsed.document, states);
      }
      log.error(
        { path: documentPath, problems: parsed.problems.slice(0, 10) },
        'the stored services document is damaged: apply it again',
      );
      return undefined;
    },
  };
};
