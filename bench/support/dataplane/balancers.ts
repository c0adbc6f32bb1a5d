/** What stands in the middle: relevo's engine, Debian's nftlb, rules of one's own, or nothing. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noFacts } from '../../../src/app/feature-engine.js';
import { createReconciler } from '../../../src/app/reconcile.js';
import { parseServices } from '../../../src/config/services.js';
import { isIpv6 } from '../../../src/model/address.js';
import type { Log } from '../../../src/ports.js';
import { type EngineContext, plainContext } from '../../../src/ruleset/context.js';
import { nameToIndex } from '../../../src/shell/libc.js';
import { createNft } from '../../../src/shell/nft.js';
import { insideNamespace } from '../../../test/support/inside.js';
import { backendAddress, backendNumbers, type Rig } from './rig.js';

/** Puts a balancer into a rig. Returned: how to end it. */
export type Balancer = (rig: Rig) => Promise<() => Promise<void>>;

const log: Log = {
  debug() {},
  info() {},
  warn: (facts, message) => process.stderr.write(`relevo: ${message} ${JSON.stringify(facts)}\n`),
  error: (facts, message) => process.stderr.write(`relevo: ${message} ${JSON.stringify(facts)}\n`),
  child: () => log,
};

/** The real engine; what it would learn of neighbours and interfaces is told to it. */
export const relevo =
  (farms: readonly object[], context: EngineContext = plainContext): Balancer =>
  async (rig) => {
    const { balancer, backends, frontDevice, backDevices, backendDevices, macOf } = rig;
    const parsed = parseServices({ farms });
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const neighbours = new Map(
      backendNumbers.map((number, at) => [
        backendAddress(number),
        { etherAddress: macOf(backends, backendDevices[at]!), device: backDevices[at]! },
      ]),
    );
    const links = new Map(
      [frontDevice, ...backDevices].map((device) => {
        const index = insideNamespace(balancer, () => nameToIndex(device));
        return [device, { index, etherAddress: macOf(balancer, device) }];
      }),
    );
    const nft = insideNamespace(balancer, () => createNft({ log }));
    const facts = {
      ...noFacts,
      devices: [...links.keys()],
      neighbour: (address: string) => (isIpv6(address as never) ? undefined : neighbours.get(address)),
      link: (device: string) => links.get(device),
    };
    const engine = createReconciler({ nft, log, clock: { nowMs: () => performance.now() }, facts }, context);
    await engine.adopt();
    await engine.apply(parsed.document);
    const missing = engine.shortcomings();
    if (missing.length > 0) throw new Error(`relevo does not serve this: ${JSON.stringify(missing)}`);
    return async () => nft.close();
  };

export const nftlb =
  (farms: readonly object[], folder: string): Balancer =>
  async ({ namespaces, balancer }) => {
    const file = join(folder, `${balancer}.json`);
    writeFileSync(file, JSON.stringify({ farms }));
    const child = namespaces.start(balancer, '/usr/sbin/nftlb', '-k', 'bench', '-l', '3', '-c', file);
    child.stdout?.resume();
    child.stderr?.resume();
    // Rules are made once its neighbours are known; who waits for packets to arrive waits for that.
    return async () => {};
  };

export const rules =
  (text: (rig: Rig) => string): Balancer =>
  async (rig) => {
    // A file: an argument takes 128 KiB at most.
    const folder = mkdtempSync(join(tmpdir(), 'relevo-rules-'));
    const file = join(folder, 'rules.nft');
    try {
      writeFileSync(file, text(rig));
      rig.namespaces.run(rig.balancer, 'nft', '-f', file);
    } finally {
      rmSync(folder, { recursive: true });
    }
    return async () => {};
  };

export const nothing: Balancer = async () => async () => {};
/** Connection tracking alone: what every stateful mode pays before the first rule. */
export const trackingOnly = rules(
  () =>
    'table ip track {\n chain in { type filter hook prerouting priority -150; ct state invalid drop; }\n}',
);
