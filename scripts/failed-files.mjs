/**
 * Reads what AVA printed (standard input) and prints the files whose tests failed, a line each. Exit status 1 when
 * anything but single tests went wrong (a crash, a time limit, a hook, nothing run): that no second run excuses.
 */
import { existsSync, readFileSync } from 'node:fs';

const lines = readFileSync(0, 'utf8').split('\n');
const summary = lines
  .slice(lines.findLastIndex((line) => line.trim() === '─') + 1)
  .map((line) => line.trim())
  .filter(Boolean);
const isOnlyTests = summary.some((line) => /^\d+ tests? failed$/.test(line));
const isElse = summary.some((line) => !/^\d+ tests? (failed|skipped|todo)$/.test(line));

/** 'netns › drain › a title › with more' is of test/netns/drain.test.ts. */
const fileOf = (title) => {
  const steps = title.split(' › ');
  for (let length = 1; length < steps.length; length++) {
    const file = `test/${steps.slice(0, length).join('/')}.test.ts`;
    if (existsSync(file)) return file;
  }
  return undefined;
};

const failed = lines.flatMap((line) => /^ *✘ \[fail\]:? (.*)$/.exec(line)?.[1] ?? []).map(fileOf);
if (!isOnlyTests || isElse || failed.length === 0 || failed.includes(undefined)) process.exit(1);
console.log([...new Set(failed)].join('\n'));
