/** What limits ask of the kernel: structure shared by services, texts, and what is refused with a reason. */

import test from 'ava';
import type { Ip } from '../../../src/model/address.js';
import type { Service } from '../../../src/model/service.js';
import { ruleText } from '../../../src/netlink/nft/text.js';
import { plainContext } from '../../../src/ruleset/context.js';
import type { FeatureContext } from '../../../src/ruleset/feature.js';
import { backendPlaces } from '../../../src/ruleset/features/general-backends.js';
import { limits } from '../../../src/ruleset/features/limits/limits.js';
import { createServiceIds } from '../../../src/ruleset/service-ids.js';
import { backendsAt, plainService } from '../../support/services.js';

const contextWith = (supported: readonly string[]): FeatureContext => ({
  ...plainContext,
  ids: createServiceIds(),
  devices: [],
  policies: new Map(),
  addresses: new Map(),
  neighbour: () => undefined,
  supports: (feature) => supported.includes(feature),
});
const context = contextWith(['queue', 'synproxy']);

const rulesOf = (service: Service, of = context): string[] =>
  (limits.contribute(service, of)?.structure ?? []).flatMap((structure) => {
    if (structure.kind === 'station') return [ruleText(structure.rule, structure.table.family)];
    return structure.kind === 'chain'
      ? structure.chain.rules.map((rule) => ruleText(rule, structure.table.family))
      : [];
  });

const structureNames = (service: Service): Set<string> =>
  new Set(
    (limits.contribute(service, context)?.structure ?? []).map((structure) =>
      structure.kind === 'set'
        ? `set ${structure.set.name}`
        : structure.kind === 'chain'
          ? `chain ${structure.chain.name}`
          : structure.kind === 'station'
            ? `station ${structure.chain.name} ${structure.order} ${structure.rule.comment}`
            : structure.kind,
    ),
  );

const everything = (name: string, index: number): Service =>
  plainService(
    {
      name,
      backends: backendsAt(3, { connectionLimit: 5 }),
      limits: {
        banMs: 60_000,
        newConnections: { count: 10, unit: 'second', burst: 20 },
        resets: { count: 5, unit: 'minute', burst: 1 },
        connectionsPerClient: 7,
        connections: 1_000 + index,
        tcpStrict: true,
        queue: 3,
      },
    },
    { port: 1_000 + index },
  );

test('a service without limits costs nothing', (t) => {
  t.is(limits.contribute(plainService(), context), undefined);
  t.is(limits.contribute(plainService({ limits: {} }), context), undefined);
  t.is(limits.contribute({ ...everything('web', 0), state: 'down' }, context), undefined);
});

test('chains, sets and rules do not grow with services of equal limits', (t) => {
  const first = structureNames(everything('web', 0));
  t.true(first.size > 10);
  for (let index = 1; index < 50; index++)
    t.deepEqual(structureNames(everything(`web${index}`, index)), first);
});

test('the same service needs the same', (t) => {
  t.deepEqual(
    limits.contribute(everything('web', 0), context),
    limits.contribute(everything('web', 0), context),
  );
});

test('elements with statements carry a fingerprint that changes with the number', (t) => {
  const comments = (connections: number): (string | undefined)[] =>
    limits
      .contribute(plainService({ limits: { connections } }), context)!
      .elements.filter(({ set }) => set.name === 'service_connections')
      .map(({ element }) => element.comment);
  t.is(comments(5).length, 1);
  t.truthy(comments(5)[0]);
  t.deepEqual(comments(5), comments(5));
  t.notDeepEqual(comments(5), comments(6));
});

test('a queue gets the first packets and is no obstacle when nobody listens', (t) => {
  const service = plainService({ limits: { queue: 7 } });
  t.true(rulesOf(service).some((text) => text.startsWith('queue flags bypass to 7')));
  t.deepEqual(limits.shortcomings!(service, context), []);
  const poor = contextWith([]);
  t.deepEqual(rulesOf(service, poor), []);
  const [shortcoming] = limits.shortcomings!(service, poor);
  t.regex(shortcoming!.reason, /CONFIG_NFT_QUEUE/);
});

test('what a mode without connection tracking cannot do is said', (t) => {
  const service = { ...everything('web', 0), mode: 'dsr' as const };
  t.is(limits.contribute(service, context), undefined);
  t.regex(limits.shortcomings!(service, context)[0]!.reason, /mode dsr/);
});

test('log lines are limited, have the tokens replaced, and are absent when the verdict has no log', (t) => {
  const service = plainService({
    limits: { connectionsPerClient: 1, connectionsLogPrefix: 'KNAME of FNAME: ' },
    backends: backendsAt(1, { connectionLimit: 1, connectionLimitLogPrefix: 'BNAME is full ' }),
  });
  const lines = rulesOf(service).filter((text) => text.includes('log prefix'));
  t.is(lines.length, 2);
  t.true(
    lines.every((text) => text.startsWith('limit rate 10/second burst 10 packets log prefix')),
    lines.join('\n'),
  );
  t.true(lines.some((text) => text.includes('"est-connlimit of web: "')));
  t.true(lines.some((text) => text.includes('"b1 is full "')));
  t.false(rulesOf({ ...service, verdict: ['drop'] }).some((text) => text.includes('log prefix')));
});

test('without the verdict drop packets are counted and go on', (t) => {
  const service = plainService({
    verdict: ['log', 'accept'],
    limits: { connectionsPerClient: 1, banMs: 1_000 },
  });
  const rules = rulesOf(service);
  t.false(rules.some((text) => text.includes('"ban')));
  const { structure } = limits.contribute(service, context)!;
  const notice = structure.find((one) => one.kind === 'chain' && one.chain.name === 'notice_client');
  t.truthy(notice);
  t.false(
    notice?.kind === 'chain' && notice.chain.rules.some((rule) => ruleText(rule, 'ip').includes('drop')),
  );
});

test('a backend keeps its place when others come and go, and has another one with another limit', (t) => {
  const backends = backendsAt(5, { connectionLimit: 3 });
  const places = backendPlaces(backends);
  t.is(new Set(places).size, 5);
  t.deepEqual(backendPlaces(backends.slice(2)), places.slice(2));
  t.notDeepEqual(backendPlaces(backendsAt(1, { connectionLimit: 4 })), places.slice(0, 1));
  const many = backendPlaces(
    Array.from({ length: 4_000 }, (_, index) => ({
      ...backends[0]!,
      address: `10.${index >> 8}.${index & 255}.1` as Ip,
    })),
  );
  t.is(new Set(many).size, 4_000);
});
