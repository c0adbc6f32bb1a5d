/**
 * Orders of an operator, given on any node: one for another node travels to it, is repeated until it is answered, and is carried out once.
 * An order that came from a peer has a negative number here.
 */

import { startHandover } from './handover.js';
import { changeMaintenance } from './maintenance.js';
import type { Body } from './messages.js';
import { settleOrder } from './order-results.js';
import { activePeer } from './peers.js';
import type { Turn } from './turn.js';
import type { ElectionEvent } from './types.js';

const againMs = 100;
/** A handover ends by itself well before. */
const patienceMs = 4_000;

type Order = Body & { type: 'order' };

const sendOrder = (turn: Turn, to: string, body: Order): void => {
  turn.effects.push({ type: 'send', to, path: undefined, body });
};

const forward = (turn: Turn, to: string, body: Order): void => {
  const peer = turn.state.peers[to];
  if (!peer?.alive) {
    const known = turn.config.nodes.join(', ');
    const reason = peer
      ? `${to} is not heard: give the order on ${to}`
      : `no node called ${to}, there are ${known}`;
    settleOrder(turn, body.id, false, 0, reason);
    return;
  }
  const order = { to, body, againMs: turn.nowMs + againMs, startedMs: turn.nowMs };
  turn.state.orders = { ...turn.state.orders, [body.id]: order };
  sendOrder(turn, to, body);
};

/** Carries out or passes on a handover. */
export const orderHandover = (turn: Turn, event: ElectionEvent & { type: 'handover' }): void => {
  const { id, to } = event;
  const group = turn.state.groups[event.group];
  if (!group) {
    settleOrder(turn, id, false, 0, `no group called ${event.group}`);
    return;
  }
  const owner = group.role === 'active' ? undefined : activePeer(turn, group.name)?.name;
  if (owner === undefined || id < 0) startHandover(turn, group, id, to);
  else if (owner === to) settleOrder(turn, id, false, 0, `${to} is active already`);
  else forward(turn, owner, { type: 'order', id, verb: 'handover', group: group.name, to: to ?? '' });
};

/** Sets or ends maintenance, here or on another node. */
export const orderMaintenance = (turn: Turn, event: ElectionEvent & { type: 'maintenance' }): void => {
  const { id, node, group, on } = event;
  const { state, config } = turn;
  if (group !== '' && !state.groups[group]) {
    settleOrder(turn, id, false, 0, `no group called ${group}`);
    return;
  }
  if (node !== config.node) {
    forward(turn, node, { type: 'order', id, verb: on ? 'maintain' : 'resume', group, to: '' });
    return;
  }
  state.maintenance = changeMaintenance(state.maintenance, group, on);
  state.hasNews = true;
  turn.effects.push({ type: 'maintenance', entries: state.maintenance });
  settleOrder(turn, id, true, 0, '');
};

/** An order of a peer: once, however often it comes. */
export const heardOrder = (turn: Turn, from: string, session: number, body: Order): void => {
  const { state, config } = turn;
  const last = state.foreignOrders[from];
  if (last && last.session === session && body.id <= last.id) {
    if (last.id === body.id && last.result) {
      turn.effects.push({ type: 'send', to: from, path: undefined, body: last.result });
    }
    return;
  }
  state.lastForeign -= 1;
  const local = state.lastForeign;
  state.foreignOrders = {
    ...state.foreignOrders,
    [from]: { session, id: body.id, local, result: undefined },
  };
  const { group } = body;
  if (body.verb === 'handover') {
    orderHandover(turn, { type: 'handover', id: local, group, to: body.to || undefined });
  } else {
    const on = body.verb === 'maintain';
    orderMaintenance(turn, { type: 'maintenance', id: local, node: config.node, group, on });
  }
};

export const heardOrderResult = (
  turn: Turn,
  from: string,
  { id, ok, tookMs, reason }: Body & { type: 'order-result' },
): void => {
  if (turn.state.orders[id]?.to !== from) return;
  endOrder(turn, id);
  settleOrder(turn, id, ok, tookMs, reason);
};

const endOrder = (turn: Turn, id: number): void => {
  const { [id]: _, ...others } = turn.state.orders;
  turn.state.orders = others;
};

/** Repeats what is not answered yet, and gives up in the end. */
export const repeatOrders = (turn: Turn): void => {
  for (const key in turn.state.orders) {
    const order = turn.state.orders[key]!;
    if (turn.nowMs < order.againMs) continue;
    if (turn.nowMs >= order.startedMs + patienceMs) {
      endOrder(turn, order.body.id);
      settleOrder(turn, order.body.id, false, turn.nowMs - order.startedMs, `${order.to} did not answer`);
      continue;
    }
    turn.state.orders = { ...turn.state.orders, [key]: { ...order, againMs: turn.nowMs + againMs } };
    sendOrder(turn, order.to, order.body);
  }
};

export const ordersDueMs = (turn: Turn): number => {
  let due = Number.POSITIVE_INFINITY;
  for (const key in turn.state.orders) due = Math.min(due, turn.state.orders[key]!.againMs);
  return due;
};
