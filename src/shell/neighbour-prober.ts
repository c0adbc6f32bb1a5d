/** Provokes entries of the neighbour table: IPv4 by the package node-arp (programs `ping` and `arp`), IPv6 by `ping -6`. */

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { getMAC } from 'node-arp';
import { RelevoError } from '../errors.js';
import { isIpv6 } from '../model/address.js';
import type { NeighbourProber, Runner } from '../ports.js';

/** One echo request; the kernel gives up on an address after three solicitations, a second apart. */
const pingMs = 5_000;

/** In the folders in which the package will look for it: it starts programs by name. */
const isInstalled = (program: string): boolean =>
  (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** A program that is missing would end the process: the package does not listen to its children's errors. */
const requirePrograms = (...programs: readonly string[]): void => {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  throw new RelevoError(
    'not-found',
    `${missing.join(' and ')} not found in PATH: install iputils-ping and net-tools, or backends are only found when they speak first`,
    { missing: missing.join() },
  );
};

export const createNeighbourProber = (runner: Runner): NeighbourProber => ({
  async provoke(address) {
    if (isIpv6(address)) {
      // Its status says whether it was answered: not asked for here.
      await runner.run('ping', ['-6', '-c', '1', '-W', '1', address], { timeoutMs: pingMs });
      return;
    }
    requirePrograms('ping', 'arp');
    await new Promise<void>((resolve) => getMAC(address, () => resolve()));
  },
});
