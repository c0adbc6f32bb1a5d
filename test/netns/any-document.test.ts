/**
 * Any documents and requests, on the real kernel: each gets an answer, the kernel holds what was accepted, and a restart at any point finds
 * nothing to write. `RELEVO_RANDOM_RUNS=200` for longer.
 */

import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { createNftlbApi } from '../../src/api/nftlb/api.js';
import { type FeatureFacts, noFacts } from '../../src/app/feature-engine.js';
import { probeKernel } from '../../src/app/kernel-features.js';
import { createReconciler } from '../../src/app/reconcile.js';
import type { Reconciler } from '../../src/app/reconcile-types.js';
import { createServicesInForce } from '../../src/app/services-in-force.js';
import { parseServices } from '../../src/config/services.js';
import { formatServices } from '../../src/config/services-format.js';
import type { ServicesDocument } from '../../src/model/service.js';
import type { ElementBytes, Operation, SetSpec, TableName } from '../../src/netlink/nft/ast.js';
import { operationText } from '../../src/netlink/nft/text.js';
import type { Nft } from '../../src/ports.js';
import { plainContext } from '../../src/ruleset/context.js';
import { featureTables } from '../../src/ruleset/feature.js';
import { idSets } from '../../src/ruleset/features/identity.js';
import { createKeyCheck } from '../../src/shell/api-server.js';
import { createNft } from '../../src/shell/nft.js';
import { anyBeginning, anyStep, type Step } from '../support/any-request.js';
import { insideNamespace } from '../support/inside.js';
import { createLog } from '../support/log.js';
import { createNamespaces, systemPath } from '../support/netns.js';

const namespaces = createNamespaces();
const { id } = namespaces;
const [node, reference] = [namespaces.add('node'), namespaces.add('ref')];
// Of the same name in both: chains name it.
for (const [namespace, other] of [
  [node, 'n'],
  [reference, 'r'],
] as const) {
  namespaces.run(namespace, 'ip', 'link', 'add', `${id}f`, 'type', 'veth', 'peer', 'name', `${id}${other}`);
}
test.after.always(() => namespaces.dispose());

const stock = (namespace: string, ...args: string[]): string =>
  execFileSync('/usr/sbin/ip', ['netns', 'exec', namespace, '/usr/sbin/nft', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: systemPath },
  });

const log = createLog();
const probing = insideNamespace(node, () => createNft({ log }));
const { supports } = await probeKernel(probing, log);
probing.close();

/** Neighbours and links that are there, but for one backend. */
const facts: FeatureFacts = {
  ...noFacts,
  devices: [`${id}f`],
  supports,
  neighbour: (address) =>
    address.startsWith('10.54') ? undefined : { etherAddress: '02:00:00:00:00:05', device: `${id}f` },
  // Of the two ends of a pair the kernel makes the second one first.
  link: () => ({ index: 3, etherAddress: '02:00:00:00:00:01' }),
};

interface Running {
  readonly engine: Reconciler;
  readonly nft: Nft;
  readonly app: FastifyInstance;
  stop(): void;
}

/** Of those that run. */
const stops = new Set<() => void>();

const noStore = {
  save: async () => undefined,
  saveLater: () => undefined,
  saveElements: () => undefined,
  saveState: async () => undefined,
};
const key = 'a-key-for-tests';

/** `tap` sees what is committed, and says whether it is. */
const start = (
  namespace: string,
  tap: (operations: readonly Operation[]) => boolean = () => true,
): Running => {
  const kernel = insideNamespace(namespace, () => createNft({ log }));
  const nft: Nft = {
    ...kernel,
    commit: async (transaction) => {
      if (tap(transaction.operations)) await kernel.commit(transaction);
    },
  };
  const clock = { nowMs: () => performance.now() };
  const stopping = new AbortController();
  const stop = (): void => {
    stops.delete(stop);
    stopping.abort();
    kernel.close();
  };
  stops.add(stop);
  const engine = createReconciler({ nft, log, clock, facts }, plainContext);
  // Ends what it had in mind to do later when it stops.
  void insideNamespace(namespace, () => engine.run(stopping.signal));
  const services = createServicesInForce(engine, noStore);
  return {
    engine,
    nft: kernel,
    app: createNftlbApi(services, { isKey: createKeyCheck(key), log: createLog() }),
    stop,
  };
};

