/**
 * When a takeover was detected, decided, and in force: read from the decisions that nodes record (`stateDir/decisions`), which are timed
 * where they are made, by the machine's monotonic clock, and say why. Pure.
 */

export const milestoneKinds = ['detected', 'decided', 'lease', 'announced'] as const;

export interface Milestone {
  readonly node: string;
  /** Milliseconds of the machine's monotonic clock. */
  readonly atMs: number;
  /**
   * `detected`: a node misses another, or the owner finds itself unfit or is told to go. `decided`: a node begins to claim. `lease`: its kernel has the
   * lease. `announced`: it begins to announce.
   */
  readonly what: (typeof milestoneKinds)[number];
  readonly detail: string;
}

interface Report {
  readonly kind: string;
  readonly peer?: string;
  readonly alive?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly reason?: string;
}

interface Step {
  readonly atMs: number;
  readonly event?: { readonly type: string; readonly op?: string; readonly result?: string };
  readonly effects?: readonly {
    readonly type: string;
    readonly op?: string;
    readonly reason?: string;
    readonly report?: Report;
  }[];
}

/** Most lines are heartbeats: what cannot be of interest is not parsed. */
const interesting = /"kind":"(?:peer|role)"|"op":"(?:arm|claim)"/;

const stepsOf = (text: string): Step[] =>
  text.split('\n').flatMap((line) => {
    if (!interesting.test(line)) return [];
    try {
      return [JSON.parse(line) as Step];
    } catch {
      // The last line of a file that is being written.
      return [];
    }
  });

const reportsOf = ({ effects = [] }: Step): readonly Report[] =>
  effects.flatMap(({ report }) => report ?? []);

const ofStep = (step: Step): Omit<Milestone, 'node' | 'atMs'>[] => {
  const { event, effects = [] } = step;
  const found: Omit<Milestone, 'node' | 'atMs'>[] = [];
  for (const { kind, peer, alive, from, reason = '' } of reportsOf(step)) {
    if (kind === 'peer' && alive === false) found.push({ what: 'detected', detail: `${peer}: ${reason}` });
    if (kind === 'role' && from === 'active') found.push({ what: 'detected', detail: reason });
  }
  for (const { type, op, reason = '' } of effects) {
    if (type === 'kernel' && op === 'arm') found.push({ what: 'decided', detail: reason });
  }
  if (event?.type === 'kernel' && event.op === 'claim' && event.result === 'done') {
    found.push({ what: 'lease', detail: reportsOf(step)[0]?.reason ?? '' });
  }
  if (effects.some(({ type }) => type === 'announce')) found.push({ what: 'announced', detail: '' });
  return found;
};

/** `text`: a file of decisions, or the end of one. */
export const milestonesOf = (node: string, text: string, sinceMs: number): Milestone[] =>
  stepsOf(text)
    .filter(({ atMs }) => atMs >= sinceMs)
    .flatMap((step) => ofStep(step).map((each) => ({ node, atMs: step.atMs, ...each })));
