/** Frames of the second stream (message General): what a peer sends is judged as strictly as the first stream's. */

import { limits } from '../limits.js';
import { bytesOfText, type GeneralEntries, type GeneralKeys, textOfBytes } from '../model/general-columns.js';
import { backendProblem, keyProblem } from '../model/general-shape.js';
import type { GeneralBody } from './frames.js';
import type { relevo } from './gen/sync.js';
import {
  bad,
  count,
  digest,
  name,
  numbered,
  resync,
  resyncMessage,
  snapshotBegin,
  snapshotEnd,
  start,
  type Wide,
} from './judge.js';

type Message = relevo.v1.General.$Properties;

const noBuckets = new Uint8Array(0);

const keys = (columns: relevo.v1.GeneralKeys.$Properties | null | undefined, field: string): GeneralKeys => {
  const { services, service, key } = columns ?? {};
  const [names, indices, texts] = [services ?? [], service ?? [], key ?? []];
  if (texts.length > limits.syncGeneralEntries)
    bad(`${field} has more than ${limits.syncGeneralEntries} entries`);
  if (indices.length !== texts.length || names.length > texts.length)
    bad(`${field} has columns of unequal length`);
  for (const one of names) name(one, `${field}.services`);
  const found = texts.map(textOfBytes);
  for (const one of found) {
    const problem = keyProblem(one);
    if (problem) bad(`${field} has ${problem}`);
  }
  return {
    service: indices.map((index) => names[index] ?? bad(`${field} has a service without a name`)),
    key: found,
  };
};

export const generalEntries = (
  columns: relevo.v1.GeneralEntries.$Properties | null | undefined,
  field: string,
): GeneralEntries => {
  const { service, key } = keys(columns, field);
  const [backends, ports] = [columns?.backend ?? [], columns?.backendPort ?? []];
  const [ttls, rests] = [columns?.ttlMs ?? [], columns?.remainingMs ?? []];
  for (const column of [backends, ports, ttls, rests]) {
    if (column.length !== key.length) bad(`${field} has columns of unequal length`);
  }
  const backend = backends.map(textOfBytes);
  for (let at = 0; at < key.length; at++) {
    const problem = backendProblem(key[at]!, backend[at]!, ports[at]!);
    if (problem) bad(`${field} has ${problem}`);
    if (ttls[at] === 0 || rests[at]! > ttls[at]!) bad(`${field} has an entry that outlives its own lifetime`);
  }
  return { service, key, backend, backendPort: ports, ttlMs: ttls, remainingMs: rests };
};

const progress = (body: { head?: Wide; sequence?: Wide }): GeneralBody => ({
  kind: 'progress',
  head: count(body.head, 'head'),
  sequence: count(body.sequence, 'sequence'),
});

/** Undefined: a body that this version does not know. */
export const generalBody = (message: Message): GeneralBody | undefined => {
  const { delta, snapshotChunk } = message;
  if (delta) {
    return {
      kind: 'delta',
      ...numbered(delta),
      firstSequence: count(delta.firstSequence, 'first_sequence'),
      lastSequence: count(delta.lastSequence, 'last_sequence'),
      upserts: generalEntries(delta.upserts, 'upserts'),
      deletions: keys(delta.deletions, 'deletions'),
    };
  }
  if (snapshotChunk) {
    return {
      kind: 'snapshot-chunk',
      ...numbered(snapshotChunk),
      entries: generalEntries(snapshotChunk.entries, 'entries'),
    };
  }
  if (message.ack) return { kind: 'ack', frame: count(message.ack.frame, 'frame') };
  if (message.progress) return progress(message.progress);
  if (message.digest) return digest(message.digest);
  if (message.start) return start(message.start);
  if (message.snapshotBegin) return snapshotBegin(message.snapshotBegin);
  if (message.snapshotEnd) return snapshotEnd(message.snapshotEnd);
  return message.resync ? resync(message.resync) : undefined;
};

const keyMessage = ({ service, key }: GeneralKeys) => {
  const indices = new Map<string, number>();
  const numbers = service.map((one) => {
    const known = indices.get(one) ?? indices.size;
    indices.set(one, known);
    return known;
  });
  return { services: [...indices.keys()], service: numbers, key: key.map(bytesOfText) };
};

export const entryMessage = (all: GeneralEntries) => ({
  ...keyMessage(all),
  backend: all.backend.map(bytesOfText),
  backendPort: all.backendPort,
  ttlMs: all.ttlMs,
  remainingMs: all.remainingMs,
});

export const generalMessage = (frame: GeneralBody): Message => {
  switch (frame.kind) {
    case 'delta': {
      const { kind, upserts, deletions, ...fields } = frame;
      return {
        delta: {
          ...fields,
          ...(upserts.key.length > 0 && { upserts: entryMessage(upserts) }),
          ...(deletions.key.length > 0 && { deletions: keyMessage(deletions) }),
        },
      };
    }
    case 'snapshot-begin': {
      const { kind, buckets, ...fields } = frame;
      return { snapshotBegin: { ...fields, buckets: buckets ?? noBuckets } };
    }
    case 'snapshot-chunk': {
      const { kind, entries: all, ...fields } = frame;
      return { snapshotChunk: { ...fields, entries: entryMessage(all) } };
    }
    case 'snapshot-end': {
      const { kind, ...fields } = frame;
      return { snapshotEnd: fields };
    }
    case 'digest': {
      const { kind, sums, counts, ...fields } = frame;
      return { digest: { ...fields, sums: Array.from(sums), counts: Array.from(counts) } };
    }
    case 'start':
      return { start: { resumed: frame.resumed, sequence: frame.sequence } };
    case 'ack':
      return { ack: { frame: frame.frame } };
    case 'resync':
      return { resync: resyncMessage(frame) };
    case 'progress':
      return { progress: { head: frame.head, sequence: frame.sequence } };
  }
};
