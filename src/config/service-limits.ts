/** What is checked and logged before a farm is reached: limits of clients, queue, logs. */

import type { LogPoint, RateLimit, ServiceLimits, ServiceLog } from '../model/service.js';
import { maxCount } from './service-backend.js';
import {
  type Reading,
  readFlag,
  readInteger,
  readLogPrefix,
  readRate,
  readText,
  readWords,
} from './service-values.js';

type Changeable<T> = { -readonly [K in keyof T]?: T[K] | undefined };
type Rate = Pick<RateLimit, 'count' | 'unit'>;

export interface LimitsDraft {
  limits: Changeable<ServiceLimits>;
  newRate?: Rate | undefined;
  newBurst: number;
  resetRate?: Rate | undefined;
  resetBurst: number;
}
export interface LogDraft {
  points: readonly LogPoint[];
  prefix?: string | undefined;
  rate?: RateLimit | undefined;
}
export interface VerdictDraft {
  verdict?: readonly Verdict[] | undefined;
}
export type Verdict = 'log' | 'drop' | 'accept';

export const longestTtlSeconds = 31_536_000;
export const defaultLogPrefix = 'TYPE-FNAME';
/** A client that a limit has met stays refused this long, unless `limits-ttl` says otherwise. */
export const defaultBanMs = 120_000;
export const verdicts: readonly Verdict[] = ['log', 'drop', 'accept'];
export const logPoints: readonly LogPoint[] = ['input', 'forward', 'output'];

type Attribute<Draft> = (value: unknown, draft: Draft, reading: Reading) => void;

const prefixOf =
  (key: keyof ServiceLimits & `${string}LogPrefix`): Attribute<LimitsDraft> =>
  (value, { limits }, reading) => {
    limits[key] = readLogPrefix(value, reading);
  };
const countOf =
  (key: 'connectionsPerClient' | 'connections'): Attribute<LimitsDraft> =>
  (value, { limits }, reading) => {
    limits[key] = readInteger(value, reading, 0, maxCount) || undefined;
  };
const flagOf =
  (key: 'tcpStrict' | 'synproxy'): Attribute<LimitsDraft> =>
  (value, { limits }, reading) => {
    limits[key] = readFlag(value, reading) || undefined;
  };

export const limitAttributes: Readonly<Record<string, Attribute<LimitsDraft>>> = {
  'limits-ttl'(value, { limits }, reading) {
    const seconds = readInteger(value, reading, 1, longestTtlSeconds);
    limits.banMs = seconds === undefined || seconds * 1000 === defaultBanMs ? undefined : seconds * 1000;
  },
  'new-rtlimit'(value, draft, reading) {
    draft.newRate = readRate(value, reading);
  },
  'new-rtlimit-burst'(value, draft, reading) {
    draft.newBurst = readInteger(value, reading, 0, maxCount) ?? 0;
  },
  'new-rtlimit-log-prefix': prefixOf('newConnectionsLogPrefix'),
  'rst-rtlimit'(value, draft, reading) {
    draft.resetRate = readRate(value, reading);
  },
  'rst-rtlimit-burst'(value, draft, reading) {
    draft.resetBurst = readInteger(value, reading, 0, maxCount) ?? 0;
  },
  'rst-rtlimit-log-prefix': prefixOf('resetsLogPrefix'),
  'est-connlimit': countOf('connectionsPerClient'),
  'est-connlimit-log-prefix': prefixOf('connectionsLogPrefix'),
  'service-connlimit': countOf('connections'),
  'tcp-strict': flagOf('tcpStrict'),
  'tcp-strict-log-prefix': prefixOf('tcpStrictLogPrefix'),
  synproxy: flagOf('synproxy'),
  queue(value, { limits }, reading) {
    const none = value === -1 || (typeof value === 'string' && ['-1', ''].includes(value.trim()));
    limits.queue = none ? undefined : readInteger(value, reading, 0, 65_535);
  },
};

/** Of a farm (`log…`) and, but for the points, of an address. */
export const logAttributes: Readonly<Record<'log' | 'log-prefix' | 'log-rtlimit', Attribute<LogDraft>>> = {
  log(value, draft, reading) {
    const words = readWords(value, reading, logPoints);
    draft.points = logPoints.filter((point) => words.includes(point));
  },
  'log-prefix'(value, draft, reading) {
    const prefix = readLogPrefix(value, reading);
    draft.prefix = prefix === defaultLogPrefix ? undefined : prefix;
  },
  'log-rtlimit'(value, draft, reading) {
    const rate = readRate(value, reading);
    draft.rate = rate && { ...rate, burst: 0 };
  },
};

export const readVerdict: Attribute<VerdictDraft> = (value, draft, reading) => {
  if (readText(value, reading) === undefined) return;
  const words = readWords(value, reading, verdicts);
  const all = words.length === 0 || words.length === verdicts.length;
  draft.verdict = all ? undefined : verdicts.filter((word) => words.includes(word));
};

export const limitsDraftOf = (old: ServiceLimits | undefined): LimitsDraft => ({
  limits: { ...old },
  ...(old?.newConnections && { newRate: old.newConnections }),
  newBurst: old?.newConnections?.burst ?? 0,
  ...(old?.resets && { resetRate: old.resets }),
  resetBurst: old?.resets?.burst ?? 0,
});

/** Without what is undefined. */
const defined = <T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;

/** Undefined when nothing is limited and nothing said about how. */
export const limitsOf = ({
  limits,
  newRate,
  newBurst,
  resetRate,
  resetBurst,
}: LimitsDraft): ServiceLimits | undefined => {
  if (!newRate && !resetRate && Object.keys(limits).length === 0) return undefined;
  const rate = (limit: Rate | undefined, burst: number): RateLimit | undefined =>
    limit && { count: limit.count, unit: limit.unit, burst };
  const all = defined({
    ...limits,
    newConnections: rate(newRate, newBurst),
    resets: rate(resetRate, resetBurst),
  });
  return Object.keys(all).length > 0 ? all : undefined;
};

export const logDraftOf = (old: ServiceLog | undefined): LogDraft => ({ points: [], ...old });

/** A prefix or a rate without points is kept: the points may come later. */
export const logOf = ({ points, prefix, rate }: LogDraft): ServiceLog | undefined => {
  if (points.length === 0 && prefix === undefined && rate === undefined) return undefined;
  return { points, ...(prefix !== undefined && { prefix }), ...(rate && { rate }) };
};
