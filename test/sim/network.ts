/** The network between simulated processes: per direction and path loss, delay, duplicates, corruption, cuts. */

import type { Agenda } from './agenda.js';
import type { SimRandom } from './random.js';

export interface Weather {
  loss: number;
  duplicate: number;
  corrupt: number;
  minDelayMs: number;
  maxDelayMs: number;
}

export const fairWeather: Weather = { loss: 0, duplicate: 0, corrupt: 0, minDelayMs: 0.05, maxDelayMs: 0.4 };

export interface Network {
  weather: Weather;
  /** Directions that are cut: `from>to/path`. */
  readonly cuts: Set<string>;
  /** Senders that nobody hears. */
  readonly silenced: Set<string>;
  /** Who does not hear that another one holds the grant: such answers are lost on the way. */
  readonly spared: Set<string>;
  send(from: string, to: string, path: number, bytes: Uint8Array, isRefusal?: boolean): void;
}

export const createNetwork = (
  agenda: Agenda,
  random: SimRandom,
  deliver: (to: string, from: string, bytes: Uint8Array) => void,
): Network => {
  const cuts = new Set<string>();
  const silenced = new Set<string>();
  const spared = new Set<string>();
  const network: Network = {
    weather: fairWeather,
    cuts,
    silenced,
    spared,
    send(from, to, path, bytes, isRefusal = false) {
      const { weather } = network;
      if (isRefusal && spared.has(to)) return;
      if (silenced.has(from) || cuts.has(`${from}>${to}/${path}`) || random.chance(weather.loss)) return;
      const copies = random.chance(weather.duplicate) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const delayMs = random.between(weather.minDelayMs, weather.maxDelayMs);
        let arriving = bytes;
        if (weather.corrupt > 0 && random.chance(weather.corrupt)) {
          arriving = bytes.slice();
          arriving[random.below(arriving.length)]! ^= 1 << random.below(8);
        }
        agenda.at(agenda.nowMs + delayMs, () => deliver(to, from, arriving));
      }
    },
  };
  return network;
};
