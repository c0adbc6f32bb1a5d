/** Lines of keepalived's notify FIFO: `INSTANCE "g1" MASTER 150`. What is half, too long or not understood disturbs nothing. */

import { type VrrpState, vrrpStates } from './keepalived-state.js';

export interface VrrpLine {
  readonly group: string;
  readonly state: VrrpState;
}

/** Longer than any line of keepalived's. */
const longest = 1_024;
const pattern = /^(?:INSTANCE|GROUP)\s+"([^"]*)"\s+([A-Z_]+)(?:\s+\d+)?\s*$/;

const isState = (word: string): word is VrrpState => (vrrpStates as readonly string[]).includes(word);

/** Undefined: another word of keepalived's (MASTER_PRIORITY, say), or none of its. */
export const parseVrrpLine = (line: string): VrrpLine | undefined => {
  const [, group, word = ''] = pattern.exec(line) ?? [];
  return group !== undefined && isState(word) ? { group, state: word } : undefined;
};

/** Puts pieces together; `forget` drops a half line, when the FIFO is another one. */
export const createVrrpReader = (onLine: (line: VrrpLine) => void) => {
  let rest = '';
  let skipping = false;
  return {
    feed(text: string): void {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const parsed = skipping ? undefined : parseVrrpLine(line);
        skipping = false;
        if (parsed) onLine(parsed);
      }
      if (rest.length <= longest) return;
      rest = '';
      skipping = true;
    },
    forget(): void {
      rest = '';
      skipping = false;
    },
  };
};
