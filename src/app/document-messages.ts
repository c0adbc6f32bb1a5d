/** Payloads cut into pieces for the wire, and put together again. */

import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';
import type { DocumentFrame } from '../replication/document/types.js';
import type { DocumentMessage, DocumentPartEnd } from '../wire/frames.js';
import type { DocumentContent, DocumentObject } from './document-content.js';

type Frame = DocumentFrame<DocumentObject>;
const pieceBytes = limits.documentPartBytes;

/** What travels for a frame, in order. */
export const messagesOf = (frame: Frame, content: DocumentContent): DocumentMessage[] => {
  if (frame.kind !== 'change' && frame.kind !== 'prepare') return [frame];
  const { version, whole, base, change } = frame.payload;
  const text = new TextEncoder().encode(content.encode(change, whole));
  const end: DocumentPartEnd = {
    version,
    whole,
    base,
    prepare: frame.kind === 'prepare',
    mergeable: frame.kind === 'change' && frame.mergeable,
    remainingMs: frame.kind === 'change' ? Math.round(frame.remainingMs) : 0,
  };
  const messages: DocumentMessage[] = [];
  for (let at = 0; at === 0 || at < text.length; at += pieceBytes) {
    const isLast = at + pieceBytes >= text.length;
    messages.push({ kind: 'part', text: text.subarray(at, at + pieceBytes), end: isLast ? end : undefined });
  }
  return messages;
};

export interface Received {
  readonly text: string;
  readonly end: DocumentPartEnd;
}

/** One payload at a time from one peer. */
export class PayloadReader {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** Undefined until the last piece. Throws `bad-frame` when it is too large. */
  add(text: Uint8Array, end: DocumentPartEnd | undefined): Received | undefined {
    this.#pieces.push(text);
    this.#bytes += text.length;
    if (this.#bytes > limits.documentBytes) {
      this.clear();
      throw new RelevoError('bad-frame', `a services document of more than ${limits.documentBytes} bytes`);
    }
    if (!end) return undefined;
    const decoder = new TextDecoder();
    const whole = this.#pieces.map((piece) => decoder.decode(piece, { stream: true })).join('');
    this.clear();
    return { text: whole + decoder.decode(), end };
  }

  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }
}

export const frameOf = ({ text, end }: Received, content: DocumentContent): Frame => {
  const { version, whole, base, prepare, mergeable, remainingMs } = end;
  const payload = { version, whole, base, change: content.decode(text, whole) };
  return prepare ? { kind: 'prepare', payload } : { kind: 'change', payload, mergeable, remainingMs };
};
