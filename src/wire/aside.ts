/** Frames beside the streams (Events, Verify, Counters): to protobuf and back, judged as everything a peer sends. */

import { limits } from '../limits.js';
import { entries } from './entries.js';
import type { AsideFrame, Carried, EventsMessage, VerifyMessage } from './frames.js';
import type { relevo } from './gen/sync.js';
import { entryMessage, generalEntries } from './general.js';
import { bad, count, name, text } from './judge.js';

type Message = relevo.v1.Frame.$Properties;

const events = (body: relevo.v1.Events.$Properties): EventsMessage => ({
  id: count(body.id, 'id'),
  question: body.question ?? false,
  want: body.want ?? 0,
  nowUs: count(body.nowUs, 'now_us'),
  text: body.text ?? new Uint8Array(0),
});

const verify = (body: relevo.v1.Verify.$Properties): VerifyMessage => {
  const plain = entries(body.entries, 'entries');
  const general = generalEntries(body.general, 'general');
  const toldMs = body.toldMs ?? [];
  if (plain.client.length > 0 && general.key.length > 0) bad('verify has entries of both streams');
  if (toldMs.length !== plain.client.length + general.key.length) bad('verify has columns of unequal length');
  return {
    id: count(body.id, 'id'),
    question: body.question ?? false,
    last: body.last ?? false,
    problem: (body.problem ?? '').slice(0, limits.documentReasonChars),
    entries: plain,
    group: text(body.group, 'group'),
    general,
    toldMs,
  };
};

const carried = (body: relevo.v1.Carried.$Properties): Carried => ({
  node: name(body.node, 'node'),
  service: name(body.service, 'service'),
  backend: text(body.backend, 'backend'),
  packetsIn: count(body.packetsIn, 'packets_in'),
  bytesIn: count(body.bytesIn, 'bytes_in'),
  packetsOut: count(body.packetsOut, 'packets_out'),
  bytesOut: count(body.bytesOut, 'bytes_out'),
});

/** Undefined: another body. */
export const asideFrame = (message: Message): AsideFrame | undefined => {
  if (message.events) return { kind: 'events', message: events(message.events) };
  if (message.verify) return { kind: 'verify', message: verify(message.verify) };
  if (!message.counters) return undefined;
  const all = message.counters.carried ?? [];
  if (all.length > limits.countersCarried) bad(`more than ${limits.countersCarried} counters in a frame`);
  return { kind: 'counters', carried: all.map(carried) };
};

export const asideMessage = (frame: AsideFrame): Message => {
  switch (frame.kind) {
    case 'events':
      return { events: { ...frame.message } };
    case 'verify': {
      const { entries: plain, general, toldMs, ...fields } = frame.message;
      return {
        verify: {
          ...fields,
          toldMs: [...toldMs],
          ...(plain.client.length > 0 && { entries: plain }),
          ...(general.key.length > 0 && { general: entryMessage(general) }),
        },
      };
    }
    case 'counters':
      return { counters: { carried: [...frame.carried] } };
  }
};
