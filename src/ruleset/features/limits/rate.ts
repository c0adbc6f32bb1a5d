/** A rate per client, as sets of packets' making keep it: one bucket per client and service. */

import type { RateLimit } from '../../../model/service.js';
import type { StatefulStatement } from '../../../netlink/nft/ast.js';

const unitMs: Readonly<Record<RateLimit['unit'], number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
/** nftlb's, and the kernel's, where 0 is asked for. */
const defaultBurst = 5;

/** `text` names it. A client that has been away for as long as its bucket takes to fill, `timeoutMs`, may be forgotten. */
export const rateOf = ({
  count,
  unit,
  burst: asked,
}: RateLimit): {
  readonly text: string;
  readonly timeoutMs: number;
  readonly statement: StatefulStatement;
} => {
  const burst = asked > 0 ? asked : defaultBurst;
  return {
    text: `${count}_${unit}_burst_${burst}`,
    timeoutMs: Math.ceil((burst * unitMs[unit]) / count / 1_000) * 1_000,
    statement: { kind: 'limit', rate: count, unit, burst, over: true },
  };
};
