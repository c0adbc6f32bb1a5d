/** Entries of the replica as JSON, made and sent in pieces: a million are 180 MB of text, and other work goes on between the pieces. */

import type { NodeControl } from '../model/status.js';

/** About 5 ms of work. */
const pieceEntries = 1_000;

/** The text of `{ entries, general }`. Entries that come or go meanwhile may be in it or not. */
export async function* dumpText({
  entries,
  general,
}: ReturnType<NodeControl['syncDump']>): AsyncGenerator<string> {
  let piece: string[] = [];
  let before = '{"entries":[';
  for (const entry of entries) {
    piece.push(JSON.stringify(entry));
    if (piece.length < pieceEntries) continue;
    yield before + piece.join();
    before = ',';
    piece = [];
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield `${piece.length > 0 || before !== ',' ? before : ''}${piece.join()}],"general":${JSON.stringify(general)}}`;
}

/** The same as a stream, read as fast as it is taken. */
export const dumpStream = (dump: ReturnType<NodeControl['syncDump']>): ReadableStream<Uint8Array> => {
  const pieces = dumpText(dump);
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
};
