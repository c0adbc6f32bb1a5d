/** Which interfaces clients' packets arrive on: those that are configured, or every Ethernet interface, as far as they are there now. */

import type { IngressInterfaces } from '../model/node.js';
import type { LinkState, Links } from '../ports.js';

export interface IngressDevices {
  /** Reads the interfaces, and follows them from then on. Rejects with the kernel's error. */
  start(): Promise<void>;
  stop(): void;
  /** In the order in which they are configured, else by name. */
  names(): readonly string[];
  /** Told when `names` has changed. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
}

/** Their packets are seen a second time, at what they are ports of. A port of a VRF is not: the VRF sees none. */
const handsOn = ({ portOf }: LinkState): boolean => portOf !== undefined && portOf !== 'vrf';

export const createIngressDevices = (
  links: Pick<Links, 'list' | 'onChange'>,
  wish: IngressInterfaces,
): IngressDevices => {
  const linkByName = new Map<string, LinkState>();
  const listeners = new Set<() => void>();
  let names: readonly string[] = [];
  let unsubscribe: (() => void) | undefined;

  const chosen = (): readonly string[] =>
    wish === 'all'
      ? [...linkByName.values()]
          .filter((link) => link.ethernet === true && !handsOn(link))
          .map(({ name }) => name)
          .sort()
      : [...new Set(wish)].filter((name) => linkByName.has(name));

  const refresh = (): void => {
    const now = chosen();
    if (now.join('\n') === names.join('\n')) return;
    names = now;
    for (const listener of listeners) listener();
  };

  return {
    async start() {
      unsubscribe = links.onChange((name, state) => {
        if (state) linkByName.set(name, state);
        else linkByName.delete(name);
        refresh();
      });
      for (const link of await links.list()) linkByName.set(link.name, link);
      refresh();
    },
    stop() {
      unsubscribe?.();
      listeners.clear();
    },
    names: () => names,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
