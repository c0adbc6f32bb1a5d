/** Reads what a command was given: a file, or standard input for `-`. */

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { RelevoError } from '../errors.js';
import { limits } from '../limits.js';

export const readInput = async (path: string): Promise<string> => {
  if (path === '-') return text(process.stdin);
  try {
    const content = await readFile(path, 'utf8');
    if (content.length > limits.documentBytes) {
      throw new RelevoError('bad-document', `${path}: longer than ${limits.documentBytes} bytes`);
    }
    return content;
  } catch (error) {
    if (error instanceof RelevoError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RelevoError('not-found', `${path}: ${code === 'ENOENT' ? 'no such file' : message}`, {}, error);
  }
};
