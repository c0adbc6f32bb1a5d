/** nftlb's interface over an engine of a bed with real packets, without a socket. */

import { createNftlbApi } from '../../src/api/nftlb/api.js';
import { createServicesInForce } from '../../src/app/services-in-force.js';
import type { Engine } from './bed.js';
import { createLog } from './log.js';

export interface Answered {
  readonly status: number;
  readonly response: string;
  /** The whole answer. */
  readonly json: Readonly<Record<string, unknown>>;
}

export const nftlbOn = (engine: Engine) => {
  const services = createServicesInForce(engine.reconciler, {
    save: async () => undefined,
    saveLater: () => undefined,
    saveState: async () => undefined,
    saveElements: () => undefined,
  });
  const app = createNftlbApi(services, { isKey: () => true, log: createLog() });
  const send = async (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: object) => {
    const reply = await app.inject({
      method,
      url,
      headers: { Key: 'any' },
      ...(body && { payload: JSON.stringify(body) }),
    });
    const json = JSON.parse(reply.body) as Record<string, unknown>;
    const answer: Answered = {
      status: reply.statusCode,
      json,
      response: typeof json.response === 'string' ? json.response : '',
    };
    return answer;
  };
  /** Sends what must be done, and says why when it is not. */
  const done = async (...request: Parameters<typeof send>): Promise<Answered['json']> => {
    const { status, json } = await send(...request);
    if (status !== 200) throw new Error(`${request[0]} ${request[1]}: ${status} ${JSON.stringify(json)}`);
    return json;
  };
  return { services, send, done };
};
