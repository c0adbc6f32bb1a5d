/** Append-only lines on disk: one open file, older ones compressed and counted, everything off the caller's path. */

import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LineFiles, Log } from '../ports.js';

const compress = promisify(gzip);

export interface LineFilesOptions {
  /** `<folder>/<name>.jsonl` is the open file, `<name>-<number>.jsonl.gz` are the older ones. */
  readonly folder: string;
  readonly name: string;
  readonly keptFiles: number;
  readonly queueBytes: number;
  /** After a refusal of the disk it is tried again this late. */
  readonly againMs?: number;
}

/** Adopts the open file of an earlier process, whose last line may be torn: a line end is written first. */
export const openLineFiles = async (options: LineFilesOptions, log: Log): Promise<LineFiles> => {
  const { folder, name, keptFiles, queueBytes, againMs = 5_000 } = options;
  const path = `${folder}/${name}.jsonl`;
  const older = new RegExp(`^${name}-(\\d+)\\.jsonl(\\.gz)?$`);
  let queue: (string | 'rotate')[] = [];
  let waitingBytes = 0;
  let fileBytes = 0;
  let refusedMs = Number.NEGATIVE_INFINITY;
  let working: Promise<void> | undefined;
  let onLoss: (lines: number) => void = () => {};

  const numbers = async (): Promise<{ number: number; file: string }[]> =>
    (await readdir(folder))
      .flatMap((file) => {
        const number = older.exec(file)?.[1];
        return number === undefined ? [] : [{ number: Number(number), file: `${folder}/${file}` }];
      })
      .sort((one, other) => one.number - other.number);

  const rotate = async (): Promise<void> => {
    const known = await numbers();
    const next = (known.at(-1)?.number ?? 0) + 1;
    const aside = `${folder}/${name}-${String(next).padStart(8, '0')}.jsonl`;
    await rename(path, aside);
    await writeFile(`${aside}.gz`, await compress(await readFile(aside)), { mode: 0o600 });
    await rm(aside);
    for (const { file } of known.slice(0, Math.max(0, known.length + 1 - keptFiles)))
      await rm(file, { force: true });
  };

  const work = async (): Promise<void> => {
    while (queue.length > 0) {
      const cut = queue.indexOf('rotate');
      const lines = queue.slice(0, cut < 0 ? undefined : cut);
      queue = queue.slice(cut < 0 ? queue.length : cut + 1);
      const text = lines.join('');
      waitingBytes -= text.length;
      try {
        if (text !== '') await appendFile(path, text, { mode: 0o600 });
      } catch (thrown) {
        refusedMs = performance.now();
        // The last line may be torn now: what comes next begins behind an end of line.
        queue.unshift('\n');
        waitingBytes += 1;
        onLoss(lines.reduce((sum, one) => sum + (one.match(/[^\n]\n/g)?.length ?? 0), 0));
        const error = thrown instanceof Error ? thrown.message : String(thrown);
        log.warn({ path, error }, 'lines were lost: the disk refused them');
        break;
      }
      if (cut >= 0) {
        await rotate().catch((thrown: unknown) => {
          const error = thrown instanceof Error ? thrown.message : String(thrown);
          log.warn({ path, error }, 'the full file could not be put aside');
        });
      }
    }
    working = undefined;
  };
  const wake = (): void => {
    working ??= work();
  };

  await mkdir(dirname(path), { recursive: true });
  fileBytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  if (fileBytes > 0) queue.push('\n');
  waitingBytes = queue.length;
  return {
    get bytes() {
      return fileBytes;
    },
    append(text) {
      if (waitingBytes + text.length > queueBytes || performance.now() < refusedMs + againMs) return false;
      queue.push(text);
      waitingBytes += text.length;
      fileBytes += text.length;
      wake();
      return true;
    },
    rotate() {
      queue.push('rotate');
      fileBytes = 0;
      wake();
    },
    onLoss(listener) {
      onLoss = listener;
    },
    async close() {
      await working;
    },
  };
};
