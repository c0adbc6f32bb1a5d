/** `health` of a farm: an object of texts, as everything that nftlb's clients send; `kind` says what is asked. */

import type { HealthCheck, StatusRange } from '../model/health-check.js';
import type { Service } from '../model/service.js';
import type { Text } from './format-values.js';
import { under } from './place.js';
import {
  isObject,
  type Reading,
  readAttributes,
  readChoice,
  readInteger,
  readText,
  show,
} from './service-values.js';

type Draft = { -readonly [K in keyof HealthCheck]?: HealthCheck[K] | undefined };
type Attribute = (value: unknown, draft: Draft, reading: Reading) => void;

const kinds = ['tcp', 'http', 'https'] as const;
const leastIntervalMs = 100;
const mostIntervalMs = 3_600_000;
const mostTimeoutMs = 60_000;
const mostInARow = 100;
const defaults = { intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3 } as const;
const defaultStatuses: readonly StatusRange[] = [{ first: 200, last: 399 }];

/** `200-299,404`. */
const readStatuses = (value: unknown, reading: Reading): StatusRange[] | undefined => {
  const text = readText(value, reading);
  if (text === undefined) return undefined;
  const ranges = text.split(/[\s,]+/).map((part): StatusRange | undefined => {
    const [, first = '', last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? [];
    return first !== '' && first <= last ? { first: Number(first), last: Number(last) } : undefined;
  });
  if (ranges.every((range) => range !== undefined)) return ranges;
  reading.problems.report(
    reading.place,
    `must be statuses of HTTP such as 200, 200-299 or 200-399,404, not ${show(value)}`,
  );
  return undefined;
};

const readLine = (value: unknown, reading: Reading, pattern: RegExp, remedy: string): string | undefined => {
  const text = readText(value, reading);
  if (text === undefined || text === '') return undefined;
  if (pattern.test(text)) return text;
  reading.problems.report(reading.place, `must be ${remedy}, not ${show(text)}`);
  return undefined;
};

const attributes = new Map<string, Attribute>(
  Object.entries({
    kind(value, draft, reading) {
      draft.kind = readChoice(value, reading, kinds);
    },
    'interval-ms'(value, draft, reading) {
      draft.intervalMs = readInteger(value, reading, leastIntervalMs, mostIntervalMs);
    },
    'timeout-ms'(value, draft, reading) {
      draft.timeoutMs = readInteger(value, reading, 1, mostTimeoutMs);
    },
    rise(value, draft, reading) {
      draft.rise = readInteger(value, reading, 1, mostInARow);
    },
    fall(value, draft, reading) {
      draft.fall = readInteger(value, reading, 1, mostInARow);
    },
    port(value, draft, reading) {
      if (value !== '') draft.port = readInteger(value, reading, 1, 65_535);
    },
    path(value, draft, reading) {
      draft.path = readLine(
        value,
        reading,
        /^\/[\x21-\x7e]{0,1023}$/,
        'a path such as /health, without blanks',
      );
    },
    host(value, draft, reading) {
      draft.host = readLine(value, reading, /^[A-Za-z0-9.:[\]_-]{1,255}$/, 'the name of a host');
    },
    status(value, draft, reading) {
      draft.statuses = readStatuses(value, reading);
    },
  } satisfies Record<string, Attribute>),
);

const ofHttp = ['path', 'host', 'status'] as const;

/** An empty text takes the check away; undefined after a problem, too. */
export const readHealth = (value: unknown, reading: Reading): HealthCheck | undefined => {
  const { problems, place } = reading;
  if (value === '' || value === 'none') return undefined;
  if (!isObject(value)) {
    problems.report(
      place,
      `must be an object such as {"kind": "tcp"}, or empty for none, not ${show(value)}`,
    );
    return undefined;
  }
  const before = problems.count;
  const draft: Draft = {};
  readAttributes(value, attributes, draft, reading);
  if (!('kind' in value)) problems.report(under(place, 'kind'), 'is missing: tcp, http or https');
  const { kind } = draft;
  if (kind === 'tcp') {
    const other = ofHttp.find((key) => key in value);
    if (other)
      problems.report(under(place, other), 'is for kind http and https: remove it, or change the kind');
  }
  const intervalMs = draft.intervalMs ?? defaults.intervalMs;
  const timeoutMs = draft.timeoutMs ?? Math.min(defaults.timeoutMs, intervalMs);
  if (timeoutMs > intervalMs) {
    const message = `is longer than the interval of ${intervalMs} ms: a check would wait for the one before`;
    problems.report(under(place, 'timeout-ms'), message);
  }
  if (problems.count > before || kind === undefined) return undefined;
  const { port, host } = draft;
  return {
    kind,
    intervalMs,
    timeoutMs,
    rise: draft.rise ?? defaults.rise,
    fall: draft.fall ?? defaults.fall,
    ...(port !== undefined && { port }),
    ...(kind !== 'tcp' && {
      path: draft.path ?? '/',
      ...(host !== undefined && { host }),
      statuses: draft.statuses ?? defaultStatuses,
    }),
  };
};

/** Which port is asked; undefined: nothing says so. */
export const checkedPort = (
  { addresses }: Pick<Service, 'addresses'>,
  check: HealthCheck,
  port: number | undefined,
): number | undefined => {
  if (check.port !== undefined || port !== undefined) return check.port ?? port;
  const ranges = addresses.flatMap(({ ports }) => ports);
  const only = ranges[0]?.first;
  return ranges.every(({ first, last }) => first === only && last === only) ? only : undefined;
};

/** What the check asks is there to be asked. */
export const checkHealth = (
  service: Service,
  report: (key: string, message: string) => void,
  reportBackend: (index: number, message: string) => void,
): void => {
  const { health, addresses, mode, backends } = service;
  if (!health) return;
  if (mode === 'local') {
    report('health', 'asks backends, and mode local has none: remove it');
    return;
  }
  const other = addresses.find(({ protocol }) => protocol !== 'tcp');
  if (health.port === undefined && other) {
    const message = `asks by tcp, and ${other.address} is ${other.protocol}: say on which port the backends answer`;
    report('health.port', message);
    return;
  }
  backends.forEach(({ port }, index) => {
    if (addresses.length === 0 || checkedPort(service, health, port) !== undefined) return;
    reportBackend(
      index,
      "is not one that a check could ask: give it a port, or give one under the farm's health",
    );
  });
};

const statusText = (ranges: readonly StatusRange[]): string =>
  ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');

export const healthText = (health: HealthCheck): Text => ({
  kind: health.kind,
  'interval-ms': String(health.intervalMs),
  'timeout-ms': String(health.timeoutMs),
  rise: String(health.rise),
  fall: String(health.fall),
  ...(health.port !== undefined && { port: String(health.port) }),
  ...(health.path !== undefined && { path: health.path }),
  ...(health.host !== undefined && { host: health.host }),
  ...(health.statuses && { status: statusText(health.statuses) }),
});
