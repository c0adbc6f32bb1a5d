/** The counters of a running conntrackd, from the text of `conntrackd -s` (1.4.7). */

export interface ConntrackdCounters {
  /** Connections this node owns and would send to a peer that asks. */
  readonly ownEntries: number;
  /** Connections of the peer put into this node's kernel. */
  readonly injected: { readonly created: number; readonly updated: number; readonly destroyed: number };
  /** Injections the kernel refused. */
  readonly injectFailures: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
  readonly sendErrors: number;
  readonly receiveErrors: number;
  readonly malformedMessages: number;
  readonly lostMessages: number;
}

const emptyCounters: ConntrackdCounters = {
  ownEntries: 0,
  injected: { created: 0, updated: 0, destroyed: 0 },
  injectFailures: 0,
  sentPackets: 0,
  receivedPackets: 0,
  sendErrors: 0,
  receiveErrors: 0,
  malformedMessages: 0,
  lostMessages: 0,
};

/** `connections created: 9 failed: 0` → [9, 0]; a value that wrapped or is missing counts as 0. */
const numbers = (line: string): number[] => (line.match(/\d+/g) ?? []).map(Number);

const sectionsOf = (text: string): Map<string, string[]> => {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    // Values follow their name after blanks: a heading is what ends with its colon.
    const heading = /^(\S.*?)( \(.*\))?:$/.exec(line.trimEnd());
    if (heading) {
      current = [];
      sections.set(heading[1]!, current);
    } else if (line.trim() !== '') current.push(line.trim());
  }
  return sections;
};

const line = (section: readonly string[] | undefined, pattern: RegExp): number[] =>
  numbers(section?.find((each) => pattern.test(each)) ?? '');

/** Undefined when the text is not conntrackd's (so that an error message is never read as all zeros). */
export const parseConntrackdStats = (text: string): ConntrackdCounters | undefined => {
  const sections = sectionsOf(text);
  const internal = sections.get('cache internal');
  if (!internal) return undefined;
  const inject = sections.get('external inject');
  const traffic = sections.get('UDP traffic');
  const tracking = sections.get('message tracking');
  const [created = 0, createFailed = 0] = line(inject, /created/);
  const [updated = 0, updateFailed = 0] = line(inject, /updated/);
  const [destroyed = 0, destroyFailed = 0] = line(inject, /destroyed/);
  const [sentPackets = 0, receivedPackets = 0] = line(traffic, /Pckts sent/);
  const [sendErrors = 0, receiveErrors = 0] = line(traffic, /Error send/);
  const [malformedMessages = 0, lostMessages = 0] = line(tracking, /Malformed msgs/);
  const [ownEntries = 0] = line(internal, /current active/);
  return {
    ...emptyCounters,
    ownEntries,
    injected: { created, updated, destroyed },
    injectFailures: createFailed + updateFailed + destroyFailed,
    sentPackets,
    receivedPackets,
    sendErrors,
    receiveErrors,
    malformedMessages,
    lostMessages,
  };
};

/** What conntrackd itself gave as the cause of not starting, or of ending: the first error it printed. */
export const conntrackdComplaint = (output: string): string | undefined => {
  const errors = [...output.matchAll(/\[ERROR\] (.*)/g)].map((match) => match[1]!);
  return errors[0];
};

/** Messages about connections that the peer has not acknowledged yet, of `conntrackd -s rsqueue`; nothing is printed where none are kept. */
export const undelivered = (text: string): number => (text.match(/^object /gm) ?? []).length;
