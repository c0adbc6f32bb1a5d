/**
 * Limits that hold without connection tracking: rates per client, counted behind the lists and before the choice of a backend. What opens
 * a flow is a SYN, or a packet of a flow that is not remembered; one that is sent again counts again. What would have to count
 * connections is refused for the service, with the reason.
 */

import type { RateLimit, Service } from '../../../model/service.js';
import type { Key, SetSpec, Statement } from '../../../netlink/nft/ast.js';
import type { EngineContext } from '../../context.js';
import {
  type Contribution,
  ingressTable,
  type Placed,
  type Shortcoming,
  type Structure,
} from '../../feature.js';
import { fingerprint, rule } from '../../rules.js';
import { hostNumber } from '../bytes.js';
import type { FamilyShape } from '../families.js';
import { hint, hintGroupOf } from '../hints.js';
import { rateOf } from '../limits/rate.js';
import { drops, logRate, logs, prefixText } from '../limits/refusal.js';
import { logLine } from '../log-line.js';
import { fields, goTo } from '../statements.js';
import { flowKey, flowsMap, suffixOf } from './layout.js';

const table = ingressTable;
const tcp = (op: '==' | '!='): Statement => ({
  kind: 'compare',
  field: 'meta l4proto',
  op,
  value: { type: 'inet_proto', bytes: Uint8Array.of(6) },
});
/** Most clients that one set remembers. When it is full, newcomers are not limited and known ones still are. */
const clientsPerSet = 262_144;
const clientSet = (name: string, family: FamilyShape): SetSpec => ({
  name: `stateless_${name}_${suffixOf(family)}`,
  key: [family.type, 'classid'],
  flags: ['timeout', 'dynamic'],
  size: clientsPerSet,
});
/** Clients that a limit has met, for as long as they stay refused. */
export const statelessBannedSet = (family: FamilyShape): SetSpec => clientSet('banned', family);
const client = ({ source }: FamilyShape): Key => fields(source, 'meta priority');

/** `service number → kind of limits`, and `kind → jump <its chain>`. Large numbers, so that no service's number equals one. */
const limitedMap = (family: FamilyShape): SetSpec => ({
  name: `stateless_limited${suffixOf(family)}`,
  key: ['classid'],
  data: ['mark'],
});
const limitsMap = (family: FamilyShape): SetSpec => ({
  name: `stateless_limits${suffixOf(family)}`,
  key: ['mark'],
  data: 'verdict',
});
/** `service number`, each with a counter. */
const refusedSet = (why: string): SetSpec => ({
  name: `stateless_refused_${why}`,
  key: ['classid'],
  statements: [{ kind: 'counter' }],
});
const order = 15;

type Refusal = readonly [why: 'new' | 'resets', attribute: string, prefix: string | undefined];

/** Packets of this service meet gates. */
export const limitsRates = ({ limits }: Service): boolean =>
  Boolean(limits?.newConnections || limits?.resets);