const parsed = (text: string): ServicesDocument => {
  const result = parseServices(text);
  if ('document' in result) return result.document;
  throw new Error(`what is in force cannot be read back: ${JSON.stringify(result.problems)}`);
};

interface Listed {
  readonly rule?: { readonly family: string; readonly table: string; readonly chain: string };
  readonly set?: { elem?: unknown[] };
  readonly map?: { elem?: unknown[] };
}

const bySize = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `nft -j list ruleset`, without what counts and what depends on the order of making. */
const rulesetOf = (namespace: string): string[] => {
  const { nftables } = JSON.parse(stock(namespace, '-j', 'list', 'ruleset')) as { nftables: Listed[] };
  const rulesByChain = new Map<string, string[]>();
  const lines: string[] = [];
  const line = (value: unknown): string =>
    JSON.stringify(value, (name, one: unknown) =>
      ['handle', 'expires', 'packets', 'bytes'].includes(name) ? undefined : one,
    );
  for (const one of nftables) {
    if (one.rule) {
      const chain = `${one.rule.family} ${one.rule.table} ${one.rule.chain}`;
      rulesByChain.set(chain, [...(rulesByChain.get(chain) ?? []), line(one.rule)]);
    } else if ('metainfo' in one) continue;
    else {
      const list = one.set ?? one.map;
      if (list?.elem) list.elem = list.elem.map(line).sort(bySize);
      lines.push(line(one));
    }
  }
  for (const [chain, rules] of rulesByChain) lines.push(`${chain}: ${rules.join('\n')}`);
  return lines.sort(bySize);
};

/** Sets that say which number a service has: given to the reference, because numbers go by history. */
const numbering = [...idSets, 'services'];

const readNumbers = async (nft: Nft): Promise<Map<string, readonly ElementBytes[]>> => {
  const found = new Map<string, readonly ElementBytes[]>();
  for (const name of featureTables) {
    for (const set of (await nft.readTable(name))?.sets ?? []) {
      if (!numbering.includes(set.name)) continue;
      found.set(`${name.family} ${set.name}`, await nft.dumpElements(name, set.name));
    }
  }
  return found;
};

/** What a load of the document into an empty kernel comes to, with the numbers that the services have. */
const freshLoad = async (document: ServicesDocument, nft: Nft): Promise<string[]> => {
  const sets = new Map<string, { readonly table: TableName; readonly set: SetSpec }>();
  stock(reference, 'flush', 'ruleset');
  const first = start(reference, (operations) => {
    for (const one of operations) {
      if (one.op === 'add-set' && numbering.includes(one.set.name))
        sets.set(`${one.table.family} ${one.set.name}`, { table: one.table, set: one.set });
    }
    return false;
  });
  await first.engine.apply(document);
  const operations: Operation[] = [];
  for (const [name, elements] of await readNumbers(nft)) {
    const known = sets.get(name);
    if (!known) continue;
    const { table, set } = known;
    operations.push(
      { op: 'add-table', table },
      { op: 'add-set', table, set },
      { op: 'add-elements', table, set, elements },
    );
  }
  await first.nft.commit({ reason: 'numbers', operations });
  first.stop();
  const second = start(reference);
  await second.engine.adopt();
  await second.engine.apply(document);
  second.stop();
  return rulesetOf(reference);
};

/** Chains and sets that nobody uses any more stay for a while: what goes with them is no difference. */
const isTidying = (operation: Operation, all: readonly Operation[]): boolean => {
  if (operation.op.startsWith('delete-') && operation.op !== 'delete-elements') return true;
  if (operation.op === 'delete-elements') return /kinds$/.test(operation.set.name);
  if (operation.op === 'add-rule') {
    const { chain } = operation.rule;
    return all.some((one) => one.op === 'flush-chain' && one.chain === chain);
  }
  return operation.op === 'flush-chain';
};

