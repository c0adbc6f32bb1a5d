/**
 * Times of drills for monitoring, in Prometheus' text format: a file that node_exporter's textfile collector reads. Each drill writes its own
 * fault's lines anew and keeps those of the others. Pure.
 */

const lastSuccess = 'relevo_drill_last_success_timestamp_seconds';
const lastRun = 'relevo_drill_last_run_timestamp_seconds';
const lastPassed = 'relevo_drill_last_passed';

const help: Readonly<Record<string, string>> = {
  [lastSuccess]: 'Time of the last drill of which every run kept its budget.',
  [lastRun]: 'Time of the last drill.',
  [lastPassed]: '1 when every run of the last drill kept its budget, else 0.',
};

export interface DrillOutcome {
  /** Of a lab or a cluster. */
  readonly where: string;
  readonly fault: string;
  readonly passed: boolean;
  /** Seconds since 1970. */
  readonly atSeconds: number;
}

const line = /^([a-z_]+)\{([^}]*)\} (\S+)$/;
const escapeLabel = (text: string): string =>
  text.replace(/[\\"\n]/g, (each) => (each === '\n' ? '\\n' : `\\${each}`));

/** `earlier`: what the file has; lines that are none of ours are left out. */
export const metricsWith = (earlier: string, { where, fault, passed, atSeconds }: DrillOutcome): string => {
  const labels = `cluster="${escapeLabel(where)}",fault="${fault}"`;
  const values = new Map<string, string>();
  for (const text of earlier.split('\n')) {
    const [, metric = '', of = '', value = ''] = line.exec(text) ?? [];
    if (metric in help) values.set(`${metric}{${of}}`, value);
  }
  const put = (metric: string, value: number): void => {
    values.set(`${metric}{${labels}}`, String(value));
  };
  put(lastRun, atSeconds);
  put(lastPassed, passed ? 1 : 0);
  if (passed) put(lastSuccess, atSeconds);
  return Object.entries(help)
    .flatMap(([metric, text]) => {
      const own = [...values]
        .filter(([key]) => key.startsWith(`${metric}{`))
        .map(([key, value]) => `${key} ${value}`);
      return own.length === 0 ? [] : [`# HELP ${metric} ${text}`, `# TYPE ${metric} gauge`, ...own.sort()];
    })
    .concat('')
    .join('\n');
};
