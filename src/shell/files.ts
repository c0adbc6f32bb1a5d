/** Small files (configuration, state): read whole, written so that a power cut leaves the old or the new content. */

import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RelevoError } from '../errors.js';
import type { Files } from '../ports.js';

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;

const fileError = (thrown: unknown, doing: string, path: string): RelevoError => {
  const code = codeOf(thrown);
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new RelevoError('not-permitted', `${doing} ${path} is not permitted (${code})`, { path }, thrown);
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const remedy = 'make room, or give the folder a larger file system';
    return new RelevoError(
      'disk-full',
      `${doing} ${path}: no space left on the device (${code}): ${remedy}`,
      { path },
      thrown,
    );
  }
  if (code === 'EISDIR' || code === 'ENOTDIR') {
    const what = code === 'EISDIR' ? 'it is a folder' : 'a part of it is no folder';
    return new RelevoError(
      'bad-request',
      `${doing} ${path} failed: ${what}: name a file`,
      { path, code },
      thrown,
    );
  }
  return new RelevoError('internal', `${doing} ${path} failed: ${why}`, { path, code }, thrown);
};

/** rename(2) is durable only once the folder that holds the name is synced too. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

const writeSynced = async (handle: FileHandle, content: string): Promise<void> => {
  try {
    await handle.writeFile(content, 'utf8');
    await handle.sync();
  } finally {
    await handle.close();
  }
};

export const createFiles = (): Files => ({
  async remove(path) {
    try {
      await unlink(path);
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT') throw fileError(thrown, 'removing', path);
    }
  },
  async rename(from, to) {
    try {
      await rename(from, to);
      await syncFolder(dirname(to));
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return false;
      throw fileError(thrown, 'renaming', from);
    }
  },
  async read(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return undefined;
      throw fileError(thrown, 'reading', path);
    }
  },
  async writeAtomic(path, content, mode = 0o600) {
    const folder = dirname(path);
    const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.new`;
    try {
      await mkdir(folder, { recursive: true });
      await writeSynced(await open(beside, 'wx', mode), content);
      await rename(beside, path);
      await syncFolder(folder);
    } catch (thrown) {
      await unlink(beside).catch(() => undefined);
      throw fileError(thrown, 'writing', path);
    }
  },
});
