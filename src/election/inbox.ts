/** What each datagram of a peer or a witness does to the state. */

import { countVote } from './asking.js';
import { answerOffer, noteRefusal } from './claim.js';
import { declined, keepHandoverAsk } from './handover.js';
import type { Body } from './messages.js';
import { heardOrder, heardOrderResult } from './orders.js';
import { hearHeartbeat, hearPeer, notePeerGroup, notePeerTold } from './peers.js';
import { type Turn, voterConfig } from './turn.js';
import { type ElectionEvent, type PeerState, witnessName } from './types.js';
import { acceptRelease, answerAsk } from './voter.js';

const release = (
  turn: Turn,
  from: string,
  session: number,
  body: { group: string; ask: number; to: string },
): void => {
  const { state, config, nowMs } = turn;
  const given = { group: body.group, ask: body.ask, to: body.to, reserveMs: config.timing.leaseMs };
  state.voter = acceptRelease(state.voter, { node: from, session }, given, nowMs).voter;
};

const heardHeartbeat = (
  turn: Turn,
  peer: PeerState,
  path: number,
  body: Body & { type: 'heartbeat' },
): void => {
  hearHeartbeat(turn, peer, path, body);
  for (const entry of body.groups) {
    const group = turn.state.groups[entry.group];
    if (!group) continue;
    group.epoch = Math.max(group.epoch, entry.epoch);
    if (entry.releasedAsk > 0) {
      release(turn, peer.name, peer.session, { group: entry.group, ask: entry.releasedAsk, to: '' });
    }
  }
};

const heardAsk = (
  turn: Turn,
  from: string,
  session: number,
  path: number,
  body: Body & { type: 'ask' },
): void => {
  const group = turn.state.groups[body.group];
  const send = (answer: {
    verdict: 'unknown-group';
    epoch: number;
    waitMs: number;
    holder: string;
  }): void => {
    const reply = { type: 'answer', group: body.group, ask: body.ask, session, ...answer } as const;
    notePeerTold(turn, from, true);
    turn.effects.push({ type: 'send', to: from, path, body: reply });
  };
  if (!group) {
    send({ verdict: 'unknown-group', epoch: 0, waitMs: 1000, holder: '' });
    return;
  }
  if (keepHandoverAsk(group, from, session, path, body)) return;
  const { voter, answer } = answerAsk(
    turn.state.voter,
    voterConfig(turn.config),
    { node: from, session },
    body,
    turn.nowMs,
  );
  turn.state.voter = voter;
  if (answer.verdict === 'granted') group.epoch = Math.max(group.epoch, body.epoch);
  const reply = { type: 'answer', group: body.group, ask: body.ask, session, ...answer } as const;
  notePeerTold(turn, from, true);
  turn.effects.push({ type: 'send', to: from, path, body: reply });
};

/** Takes in one authentic datagram. */
export const onMessage = (turn: Turn, event: ElectionEvent & { type: 'message' }): void => {
  const { from, session, path, body } = event;
  const { state, config } = turn;
  const peer = hearPeer(turn, from, session, path);
  if (from === witnessName) state.witnessHeardMs = turn.nowMs;
  else if (!peer) return;
  if (body.type === 'hello') return;
  if (body.type === 'heartbeat') {
    if (peer) heardHeartbeat(turn, peer, path, body);
    return;
  }
  if (body.type === 'ask') {
    heardAsk(turn, from, session, path, body);
    return;
  }
  if (body.type === 'order' || body.type === 'order-result') {
    if (!peer) return;
    if (body.type === 'order') heardOrder(turn, from, session, body);
    else heardOrderResult(turn, from, body);
    return;
  }
  const group = state.groups[body.group];
  if (!group) return;
  switch (body.type) {
    case 'answer':
      if (body.session !== config.session) return;
      if (body.verdict === 'granted') countVote(group, from, body.ask);
      else noteRefusal(turn, group, from, body);
      return;
    case 'release':
      group.epoch = Math.max(group.epoch, body.epoch);
      release(turn, from, session, body);
      if (peer?.groups[body.group]?.role === 'active') notePeerGroup(peer, body.group, { role: 'draining' });
      return;
    case 'offer':
      answerOffer(turn, group, from, body);
      return;
    case 'decline':
      declined(turn, group, from, body.offer, body.reason);
      return;
  }
};
