/** Single values of a services document: strings, numbers and booleans as nftlb's users write them, or a problem with its remedy. */

import { type Ipv4, parseIpv4 } from '../model/address.js';
import { didYouMean, type Place, type Problems, under } from './place.js';

export interface Reading {
  readonly problems: Problems;
  readonly place: Place;
}

const show = (value: unknown): string => {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/** Text without surrounding blanks (nftlb prints lists with a trailing one). */
export const readText = (value: unknown, { problems, place }: Reading): string | undefined => {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  problems.report(place, `must be text or a number, not ${show(value)}`);
  return undefined;
};

export const readInteger = (
  value: unknown,
  reading: Reading,
  min: number,
  max: number,
): number | undefined => {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value)
        ? Number(value)
        : Number.NaN;
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  reading.problems.report(reading.place, `must be a whole number from ${min} to ${max}, not ${show(value)}`);
  return undefined;
};

/** One of `supported`; `later` names what nftlb has and this version has not. */
export const readChoice = <T extends string>(
  value: unknown,
  reading: Reading,
  supported: readonly T[],
  later: readonly string[] = [],
): T | undefined => {
  const text = readText(value, reading);
  if (text === undefined) return undefined;
  const found = supported.find((choice) => choice === text);
  if (found !== undefined) return found;
  if (later.includes(text)) {
    reading.problems.report(
      reading.place,
      `'${text}' is not supported by this version: use ${supported.join(' or ')}`,
    );
  } else {
    const guess = didYouMean(text, [...supported, ...later]);
    reading.problems.report(
      reading.place,
      `must be ${supported.join(', ').replace(/, ([^,]*)$/, ' or $1')}, not ${show(text)}${guess}`,
    );
  }
  return undefined;
};

/** Words separated by blanks, each once. */
export const readWords = <T extends string>(
  value: unknown,
  reading: Reading,
  supported: readonly T[],
  later: readonly string[],
): T[] => {
  const text = readText(value, reading);
  const words: T[] = [];
  for (const word of text?.split(/[\s,]+/) ?? []) {
    if (word === '' || word === 'none') continue;
    const choice = readChoice(word, reading, supported, later);
    if (choice !== undefined && !words.includes(choice)) words.push(choice);
  }
  return words;
};

/** A unicast address; `undefined` after a problem, `''` for an empty text. */
export const readAddress = (value: unknown, reading: Reading): Ipv4 | '' | undefined => {
  const text = readText(value, reading);
  if (text === undefined || text === '') return text;
  const { problems, place } = reading;
  const address = parseIpv4(text);
  if (!address) {
    problems.report(
      place,
      text.includes(':')
        ? `IPv6 is not supported by this version: ${show(text)}`
        : `must be an IPv4 address such as 192.0.2.10, not ${show(text)}`,
    );
    return undefined;
  }
  const first = Number(address.slice(0, address.indexOf('.')));
  if (first === 0 || first === 127 || first >= 224) {
    problems.report(place, `must be an address that hosts can have and others can reach, not ${address}`);
    return undefined;
  }
  return address;
};

/** `80`, `80,443`. */
export const readPorts = (value: unknown, reading: Reading): number[] => {
  const text = readText(value, reading);
  if (text === undefined) return [];
  const { problems, place } = reading;
  if (text === '' || text === '*') {
    problems.report(place, 'every port (an empty list) is not supported by this version: list the ports');
    return [];
  }
  const ports: number[] = [];
  for (const part of text.split(',')) {
    const word = part.trim();
    if (/^\d+\s*-\s*\d+$/.test(word)) {
      problems.report(place, `the range ${word} is not supported by this version: list the ports`);
      continue;
    }
    const port = /^\d{1,5}$/.test(word) ? Number(word) : 0;
    if (port < 1 || port > 65_535)
      problems.report(place, `must be ports from 1 to 65535, such as 80,443, not ${show(word)}`);
    else if (ports.includes(port)) problems.report(place, `port ${port} is listed twice: remove one`);
    else ports.push(port);
  }
  return ports;
};

/** A feature of nftlb that is accepted only where it is switched off. */
export const readUnsupported = (value: unknown, reading: Reading, off: RegExp): void => {
  const text = readText(value, reading);
  if (text === undefined || off.test(text)) return;
  reading.problems.report(reading.place, `is not supported by this version: ${show(text)}; remove it`);
};

export const readUnsupportedList = (value: unknown, { problems, place }: Reading, what: string): void => {
  if (!Array.isArray(value)) problems.report(place, `must be a list, not ${show(value)}`);
  else if (value.length > 0) problems.report(place, `${what} are not supported by this version: remove them`);
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entries of a list of objects, each with its place. */
export const readObjects = (
  value: unknown,
  { problems, place }: Reading,
  each: (object: Readonly<Record<string, unknown>>, place: Place, index: number) => void,
): void => {
  if (!Array.isArray(value)) {
    problems.report(place, `must be a list, not ${show(value)}`);
    return;
  }
  value.forEach((entry: unknown, index) => {
    const at: Place = { parent: place, key: index };
    if (isObject(entry)) each(entry, at, index);
    else problems.report(at, `must be an object, not ${show(entry)}`);
  });
};

/** A name: becomes part of paths and messages, never of a rule. */
export const readName = (value: unknown, reading: Reading, maxChars: number): string | undefined => {
  const text = readText(value, reading);
  if (text === undefined) return undefined;
  if (text.length >= 1 && text.length <= maxChars && !/[\s/"'\\\p{Cc}]/u.test(text)) return text;
  reading.problems.report(
    reading.place,
    `must be 1 to ${maxChars} characters without blanks, quotes and slashes, not ${show(text)}`,
  );
  return undefined;
};

/** Hands each attribute of an object to its reader; one that nobody reads is a problem that names the nearest word. */
export const readAttributes = <Draft>(
  object: Readonly<Record<string, unknown>>,
  readers: ReadonlyMap<string, (value: unknown, draft: Draft, reading: Reading) => void>,
  draft: Draft,
  { problems, place }: Reading,
): void => {
  for (const key in object) {
    const read = readers.get(key);
    if (read) read(object[key], draft, { problems, place: under(place, key) });
    else {
      const remedy = didYouMean(key, readers.keys()) || ': remove it';
      problems.report(under(place, key), `unknown attribute${remedy}`, 'unknown-attribute');
    }
  }
};
