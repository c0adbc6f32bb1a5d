/** The lines of a file, compressed or not, one after the other: files may be larger than memory. */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { RelevoError } from '../errors.js';

/** Rejects with `not-found` or `bad-request` and the file's name. */
export const readLines = async (path: string, onLine: (line: string) => void): Promise<void> => {
  const source = createReadStream(path);
  const unpacked = path.endsWith('.gz') ? createGunzip() : undefined;
  const flowing = unpacked ? pipeline(source, unpacked) : undefined;
  try {
    const lines = createInterface({ input: unpacked ?? source, crlfDelay: Number.POSITIVE_INFINITY });
    flowing?.catch((error: Error) => lines.emit('error', error));
    for await (const line of lines) onLine(line);
    await flowing;
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new RelevoError('not-found', `${path}: there is no such file`, {}, thrown);
    throw new RelevoError('bad-request', `${path}: cannot be read: ${message}`, {}, thrown);
  }
};
