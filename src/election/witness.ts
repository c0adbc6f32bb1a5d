/** A witness: a voter that wants nothing for itself. Bounded in groups; says nothing but answers. */

import type { Body } from './messages.js';
import { acceptRelease, answerAsk, createVoter, type VoterConfig, type VoterState } from './voter.js';

export interface WitnessState {
  readonly voter: VoterState;
}

/** Groups one witness keeps votes of; more are refused as unknown. */
const maxGroups = 256;

export const createWitnessState = (nowMs: number): WitnessState => ({ voter: createVoter(nowMs) });

/** Takes in one authentic datagram; `reply`, if any, goes back where it came from. */
export const stepWitness = (
  config: VoterConfig,
  state: WitnessState,
  from: { readonly node: string; readonly session: number },
  body: Body,
  nowMs: number,
): { state: WitnessState; reply: Body | undefined } => {
  switch (body.type) {
    case 'hello':
      return { state, reply: { type: 'hello' } };
    case 'ask': {
      const { group, ask } = body;
      const known = Object.hasOwn(state.voter.groups, group);
      if (!known && Object.keys(state.voter.groups).length >= maxGroups) {
        const refusal = { verdict: 'unknown-group', epoch: 0, waitMs: 1000, holder: '' } as const;
        return { state, reply: { type: 'answer', group, ask, session: from.session, ...refusal } };
      }
      const { voter, answer } = answerAsk(state.voter, config, from, body, nowMs);
      return { state: { voter }, reply: { type: 'answer', group, ask, session: from.session, ...answer } };
    }
    case 'release': {
      const release = { group: body.group, ask: body.ask, to: body.to, reserveMs: config.leaseMs };
      if (!Object.hasOwn(state.voter.groups, body.group)) return { state, reply: undefined };
      return { state: { voter: acceptRelease(state.voter, from, release, nowMs).voter }, reply: undefined };
    }
    default:
      return { state, reply: undefined };
  }
};
