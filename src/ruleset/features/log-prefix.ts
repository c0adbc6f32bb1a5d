/** The text before a log line of a service: tokens replaced once, and nothing in it that a log or a listing could misread. */

import type { LogPoint } from '../../model/service.js';

/** NF_LOG_PREFIXLEN of linux/netfilter/nf_log.h without the terminating zero. */
export const longestPrefix = 127;

/** nftlb's words for where a line comes from. */
const typeByPoint: Readonly<Record<LogPoint, string>> = { input: 'IN', forward: 'FWD', output: 'OUT' };

export interface Names {
  /** What the line is about: `log`, or the attribute that set the limit. */
  readonly about?: string;
  /** Undefined: of a limit, or of what `type` says. */
  readonly point?: LogPoint;
  readonly type?: string;
  readonly service: string;
  readonly address?: string;
  readonly backend?: string;
  readonly policy?: string;
}

const unknown = '-';

/** With a blank at its end, as nftlb's own default has. */
export const defaultPrefix = 'TYPE-FNAME ';

export const hasToken = (prefix: string, token: 'ANAME' | 'BNAME'): boolean => prefix.includes(token);

/** Control characters would forge lines; nft prints quotes and backslashes without escaping them; the rest of ASCII is one byte each. */
const harmless = (text: string): string => text.replace(/[^ !#-[\]-~]/g, '_');

export const logPrefix = (template: string, names: Names): string => {
  const text = template.replace(/KNAME|TYPE|FNAME|ANAME|BNAME|PNAME/g, (token) => {
    switch (token) {
      case 'KNAME':
        return names.about ?? 'log';
      case 'TYPE':
        return names.point ? typeByPoint[names.point] : (names.type ?? 'LIMIT');
      case 'FNAME':
        return names.service;
      case 'ANAME':
        return names.address ?? unknown;
      case 'BNAME':
        return names.backend ?? unknown;
      default:
        return names.policy ?? unknown;
    }
  });
  return harmless(text).slice(0, longestPrefix);
};
