/** Who hears how an order ended: the operator of this node, or the peer that passed it on. */

import { messageLimits } from './messages.js';
import type { Turn } from './turn.js';

export const settleOrder = (turn: Turn, id: number, ok: boolean, tookMs: number, reason: string): void => {
  if (id >= 0) {
    turn.effects.push({ type: 'handover-result', id, ok, tookMs, reason });
    return;
  }
  const { state } = turn;
  for (const from in state.foreignOrders) {
    const order = state.foreignOrders[from]!;
    if (order.local !== id) continue;
    const text = reason.slice(0, messageLimits.reasonBytes);
    const result = { type: 'order-result', id: order.id, ok, tookMs, reason: text } as const;
    state.foreignOrders = { ...state.foreignOrders, [from]: { ...order, result } };
    turn.effects.push({ type: 'send', to: from, path: undefined, body: result });
  }
};
