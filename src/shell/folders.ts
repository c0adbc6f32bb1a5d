/** Folders: made and removed whole. */

import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';

export const makeFolder = (path: string, mode = 0o700): void => {
  mkdirSync(path, { recursive: true, mode });
};

/** No error if it is not there. */
export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true });

export const pathExists = (path: string): boolean => existsSync(path);

/** A symbolic link at `path`, in place of whatever is there. */
export const makeLink = (path: string, target: string): void => {
  rmSync(path, { force: true });
  symlinkSync(target, path);
};

/** The folder that holds a path. */
export const folderOf = (path: string): string => dirname(path);

/** Paths of the files of a folder whose names end so, in the order of names. */
export const listFiles = (folder: string, ending: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => `${folder}/${name}`);
