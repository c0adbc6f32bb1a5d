/** The log: pino, JSON lines on stderr or stdout (readable ones on a terminal are a matter for `pino-pretty`). */

import { pino } from 'pino';
import type { Log } from '../ports.js';

export const createLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  bindings: object = {},
  dest: 1 | 2 = 2,
): Log =>
  pino(
    {
      level,
      base: bindings,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: pino.stdSerializers.err },
    },
    pino.destination({ dest, sync: false }),
  ) as unknown as Log;
