/**
 * Log lines for first packets of connections: as they come in, are forwarded, and leave for the backend. Prefixes are text of rules, so a
 * service that logs has a chain per point; a packet of another service meets two look-ups and no more.
 */

import { type LogPoint, protocolNumber, type Service, type ServiceLog } from '../../model/service.js';
import type { RuleSpec, SetSpec, Statement } from '../../netlink/nft/ast.js';
import type { Chain } from '../chains.js';
import type { Contribution, FeatureContext, ServiceFeature, Structure } from '../feature.js';
import { fingerprint, rule } from '../rules.js';
import {
  forwardChain,
  forwardOrder,
  guardChain,
  guardOrder,
  recordChain,
  recordOrder,
  type StationChain,
} from '../stations.js';
import { addressBytes, hostNumber, portBytes } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { identity } from './identity.js';
import { defaultPrefix, hasToken, logPrefix } from './log-prefix.js';
import { fields, jumpTo, newConnection, returns, together } from './statements.js';
import { isStateless } from './traffic-elements.js';

interface Point {
  readonly station: StationChain;
  readonly order: number;
  readonly identify: 'identify' | 'identify_ct';
}

/** A service of the node itself is neither forwarded nor sent to a backend. */
const points: Readonly<Record<LogPoint, Point>> = {
  input: { station: guardChain, order: guardOrder.log, identify: 'identify' },
  forward: { station: forwardChain, order: forwardOrder.log, identify: 'identify_ct' },
  output: { station: recordChain, order: recordOrder.log, identify: 'identify_ct' },
};

const verdicts = (point: LogPoint): SetSpec => ({ name: `log_${point}`, key: ['classid'], data: 'verdict' });

interface Variant {
  readonly match: readonly Statement[];
  readonly address?: string;
  readonly backend?: string;
}

const everything: readonly Variant[] = [{ match: [] }];

/** Addresses with one port first: a range of another name may be around it. */
const addressVariants = (service: Service, family: FamilyShape): Variant[] =>
  service.addresses
    .filter(({ address }) => family.has(address))
    .flatMap(({ name, address, protocol, ports }): (Variant & { readonly wide: boolean })[] => {
      const match: Statement[] = [
        {
          kind: 'compare',
          field: family.originalDestination,
          op: '==',
          value: { type: family.type, bytes: addressBytes(address) },
        },
        ...(protocol === 'all'
          ? []
          : [
              {
                kind: 'compare',
                field: 'meta l4proto',
                op: '==',
                value: { type: 'inet_proto', bytes: Uint8Array.of(protocolNumber[protocol]) },
              } as const,
            ]),
      ];
      const named = { address: name ?? `${service.name}-addr` };
      if (ports.length === 0) return [{ ...named, match, wide: true }];
      return ports.map(({ first, last }) => ({
        ...named,
        wide: first !== last,
        match:
          first === last
            ? [
                ...match,
                {
                  kind: 'compare',
                  field: 'ct original proto-dst',
                  op: '==',
                  value: { type: 'inet_service', bytes: portBytes(first) },
                },
              ]
            : match,
      }));
    })
    .sort((a, b) => Number(a.wide) - Number(b.wide));

const backendVariants = (service: Service, family: FamilyShape): Variant[] =>
  service.backends
    .filter(({ address }) => family.has(address))
    .map(({ name, address, port }) => ({
      backend: name,
      match: [
        {
          kind: 'compare',
          field: family.replySource,
          op: '==',
          value: { type: family.type, bytes: addressBytes(address) },
        },
        ...(port === undefined
          ? []
          : [
              {
                kind: 'compare',
                field: 'ct reply proto-src',
                op: '==',
                value: { type: 'inet_service', bytes: portBytes(port) },
              } as const,
            ]),
      ],
    }));

/** Every combination that the prefix tells apart. */
const variantsOf = (service: Service, family: FamilyShape, point: LogPoint, prefix: string): Variant[] => {
  const addresses = hasToken(prefix, 'ANAME') ? addressVariants(service, family) : everything;
  const backends =
    point !== 'input' && hasToken(prefix, 'BNAME') ? backendVariants(service, family) : everything;
  return addresses.flatMap((address) =>
    backends.map((backend) => ({ ...address, ...backend, match: [...address.match, ...backend.match] })),
  );
};

const logChain = (
  service: Service,
  log: ServiceLog,
  family: FamilyShape,
  point: LogPoint,
  context: FeatureContext,
): Chain => {
  const template = log.prefix ?? defaultPrefix;
  const { rate } = log;
  const within: Statement[] =
    rate && rate.count > 0
      ? [
          {
            kind: 'limit',
            rate: rate.count,
            unit: rate.unit,
            over: true,
            ...(rate.burst > 0 && { burst: rate.burst }),
          },
          returns,
        ]
      : [];
  const group = context.serviceLogGroup;
  const lines = variantsOf(service, family, point, template).map((variant): Statement[] => [
    ...variant.match,
    {
      kind: 'log',
      prefix: logPrefix(template, { ...variant, point, service: service.name }),
      ...(group !== undefined && { group }),
    },
    returns,
  ]);
  const all = within.length > 0 ? [within, ...lines] : lines;
  const name = `log_${point}_${context.ids.of(service.name)}_${fingerprint(all)}`;
  return {
    name,
    rules: all.map(
      (statements, index): RuleSpec =>
        rule(name, index === 0 && within.length > 0 ? 'not too often' : 'log', ...statements),
    ),
  };
};

const atPoint = (
  service: Service,
  log: ServiceLog,
  family: FamilyShape,
  point: LogPoint,
  context: FeatureContext,
): Contribution => {
  const { table } = family;
  const { station, order, identify } = points[point];
  const chain = logChain(service, log, family, point, context);
  const map = verdicts(point);
  const at = (offset: number, purpose: string, ...statements: Statement[]): Structure => ({
    kind: 'station',
    table,
    chain: station,
    order: order + offset,
    rule: rule(station.name, purpose, newConnection, ...statements),
  });
  return {
    structure: [
      { kind: 'set', table, set: map, filledBy: 'us' },
      { kind: 'chain', table, chain },
      at(0, 'log: which service', jumpTo(identify)),
      at(1, 'log', { kind: 'vmap', key: fields('meta priority'), map: map.name }),
    ],
    elements: [
      {
        table,
        set: map,
        element: {
          key: hostNumber(context.ids.of(service.name)),
          data: { kind: 'jump', chain: chain.name },
        },
      },
    ],
  };
};

const pointsOf = ({ mode, log }: Service): readonly LogPoint[] =>
  mode === 'local' ? (log?.points ?? []).filter((point) => point === 'input') : (log?.points ?? []);

export const logs: ServiceFeature = {
  name: 'logs',
  contribute(service, context) {
    const { log } = service;
    if (!log || isStateless(service) || pointsOf(service).length === 0) return undefined;
    return together(
      ...families.map((family) => {
        const known = identity(service, family, context.ids);
        return (
          known &&
          together(known, ...pointsOf(service).map((point) => atPoint(service, log, family, point, context)))
        );
      }),
    );
  },
};
