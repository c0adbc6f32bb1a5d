/** What a drill and its probe processes say to each other: one JSON value a line, on their standard streams. */

import type { ArpRequest, BackendAnswers, LimitAnswers, ProbeHistory, StreamHistory } from './history.js';

/** To a probe. The end of its input means stop too: a probe never outlives its drill. */
export type Command = 'ask' | 'limits' | 'stop';
/** Answered by every probe, whatever else it does: what its machine's clock says. */
export const clockCommand = 'clock';

export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'clock'; readonly nowMs: number }
  | { readonly kind: 'asked'; readonly answers: BackendAnswers }
  | { readonly kind: 'limits'; readonly answers: LimitAnswers | null }
  | { readonly kind: 'probes'; readonly udp: ProbeHistory; readonly connect: ProbeHistory }
  | { readonly kind: 'streams'; readonly streams: readonly StreamHistory[] }
  | { readonly kind: 'arp'; readonly requests: readonly ArpRequest[] }
  /** Nothing has been answered for longer than the probe was told to bear; said once. */
  | { readonly kind: 'breach'; readonly what: string }
  | { readonly kind: 'failed'; readonly reason: string };
