/** The interface over the real rule engine on the fake kernel, and a client that speaks to it without a socket. */

import { createNftlbApi } from '../../src/api/nftlb/api.js';
import { type FeatureFacts, noFacts } from '../../src/app/feature-engine.js';
import { createReconciler } from '../../src/app/reconcile.js';
import { createServicesInForce } from '../../src/app/services-in-force.js';
import type { Ipv4 } from '../../src/model/address.js';
import type { Nft } from '../../src/ports.js';
import { addressBytes, joined, portBytes } from '../../src/ruleset/features/bytes.js';
import { sessionMaps } from '../../src/ruleset/session-maps.js';
import { createKeyCheck } from '../../src/shell/api-server.js';
import { createFakeNft } from '../fakes/nft.js';
import { createLog } from '../support/log.js';

export const key = 'a-key-for-tests';

export const backend = (index: number, more: object = {}) => ({
  name: `b${index}`,
  'ip-addr': `10.1.0.${index}`,
  port: '8080',
  state: 'up',
  ...more,
});

export const farm = (index: number, more: object = {}) => ({
  name: `s${index}`,
  'virtual-addr': `192.0.2.${index}`,
  'virtual-ports': '80',
  mode: 'dnat',
  backends: [backend(1), backend(2)],
  ...more,
});

export type Object = Record<string, unknown> & { backends: Record<string, string>[] };

export const createBed = (facts: FeatureFacts = noFacts) => {
  const clock = { nowMs: () => 0 };
  const nft = createFakeNft(clock);
  const log = createLog();
  // A kernel takes its time: what comes meanwhile must not start from what is about to be replaced.
  const kernel: Nft = {
    ...nft,
    commit: async (transaction) => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      return nft.commit(transaction);
    },
  };
  const engine = createReconciler({ nft: kernel, log, clock, facts }, { floating: [], protect: false });
  const saved: string[] = [];
  const services = createServicesInForce(engine, {
    save: async () => void saved.push('document'),
    saveLater: () => void saved.push('document'),
    saveState: async (...state) => void saved.push(state.join(' ')),
    saveElements: (policy) => void saved.push(`elements of ${policy}`),
  });
  const app = createNftlbApi(services, { isKey: createKeyCheck(key), log });

  const send = async (method: string, url: string, body?: unknown, headers: object = { Key: key }) => {
    const reply = await app.inject({
      method: method as 'GET',
      url,
      headers: { ...headers },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const { statusCode: status, body: text } = reply;
    const json = (text === '' ? {} : JSON.parse(text)) as { response?: string; farms?: Object[] };
    return { status, text, json, response: json.response ?? '' };
  };
  const farms = async (): Promise<Object[]> => (await send('GET', '/farms')).json.farms ?? [];
  /** What a packet of this client would leave behind, whatever kind of service it is. */
  const session = (client: string, service: number, backendIndex: number): void => {
    const found = engine.view().services.get(`s${service}`)!;
    const [map] = sessionMaps(found, { of: (name) => engine.idOf(name) });
    const [key] = map!.keysOf([client]);
    const data = joined(addressBytes(`10.1.0.${backendIndex}` as Ipv4), portBytes(8080));
    nft.packet(map!.table, map!.set, { key: key!, data, timeoutMs: 60_000, expiresMs: 60_000 });
  };
  return { app, nft, engine, log, saved, send, farms, session };
};
