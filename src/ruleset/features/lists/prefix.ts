/** The text before a log line of a list: nftlb's tokens replaced, and nothing in it that a log or a listing could misread. */

import type { Policy } from '../../../model/service.js';

/** NF_LOG_PREFIXLEN of linux/netfilter/nf_log.h without the terminating zero. */
const longestPrefix = 127;

export interface Met {
  readonly policy: Policy;
  readonly service: string;
  readonly address: string;
}

export const listLogPrefix = (template: string, { policy, service, address }: Met): string =>
  template
    .replace(/KNAME|TYPE|FNAME|ANAME|BNAME|PNAME/g, (token) => {
      switch (token) {
        case 'KNAME':
          return 'policy';
        case 'TYPE':
          return policy.type;
        case 'FNAME':
          return service;
        case 'ANAME':
          return address;
        case 'PNAME':
          return policy.name;
        default:
          return '-';
      }
    })
    .replace(/[^ !#-[\]-~]/g, '_')
    .slice(0, longestPrefix);
