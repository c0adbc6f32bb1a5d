/** What this kernel can do, asked of the kernel itself when the agent starts: trial transactions that leave nothing behind. */

import { errorFrom } from '../errors.js';
import type { Log, Nft } from '../ports.js';
import type { KernelFeature } from '../ruleset/feature.js';
import { kernelProbes } from '../ruleset/kernel-probes.js';

export interface KernelFeatures {
  supports(feature: KernelFeature): boolean;
  /** What is missing, and what the kernel said: for status. */
  readonly missing: ReadonlyMap<KernelFeature, string>;
}

/** One after the other: each is a transaction of its own, some hundred microseconds. A refusal for whatever reason counts as missing. */
export const probeKernel = async (nft: Pick<Nft, 'commit'>, log: Log): Promise<KernelFeatures> => {
  const missing = new Map<KernelFeature, string>();
  for (const { feature, transaction } of kernelProbes) {
    try {
      await nft.commit(transaction);
    } catch (thrown) {
      missing.set(feature, errorFrom(thrown).message);
    }
  }
  if (missing.size > 0) log.info({ missing: [...missing.keys()] }, 'what this kernel cannot do');
  return { supports: (feature) => !missing.has(feature), missing };
};
