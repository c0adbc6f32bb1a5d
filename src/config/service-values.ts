/** Single values of a services document: strings, numbers and booleans as nftlb's users write them, or a problem with its remedy. */

import { limits } from '../limits.js';
import { type Ip, isIpv6, parseIp } from '../model/address.js';
import type { RateLimit } from '../model/service.js';
import { didYouMean, type Place, type Problems, under } from './place.js';

export interface Reading {
  readonly problems: Problems;
  readonly place: Place;
}

const jsonOf = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // JSON.parse follows any depth, JSON.stringify only as far as the stack goes.
    return 'something nested too deep';
  }
};

export const show = (value: unknown): string => {
  const text = typeof value === 'string' ? `'${value}'` : jsonOf(value);
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

/** `must be tcp, udp or sctp, not 'tpc': did you mean 'tcp'?` */
const reportChoice = (text: string, choices: readonly string[], { problems, place }: Reading): void => {
  const listed = choices.join(', ').replace(/, ([^,]*)$/, ' or $1');
  problems.report(place, `must be ${listed}, not ${show(text)}${didYouMean(text, choices)}`);
};

export const readChoice = <T extends string>(
  value: unknown,
  reading: Reading,
  choices: readonly T[],
): T | undefined => {
  const text = readText(value, reading);
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) reportChoice(text, choices, reading);
  return found;
};

const truths = new Map<string, boolean>([
  ['on', true],
  ['true', true],
  ['off', false],
  ['false', false],
  ['', false],
]);

/** `on`, `off`, true, false. */
export const readFlag = (value: unknown, reading: Reading): boolean => {
  const text = readText(value, reading);
  const truth = text === undefined ? false : truths.get(text);
  if (truth === undefined) reportChoice(text!, ['on', 'off'], reading);
  return truth ?? false;
};

/** Words separated by blanks, each once. */
export const readWords = <T extends string>(value: unknown, reading: Reading, choices: readonly T[]): T[] => {
  const text = readText(value, reading);
  const words: T[] = [];
  for (const word of text?.split(/[\s,]+/) ?? []) {
    if (word === '' || word === 'none') continue;
    const choice = choices.find((one) => one === word);
    if (choice === undefined) reportChoice(word, choices, reading);
    else if (!words.includes(choice)) words.push(choice);
  }
  return words;
};

/** That hosts can have and others can reach: no loopback, multicast, unspecified or link-local one. */
const isReachable = (address: Ip): boolean => {
  if (isIpv6(address)) return address !== '::' && address !== '::1' && !/^(ff|fe[89ab])/.test(address);
  const first = Number(address.slice(0, address.indexOf('.')));
  return first !== 0 && first !== 127 && first < 224;
};

/** A unicast address; `undefined` after a problem, `''` for an empty text. */
export const readAddress = (value: unknown, reading: Reading): Ip | '' | undefined => {
  const text = readText(value, reading);
  if (text === undefined || text === '') return text;
  const { problems, place } = reading;
  const address = parseIp(text);
  if (!address) {
    problems.report(place, `must be an address such as 192.0.2.10 or 2001:db8::10, not ${show(text)}`);
    return undefined;
  }
  if (isReachable(address)) return address;
  problems.report(place, `must be an address that hosts can have and others can reach, not ${address}`);
  return undefined;
};

/** Hexadecimal with or without 0x, 32 bits; 0 is none. */
export const readMark = (value: unknown, reading: Reading): number | undefined => {
  const text = readText(value, reading);
  if (text === undefined || text === '') return undefined;
  if (/^(0x)?[0-9a-f]{1,8}$/i.test(text)) {
    const mark = Number.parseInt(text.replace(/^0x/i, ''), 16);
    return mark === 0 ? undefined : mark;
  }
  reading.problems.report(reading.place, `must be a mark in hexadecimal such as 0x10, not ${show(text)}`);
  return undefined;
};

/** Per second, a limit of nft counts nanoseconds in 64 bits: no bound of ours; nftlb's counts are 32-bit. */
const mostPerUnit = 4_294_967;
const units: readonly RateLimit['unit'][] = ['second', 'minute', 'hour', 'day', 'week'];

/** `10/second`; undefined for none, which is `0/second`. */
export const readRate = (
  value: unknown,
  reading: Reading,
): { readonly count: number; readonly unit: RateLimit['unit'] } | undefined => {
  const text = readText(value, reading);
  if (text === undefined || text === '') return undefined;
  const [, digits = '', unitText = 'second'] = /^(\d{1,9})(?:\s*\/\s*(\w+))?$/.exec(text) ?? [];
  const unit = units.find((one) => one === unitText);
  if (digits === '' || !unit || Number(digits) > mostPerUnit) {
    const message = `must be a rate such as 10/second, per ${units.join(', ')}, not ${show(text)}`;
    reading.problems.report(reading.place, message);
    return undefined;
  }
  return Number(digits) > 0 ? { count: Number(digits), unit } : undefined;
};

/** Text for the kernel's log: goes into netlink as bytes, never through a parser. NF_LOG_PREFIXLEN is 128 with the closing zero. */
export const readLogPrefix = (value: unknown, reading: Reading): string | undefined => {
  const text = readText(value, reading);
  if (text === undefined || text === '') return undefined;
  if (Buffer.byteLength(text) <= limits.logPrefixBytes && !/\p{Cc}/u.test(text)) return text;
  reading.problems.report(
    reading.place,
    `must be at most ${limits.logPrefixBytes} bytes without control characters, not ${show(text)}`,
  );
  return undefined;
};

/** `52:54:00:12:34:56`, in lower case; undefined for none. */
export const readEther = (value: unknown, reading: Reading): string | undefined => {
  const text = readText(value, reading)?.toLowerCase();
  if (text === undefined || text === '' || text === 'none') return undefined;
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) && !/[13579bdf]/.test(text[1]!)) return text;
  reading.problems.report(
    reading.place,
    `must be the Ethernet address of one host, such as 52:54:00:12:34:56, not ${show(text)}`,
  );
  return undefined;
};

/** Name of an interface (IFNAMSIZ is 16 with the closing zero); undefined for none. */
export const readInterface = (value: unknown, reading: Reading): string | undefined => {
  const text = readText(value, reading);
  if (text === undefined || text === '') return undefined;
  if (/^[^\s/\p{Cc}]{1,15}$/u.test(text)) return text;
  reading.problems.report(
    reading.place,
    `must be an interface name of 1 to 15 characters, not ${show(text)}`,
  );
  return undefined;
};

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
