/** The thread that dumps a large map `persist`: what the kernel does in these calls would hold up the event loop for tenths of a second. */

import { parentPort } from 'node:worker_threads';
import { type ErrorCode, errorFrom } from '../errors.js';
import type { EntryColumns } from '../model/columns.js';
import { createScanSocket, scanEntries } from './persistence-scan.js';

export type FromScan =
  | { readonly kind: 'piece'; readonly entries: EntryColumns }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

const post = (message: FromScan): void => parentPort?.postMessage(message);

// The thread ends by itself when its socket has closed: ending it under the socket could take the process along.
try {
  await scanEntries(createScanSocket(), (entries) => post({ kind: 'piece', entries }));
  post({ kind: 'end' });
} catch (thrown) {
  const { code, message } = errorFrom(thrown);
  post({ kind: 'failed', code, message });
}
