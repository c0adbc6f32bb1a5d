/** Values as nftlb's JSON has them: text, every one. */

import type { RateLimit, Service } from '../model/service.js';

export type Text = Readonly<Record<string, string>>;

export const markText = (mark: number | undefined): string => `0x${(mark ?? 0).toString(16)}`;
export const rateText = (rate: RateLimit | undefined): string =>
  rate ? `${rate.count}/${rate.unit}` : '0/second';
export const wordsText = (words: readonly string[]): string => words.join(' ') || 'none';
export const verdictText = (verdict: Service['verdict']): string =>
  (verdict ?? ['log', 'drop', 'accept']).join(' ');

/** Nothing at all when there is no value. */
export const optional = (key: string, value: string | undefined): Text =>
  value === undefined ? {} : { [key]: value };

export function* mapped<T>(list: Iterable<T>, format: (entry: T) => unknown): Generator<unknown> {
  for (const entry of list) yield format(entry);
}

/** A list as `JSON.stringify(…, 8)` prints it at a depth, entry by entry. */
export function* listText(entries: Iterable<unknown>, depth: number): Generator<string> {
  const indent = ' '.repeat(8 * (depth + 1));
  let first = true;
  for (const entry of entries) {
    yield `${first ? '[' : ','}\n${indent}${JSON.stringify(entry, null, 8).replaceAll('\n', `\n${indent}`)}`;
    first = false;
  }
  yield first ? '[]' : `\n${' '.repeat(8 * depth)}]`;
}
