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

/** An object of texts, as `JSON.stringify` with an indent: lists of sessions have tens of thousands. */
const flatText = (entry: object, indent: string): string | undefined => {
  let text = '';
  const values = entry as Readonly<Record<string, unknown>>;
  for (const key in values) {
    const value = values[key];
    if (typeof value !== 'string') return undefined;
    text += `${text === '' ? '{' : ','}\n${indent}        "${key}": ${JSON.stringify(value)}`;
  }
  return text === '' ? undefined : `${text}\n${indent}}`;
};

const entryText = (entry: unknown, indent: string): string =>
  (typeof entry === 'object' && entry !== null && !Array.isArray(entry) && flatText(entry, indent)) ||
  JSON.stringify(entry, null, 8).replaceAll('\n', `\n${indent}`);

/** An object whose last attribute is a long list: it is made and printed entry by entry. */
export class LongEntry {
  constructor(
    readonly head: Text,
    readonly key: string,
    readonly list: Iterable<unknown>,
  ) {}
}

/** A list as `JSON.stringify(…, 8)` prints it at a depth, entry by entry. */
export function* listText(entries: Iterable<unknown>, depth: number): Generator<string> {
  const indent = ' '.repeat(8 * (depth + 1));
  let first = true;
  for (const entry of entries) {
    yield `${first ? '[' : ','}\n${indent}`;
    if (entry instanceof LongEntry) {
      const inner = ' '.repeat(8 * (depth + 2));
      const head = flatText(entry.head, indent)?.slice(0, -`\n${indent}}`.length) ?? '{';
      yield `${head},\n${inner}"${entry.key}": `;
      yield* listText(entry.list, depth + 2);
      yield `\n${indent}}`;
    } else yield entryText(entry, indent);
    first = false;
  }
  yield first ? '[]' : `\n${' '.repeat(8 * depth)}]`;
}
