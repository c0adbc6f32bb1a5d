/** Folders: made, listed and removed whole. */

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';

export const makeFolder = (path: string, mode = 0o700): void => {
  mkdirSync(path, { recursive: true, mode });
};

/** No error if it is not there. */
export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Names inside, sorted; empty when the folder is not there. */
export const listFolder = (path: string): string[] => (existsSync(path) ? readdirSync(path).sort() : []);

export const pathExists = (path: string): boolean => existsSync(path);
