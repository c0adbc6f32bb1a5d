/** `failback` of a group in node.yaml: never, now, or a window of the local day. */

import { z } from 'zod';
import type { Failback } from '../model/node.js';

export const failback = z
  .string()
  .regex(/^(never|now|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$/, {
    error: "must be never, now, or a window of the local day such as '02:00-04:00'",
  })
  .transform((text): Failback => {
    if (text === 'never' || text === 'now') return { kind: text };
    const [fromMinute = 0, untilMinute = 0] = text.split('-').map((time) => {
      const [hour = 0, minute = 0] = time.split(':').map(Number);
      return hour * 60 + minute;
    });
    return { kind: 'window', fromMinute, untilMinute };
  });
