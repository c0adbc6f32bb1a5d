/** What a node remembers of its peers and of the edit under way, and how both are told to people. */

import type { HistoryEntry, Objects } from './history.js';
import type { DocumentVersion } from './version.js';

export interface PeerView {
  readonly name: string;
  connected: boolean;
  /** Its software replicates the document. */
  capable: boolean;
  /** It has told its version since it connected. */
  known: boolean;
  /** The last one heard of. */
  head: DocumentVersion | undefined;
  /** Why it does not take a newer version. */
  trouble: string;
  /** When it was asked for what we miss. */
  askedAtMs: number | undefined;
  askedWhole: boolean;
  /** The conflict that was told already. */
  noted: string;
}

interface Edit<T> {
  readonly version: DocumentVersion;
  readonly change: Objects<T>;
  readonly deadlineMs: number;
}

export type Transaction<T> =
  | (Edit<T> & {
      readonly role: 'coordinator';
      readonly phase: 'checking' | 'voting' | 'settling';
      readonly voters: readonly string[];
      readonly waiting: Set<string>;
    })
  | (Edit<T> & { readonly role: 'participant'; readonly phase: 'prepared'; readonly from: string });

export const versionText = (version: DocumentVersion | undefined): string =>
  version
    ? `version ${version.number} (${version.kind} by ${version.author}, ${version.time})`
    : 'no document';

const installedText = {
  commit: 'applied',
  decided: 'applied',
  'caught-up': 'caught up',
  merged: 'merged',
  reverted: 'went back',
} as const;

export const describe = {
  conflict: (node: string, ours: DocumentVersion | undefined, peer: PeerView): string =>
    `the services documents of ${node} and ${peer.name} were edited apart from each other: ${node} has ${versionText(ours)}, ` +
    `${peer.name} has ${versionText(peer.head)}; neither is overwritten: compare them ('relevo services' on both), then run ` +
    `'relevo resolve' on the node whose document shall stay, or 'relevo apply --force' with one that has both`,
  busy: (version: DocumentVersion): string =>
    `version ${version.number} of ${version.author} is being applied at this moment: try again`,
  unconfirmed: (version: DocumentVersion): string =>
    `version ${version.number} of ${version.author} waits for confirmation: 'relevo confirm' keeps it, 'relevo rollback' takes it back`,
  unknown: (peer: PeerView): string => `${peer.name} has not said yet which document it has: try again`,
  catchingUp: (peer: PeerView, trouble: string): string =>
    `${peer.name} has ${versionText(peer.head)} and this node has not got it yet: ${trouble || 'try again'}`,
  away: (away: readonly PeerView[]): string =>
    `${away.map(({ name }) => name).join(', ')} cannot be reached and may be edited, too: edit the node that is active in the first group, ` +
    `or apply with --force if you know better`,
  notKept: (number: number | undefined, entries: readonly HistoryEntry<unknown>[]): string =>
    number === undefined
      ? 'there is no earlier version here'
      : `version ${number} is not kept here: 'relevo history' lists what is (${entries.length} versions)`,
  installed: (version: DocumentVersion, why: keyof typeof installedText, from: string | undefined): string =>
    `services document: ${installedText[why]}, ${versionText(version)}${from === undefined ? '' : ` from ${from}`}: ${version.reason}`,
};
