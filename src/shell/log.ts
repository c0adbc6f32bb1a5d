/** The log: pino, JSON lines on stderr, stdout or to syslog (readable ones on a terminal are a matter for `pino-pretty`). */

import { pino } from 'pino';
import type { Log } from '../ports.js';
import { createSyslog } from './syslog.js';

export type LogPlace = 'stdout' | 'stderr' | 'syslog';

const destinationOf = (place: LogPlace): { write(line: string): void } =>
  place === 'syslog'
    ? createSyslog('relevo')
    : pino.destination({ dest: place === 'stdout' ? 1 : 2, sync: false });

export const createLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  bindings: object = {},
  places: readonly LogPlace[] = ['stderr'],
): Log => {
  const destinations = places.map(destinationOf);
  const [only] = destinations;
  return pino(
    {
      level,
      base: bindings,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: pino.stdSerializers.err },
    },
    destinations.length === 1 && only
      ? only
      : {
          write(line: string) {
            for (const one of destinations) one.write(line);
          },
        },
  ) as unknown as Log;
};