export const statelessLimits = (
  service: Service,
  family: FamilyShape,
  number: Uint8Array,
  context: EngineContext,
): Contribution | undefined => {
  const {
    newConnections,
    resets,
    newConnectionsLogPrefix,
    resetsLogPrefix,
    banMs = 0,
  } = service.limits ?? {};
  if (!limitsRates(service)) return undefined;
  const suffix = suffixOf(family);
  const hintGroup = hintGroupOf(context, service, 'ban');
  const structure: Structure[] = [];
  const elements: Placed[] = [];
  const needed = (set: SetSpec): SetSpec => {
    structure.push({
      kind: 'set',
      table,
      set,
      filledBy: set.flags?.includes('dynamic') === true ? 'packets' : 'us',
    });
    return set;
  };
  const chainOf = (name: string, ...rules: readonly (readonly [string, ...Statement[]])[]): string => {
    structure.push({
      kind: 'chain',
      table,
      chain: { name, rules: rules.map(([purpose, ...what]) => rule(name, purpose, ...what)) },
    });
    return name;
  };
  const banned = banMs > 0 && drops(service) ? needed(statelessBannedSet(family)) : undefined;
  const dropped: readonly (readonly [string, Statement])[] = drops(service)
    ? [['refuse', { kind: 'verdict', verdict: { kind: 'drop' } }]]
    : [];
  const refuse = ([why, attribute, template]: Refusal): Statement => {
    const refused = needed(refusedSet(why));
    elements.push({
      table,
      set: refused,
      element: { key: number, statements: [{ kind: 'counter' }], comment: fingerprint('counter') },
    });
    const prefix = template && logs(service) ? prefixText(template, attribute, service) : undefined;
    const rules: (readonly [string, ...Statement[]])[] = [
      ['counted by service', { kind: 'lookup', key: fields('meta priority'), set: refused.name }],
      ...(prefix ? [['log', logRate, logLine(prefix, context, 'info')] as const] : []),
      ...(banned && hintGroup !== undefined
        ? [
            [
              'report a ban',
              { kind: 'lookup', key: client(family), set: banned.name, invert: true },
              hint(hintGroup, 'ban'),
            ] as const,
          ]
        : []),
      ...(banned
        ? [
            [
              'ban',
              { kind: 'dynset', op: 'add', set: banned.name, key: client(family), timeoutMs: banMs },
            ] as const,
          ]
        : []),
      ...dropped,
    ];
    return goTo(chainOf(`stateless_refuse_${why}${suffix}_${fingerprint(rules)}`, ...rules));
  };
  const over = (name: string, limit: RateLimit): Statement => {
    const { text, timeoutMs, statement } = rateOf(limit);
    return {
      kind: 'dynset',
      op: 'update',
      set: needed(clientSet(`${name}_${text}`, family)).name,
      key: client(family),
      timeoutMs,
      statements: [statement],
    };
  };
  const rules: (readonly [string, ...Statement[]])[] = [];
  if (banned && dropped[0]) {
    rules.push(['banned', { kind: 'lookup', key: client(family), set: banned.name }, dropped[0][1]]);
  }
  if (newConnections) {
    const met = over('new', newConnections);
    const refused = refuse(['new', 'new-rtlimit', newConnectionsLogPrefix]);
    // Before Linux 6.5 a map answers only whether a key is there.
    const known: Statement = { kind: 'lookup', key: flowKey(family), set: needed(flowsMap(family)).name };
    rules.push(
      ['SYN', tcp('=='), { kind: 'tcp-flags', of: ['syn', 'ack'], are: ['syn'] }, met, refused],
      ['known flow', tcp('!='), known, { kind: 'verdict', verdict: { kind: 'return' } }],
      ['new flow', tcp('!='), met, refused],
    );
  }
  if (resets) {
    const met = over('resets', resets);
    const refused = refuse(['resets', 'rst-rtlimit', resetsLogPrefix]);
    rules.push(['reset', tcp('=='), { kind: 'tcp-flags', of: ['rst'], are: ['rst'] }, met, refused]);
  }
  const name = chainOf(`stateless_limits${suffix}_${fingerprint(rules)}`, ...rules);
  const kind = hostNumber((0x8000_0000 | Number.parseInt(fingerprint(name), 16)) >>> 0);
  const kinds = needed(limitsMap(family));
  const limited = needed(limitedMap(family));
  elements.push(
    { table, set: kinds, element: { key: kind, data: { kind: 'jump', chain: name } } },
    { table, set: limited, element: { key: number, data: kind }, activates: true },
  );
  const entrance = `stateless${suffix}`;
  structure.push({
    kind: 'station',
    table,
    chain: { name: entrance },
    order,
    rule: rule(
      entrance,
      'limits',
      { kind: 'write', field: 'meta mark', key: fields('meta priority'), map: limited.name },
      { kind: 'vmap', key: fields('meta mark'), map: kinds.name },
    ),
  });
  return { structure, elements };
};

/** What cannot be had without connection tracking: a client's connections are not known here, nor on the node that takes over. */
export const untrackedLimits = (service: Service): Shortcoming[] => {
  const { limits = {} } = service;
  const wanted = [
    ...(limits.tcpStrict ? ['tcp-strict'] : []),
    ...((limits.connectionsPerClient ?? 0) > 0 ? ['est-connlimit'] : []),
    ...((limits.connections ?? 0) > 0 ? ['service-connlimit'] : []),
    ...(limits.synproxy ? ['synproxy'] : []),
    ...(limits.queue !== undefined && limits.queue >= 0 ? ['queue'] : []),
    ...(service.backends.some(({ connectionLimit = 0 }) => connectionLimit > 0)
      ? ['est-connlimit of backends']
      : []),
  ];
  if (wanted.length === 0) return [];
  return [
    {
      service: service.name,
      reason: `${wanted.join(', ')}: these need connection tracking, which mode ${service.mode} is without: use dnat or snat, or remove them`,
    },
  ];
};