/** Long lists: a library's difference of them takes minutes. */
const same = (what: string, found: readonly string[], wanted: readonly string[]): void => {
  const extra = found.filter((line) => !wanted.includes(line));
  const missing = wanted.filter((line) => !found.includes(line));
  if (extra.length + missing.length > 0 || found.length !== wanted.length)
    throw new Error(`${what}: has ${extra.join('\n')}\nlacks ${missing.join('\n')}`);
};

/** What a restart at this point would write. */
const leftToWrite = async (document: ServicesDocument): Promise<Operation[]> => {
  const written: Operation[] = [];
  const heir = start(node, (operations) => {
    written.push(...operations);
    return false;
  });
  await heir.engine.adopt();
  await heir.engine.apply(document);
  heir.stop();
  return written;
};

const complaints = () => log.records.filter(({ level }) => level === 'warn' || level === 'error');

test('any requests and restarts: an answer each, and the kernel holds what was accepted', async (t) => {
  const numRuns = Number(process.env.RELEVO_RANDOM_RUNS ?? 4);
  const seed = process.env.RELEVO_RANDOM_SEED;
  const counts = { accepted: 0, refused: 0, restarts: 0 };
  const perform = async (running: Running, one: Step): Promise<Running> => {
    if (one.kind === 'restart') {
      // As it comes back from the disk.
      const document = parsed(formatServices(running.engine.document()));
      running.stop();
      const before = new Set(
        (JSON.parse(stock(node, '-j', 'list', 'ruleset')) as { nftables: unknown[] }).nftables,
      );
      if (before.size > 1 && one.hand.length > 0) {
        try {
          stock(node, ...one.hand);
        } catch {
          // What it would break is not there now.
        }
      }
      const heir = start(node);
      await heir.engine.adopt();
      await heir.engine.apply(document);
      same('document', [JSON.stringify(heir.engine.document())], [JSON.stringify(document)]);
      same('ruleset', rulesetOf(node), await freshLoad(document, heir.nft));
      counts.restarts++;
      return heir;
    }
    const before = JSON.stringify(running.engine.document());
    const reply = await running.app.inject({
      method: one.method as 'GET',
      url: one.url,
      headers: { key },
      ...(one.body !== undefined && { payload: JSON.stringify(one.body) }),
    });
    const { response } = JSON.parse(reply.body) as { response: string };
    const known =
      [200, 400, 404].includes(reply.statusCode) ||
      (reply.statusCode === 500 && /unknown attribute/.test(response));
    if (!known) throw new Error(`${reply.statusCode} ${response}`);
    counts[reply.statusCode === 200 ? 'accepted' : 'refused']++;
    if (reply.statusCode !== 200) same('document', [JSON.stringify(running.engine.document())], [before]);
    return running;
  };
  const report = await fc.check(
    fc.asyncProperty(
      anyBeginning,
      fc.array(anyStep, { minLength: 4, maxLength: 14 }),
      async (first, steps) => {
        stock(node, 'flush', 'ruleset');
        log.records.length = 0;
        let running = start(node);
        await running.engine.apply({ services: [] });
        try {
          for (const one of [first, ...steps, { kind: 'restart', hand: [] } as const]) {
            running = await perform(running, one);
            const left = await leftToWrite(running.engine.document());
            const real = left.filter((operation) => !isTidying(operation, left));
            if (real.length > 0)
              throw new Error(`after ${JSON.stringify(one)}: ${real.map(operationText).join('\n')}`);
            if (complaints().length > 0)
              throw new Error(`after ${JSON.stringify(one)}: ${JSON.stringify(complaints())}`);
          }
        } finally {
          for (const stop of stops) stop();
        }
      },
    ),
    { numRuns, endOnFailure: true, ...(seed !== undefined && { seed: Number(seed) }) },
  );
  const { failed, errorInstance, counterexample } = report;
  // Said in short: ava's own view of a long error takes minutes.
  if (failed) {
    const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    t.log(
      `RELEVO_RANDOM_SEED=${report.seed}`,
      `${JSON.stringify(counterexample).slice(0, 20_000)}\n${reason.slice(0, 20_000)}`,
    );
    t.fail();
  }
  t.log(counts);
  t.true(counts.accepted > counts.refused / 4);
});
