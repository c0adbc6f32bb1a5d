/** Lists of ports: `80,443,5060-5090`; empty for every port. */

import { limits } from '../limits.js';
import type { PortRange } from '../model/service.js';
import { type Reading, readText, show } from './service-values.js';

/** In order, overlapping and adjoining ranges joined; single ports that stand side by side stay single. */
const joined = (ranges: readonly PortRange[]): PortRange[] => {
  const sorted = [...ranges].sort((a, b) => a.first - b.first || b.last - a.last);
  const result: PortRange[] = [];
  for (const range of sorted) {
    const before = result.at(-1);
    if (before && range.first <= before.last) {
      result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
    } else result.push(range);
  }
  return result;
};

const inOrder = (ranges: readonly PortRange[]): boolean =>
  ranges.every((range, index) => index === 0 || ranges[index - 1]!.last < range.first);

/** Undefined after a problem; an empty list is every port. */
export const readPorts = (value: unknown, reading: Reading): readonly PortRange[] | undefined => {
  // The common case: one number.
  if (typeof value === 'string' && /^[1-9]\d{0,3}$/.test(value)) {
    return [{ first: Number(value), last: Number(value) }];
  }
  const text = readText(value, reading);
  if (text === undefined) return undefined;
  if (text === '' || text === '*') return [];
  const { problems, place } = reading;
  const ranges: PortRange[] = [];
  const parts = text.split(',', limits.portRangesPerAddress + 1);
  if (parts.length > limits.portRangesPerAddress) {
    problems.report(place, `lists more than ${limits.portRangesPerAddress} ports: write ranges`);
    return undefined;
  }
  for (const part of parts) {
    const [, firstText = '', lastText = firstText] =
      /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?$/.exec(part) ?? [];
    const [first, last] = [Number(firstText), Number(lastText)];
    if (firstText === '' || first < 1 || last > 65_535) {
      problems.report(place, `must be ports from 1 to 65535, such as 80,443,5060-5090, not ${show(part)}`);
      return undefined;
    }
    if (first > last) {
      problems.report(place, `the range ${first}-${last} ends before it begins: write ${last}-${first}`);
      return undefined;
    }
    ranges.push({ first, last });
  }
  return inOrder(ranges) ? ranges : joined(ranges);
};

export const portsText = (ports: readonly PortRange[]): string =>
  ports.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
