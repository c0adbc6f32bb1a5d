/** A log that keeps what it is told, for tests to read. */

import type { Log } from '../../src/ports.js';

export interface LogRecord {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly message: string;
}

export const createLog = (): Log & { readonly records: LogRecord[] } => {
  const records: LogRecord[] = [];
  const at = (level: LogRecord['level']) => (facts: object, message: string) => {
    records.push({ level, facts, message });
  };
  const log = {
    records,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
};
