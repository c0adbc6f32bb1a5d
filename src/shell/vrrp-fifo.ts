/**
 * Reads keepalived's notify FIFO. It is made when it is not there, looked at a few times a second, and opened anew when it was removed and made
 * again. keepalived holds its end open as long as it lives, so an end without a writer is a keepalived that has gone.
 *
 * keepalived says a state once. What it has said is kept in a file beside, so that an agent that restarts under a keepalived that lives on
 * knows it; lines written meanwhile still wait in the FIFO.
 */

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

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

/** Returns the function that ends it. */
export const watchVrrpFifo = (path: string, ears: FifoEars): (() => void) => {
  const keptPath = `${path}.last`;
  const buffer = Buffer.alloc(4_096);
  let fd: number | undefined;
  let inode = 0;
  let state: string | undefined;
  let kept = '';
  let lookedMs = 0;

  const tell = (text: string): void => {
    if (text === state) return;
    const isBack = text === '' && state === undefined;
    state = text;
    ears.onState(text);
    if (text !== '') {
      kept = '';
      rmSync(keptPath, { force: true });
      return;
    }
    if (!isBack) return;
    // This agent has just started: the words of before hold while the same keepalived lives.
    try {
      const [first = '', ...lines] = readFileSync(keptPath, 'utf8').split('\n');
      if (first !== String(inode)) return;
      kept = lines.join('\n');
      ears.onText(kept);
    } catch {
      // Nothing was kept.
    }
  };
  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const open = (): void => {
    try {
      if (!statSync(path, { throwIfNoEntry: false }))
        execFileSync('mkfifo', ['-m', '0600', path], { stdio: 'pipe' });
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stat = fstatSync(fd);
      inode = stat.ino;
      if (stat.isFIFO()) return;
      close();
      tell(`${path} is not a FIFO: remove it`);
    } catch (thrown) {
      close();
      tell(`the FIFO ${path} cannot be opened (${errorCode(thrown)})`);
    }
  };
  const keep = (text: string): void => {
    kept = (kept + text).slice(-keptBytes);
    try {
      writeFileSync(keptPath, `${inode}\n${kept}`, { mode: 0o600 });
    } catch {
      // Only a restart of the agent misses it: it then waits for the next word.
    }
  };
  const look = (): void => {
    const nowMs = performance.now();
    if (fd !== undefined && nowMs >= lookedMs + statMs) {
      lookedMs = nowMs;
      const there = statSync(path, { throwIfNoEntry: false });
      if (there?.ino !== inode) {
        close();
        tell(`the FIFO ${path} was removed`);
      }
    }
    if (fd === undefined) open();
    if (fd === undefined) return;
    try {
      for (;;) {
        const count = readSync(fd, buffer);
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
  const timer = setInterval(look, lookMs);
  look();
  return () => {
    clearInterval(timer);
    close();
  };
};
