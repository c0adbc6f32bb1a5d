/**
 * Reads keepalived's notify FIFO. It is made when it is not there, looked at a few times a second, and opened anew when it was removed and made
 * again. keepalived holds its end open as long as it lives, so an end without a writer is a keepalived that has gone.
 *
 * keepalived says a state once. What it has said is kept in a file beside, so that an agent that restarts under a keepalived that lives on
 * knows it; lines written meanwhile still wait in the FIFO.
 *
 * This runs in the guard's thread, which must not wait: the FIFO is open with O_NONBLOCK, so that read(2) gives what is there or EAGAIN,
 * and whatever goes by path (and may meet a slow disk) is done by libuv's threads.
 */

import { close as closeFd, constants, fstatSync, open, readSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { mkfifo } from './libc.js';

const lookMs = 20;
const statMs = 500;
/** Kept text is cut to this: the last word per instance is near its end. */
const keptBytes = 16_384;

export interface FifoEars {
  onText(text: string): void;
  /** '': somebody writes; otherwise why nobody is heard. */
  onState(text: string): void;
}

const errorCode = (thrown: unknown): string => (thrown as NodeJS.ErrnoException).code ?? String(thrown);
const openAsync = (path: string): Promise<number> =>
  new Promise((resolve, reject) =>
    open(path, constants.O_RDONLY | constants.O_NONBLOCK, (error, fd) =>
      error ? reject(error) : resolve(fd),
    ),
  );

/** Returns the function that ends it. */
export const watchVrrpFifo = (path: string, ears: FifoEars): (() => void) => {
  const keptPath = `${path}.last`;
  const buffer = Buffer.alloc(4_096);
  let fd: number | undefined;
  let inode = 0;
  let state: string | undefined;
  let kept = '';
  /** What an agent before this one has kept, until the first look; undefined: nothing that holds. */
  let former: string | undefined;
  let statedMs = 0;
  let isBusy = false;
  let isEnded = false;
  // One after the other: a removal must not be overtaken by what was written before it.
  let writes: Promise<unknown> = Promise.resolve();

  const later = (action: () => Promise<unknown>): void => {
    // Without the file only a restart of the agent misses something: it then waits for the next word.
    writes = writes.then(action).catch(() => {});
  };
  const tell = (text: string): void => {
    if (text === state) return;
    const isBack = text === '' && state === undefined;
    state = text;
    ears.onState(text);
    if (text !== '') {
      kept = '';
      later(() => rm(keptPath, { force: true }));
    } else if (isBack && former !== undefined) {
      // This agent has just started: the words of before hold while the same keepalived lives.
      kept = former;
      ears.onText(kept);
    }
    former = undefined;
  };
  const keep = (text: string): void => {
    kept = (kept + text).slice(-keptBytes);
    const content = `${inode}\n${kept}`;
    later(() => writeFile(keptPath, content, { mode: 0o600 }));
  };
  const close = (): void => {
    if (fd !== undefined) closeFd(fd);
    fd = undefined;
  };

  const openFifo = async (): Promise<void> => {
    const opened = await openAsync(path).catch(async (thrown) => {
      if (errorCode(thrown) !== 'ENOENT') throw thrown;
      await mkfifo(path, 0o600);
      return openAsync(path);
    });
    const about = fstatSync(opened);
    if (!about.isFIFO()) {
      closeFd(opened);
      throw new Error(`${path} is not a FIFO: remove it`);
    }
    if (state === undefined) {
      const [first = '', ...lines] = (await readFile(keptPath, 'utf8').catch(() => '')).split('\n');
      if (first === String(about.ino)) former = lines.join('\n');
    }
    inode = about.ino;
    fd = opened;
    if (isEnded) close();
  };
  const checkPath = async (): Promise<void> => {
    const there = await stat(path).catch(() => undefined);
    if (fd === undefined || there?.ino === inode) return;
    close();
    tell(`the FIFO ${path} was removed`);
  };
  /** What goes by path; one thing at a time. */
  const aside = (action: () => Promise<void>, onError: (thrown: unknown) => void): void => {
    isBusy = true;
    action()
      .catch((thrown) => {
        if (!isEnded) onError(thrown);
      })
      .finally(() => {
        isBusy = false;
      });
  };

  const readAll = (from: number): void => {
    try {
      for (;;) {
        const count = readSync(from, buffer);
        if (count === 0) {
          tell(`nobody writes to ${path}: keepalived is not running, or has another vrrp_notify_fifo`);
          return;
        }
        tell('');
        const text = buffer.toString('latin1', 0, count);
        keep(text);
        ears.onText(text);
      }
    } catch (thrown) {
      if (errorCode(thrown) === 'EAGAIN') tell('');
      else {
        close();
        tell(`the FIFO ${path} cannot be read (${errorCode(thrown)})`);
      }
    }
  };
  const look = (): void => {
    const nowMs = performance.now();
    if (fd !== undefined) readAll(fd);
    if (isBusy) return;
    if (fd === undefined) {
      aside(openFifo, (thrown) => {
        const code = (thrown as NodeJS.ErrnoException).code;
        tell(code ? `the FIFO ${path} cannot be opened (${code})` : (thrown as Error).message);
      });
    } else if (nowMs >= statedMs + statMs) {
      statedMs = nowMs;
      aside(checkPath, () => {});
    }
  };
  const timer = setInterval(look, lookMs);
  look();
  return () => {
    isEnded = true;
    clearInterval(timer);
    close();
  };
};
