/**
 * One drill at a time, and a note of what it has broken: `drill.json` in the lab's folder, or a file of the cluster's name. The note outlives a drill that was killed, so
 * that `relevo drill heal` knows what to put right, and no other drill starts on a broken lab.
 */

import { RelevoError } from '../errors.js';
import { labFolder } from '../lab/state.js';
import type { Files } from '../ports.js';
import { createExclusive, removeIfStill } from '../shell/exclusive.js';
import { isRunning, type ProcessIdentity, processIdentity } from '../shell/process-identity.js';
import type { FaultName } from './budgets.js';

export interface Broken {
  readonly fault: FaultName;
  readonly node: string;
}

export interface DrillNote {
  readonly version: 1;
  readonly holder: ProcessIdentity;
  /** What the drill does, for people. */
  readonly about: string;
  /** Wall-clock time, for people. */
  readonly startedAt: string;
  /** Written before anything is broken, gone once it is whole again. */
  readonly broken: Broken | null;
}

export interface DrillLock {
  /** What is about to be broken; null: all is whole. */
  note(broken: Broken | null): Promise<void>;
  release(): Promise<void>;
  /** The lab stays broken: the note stays, for whoever heals it, and this process holds it no longer. */
  abandon(): Promise<void>;
}

/** What drills take turns on. */
export interface DrillPlace {
  /** For sentences: `lab 'lab'`. */
  readonly title: string;
  readonly notePath: string;
  /** Puts right what a drill left broken. */
  readonly healCommand: string;
  /** Shows what is broken. */
  readonly statusCommand: string;
}

export const labPlace = (lab: string): DrillPlace => ({
  title: `lab '${lab}'`,
  notePath: `${labFolder(lab)}/drill.json`,
  healCommand: `relevo drill heal --lab ${lab}`,
  statusCommand: `relevo lab status --name ${lab}`,
});

/** No process has this number. */
const nobody: ProcessIdentity = { pid: 0, startTime: '' };

/** `none`; `held` by a drill that runs; `left` by one that has gone: with `broken` the lab needs healing. */
export type LockState =
  | { readonly state: 'none' }
  | { readonly state: 'held' | 'left'; readonly note: DrillNote; readonly text: string };

/** A note that cannot be read was cut short by a full disk, say: nobody holds it, and what is broken is not known. */
const readNote = (text: string): DrillNote | undefined => {
  try {
    const note = JSON.parse(text) as DrillNote;
    return note.version === 1 && typeof note.holder?.pid === 'number' ? note : undefined;
  } catch {
    return undefined;
  }
};

export const drillLockState = async (files: Files, place: DrillPlace): Promise<LockState> => {
  const text = await files.read(place.notePath);
  if (text === undefined) return { state: 'none' };
  const note = readNote(text);
  if (!note) {
    throw new RelevoError(
      'conflict',
      `${place.notePath} is not a drill's note: see what is broken ('${place.statusCommand}'), then remove it`,
    );
  }
  return { state: isRunning(note.holder) ? 'held' : 'left', note, text };
};

const brokenText = ({ fault, node }: Broken): string => `${fault} of ${node}`;

/** Throws `conflict` while another drill runs, `not-ready` when one that has gone left something broken. */
const refuse = (
  { title, healCommand }: DrillPlace,
  { state, note }: Extract<LockState, { note: DrillNote }>,
): void => {
  if (state === 'held') {
    throw new RelevoError(
      'conflict',
      `process ${note.holder.pid} drills on ${title} since ${note.startedAt} (${note.about}): wait for it`,
    );
  }
  if (note.broken) {
    throw new RelevoError(
      'not-ready',
      `a drill that was interrupted (${note.about}, ${note.startedAt}) left ${title} broken by ${brokenText(note.broken)}: '${healCommand}' puts it right`,
    );
  }
};

/** Throws as `lockDrill` would, and takes nothing. */
export const refuseWhatIsLeft = async (files: Files, place: DrillPlace): Promise<void> => {
  const found = await drillLockState(files, place);
  if (found.state !== 'none') refuse(place, found);
};

/** `healing`: also what an earlier drill left broken is taken over, for whoever heals it. */
export const lockDrill = async (
  files: Files,
  place: DrillPlace,
  about: string,
  healing = false,
): Promise<DrillLock> => {
  const path = place.notePath;
  const found = await drillLockState(files, place);
  if (found.state === 'held' || (found.state === 'left' && !healing)) refuse(place, found);
  const self = processIdentity(process.pid)!;
  let broken: Broken | null = found.state === 'left' ? found.note.broken : null;
  const noteOf = (holder: ProcessIdentity): string => {
    const startedAt = new Date().toISOString();
    return `${JSON.stringify({ version: 1, holder, about, startedAt, broken } satisfies DrillNote)}\n`;
  };
  if (found.state === 'left') removeIfStill(path, found.text);
  if (!createExclusive(path, noteOf(self))) {
    throw new RelevoError('conflict', `another drill has just started on ${place.title}: wait for it`);
  }
  return {
    note(wanted) {
      broken = wanted;
      return files.writeAtomic(path, noteOf(self));
    },
    release: () => files.remove(path),
    abandon: () => (broken ? files.writeAtomic(path, noteOf(nobody)) : files.remove(path)),
  };
};
