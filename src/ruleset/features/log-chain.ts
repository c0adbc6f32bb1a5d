/** The chain that writes the log lines of one service at one point: within the rate, a line for each name that the prefix tells apart. */

import { type LogPoint, protocolNumber, type Service, type ServiceLog } from '../../model/service.js';
import type { Field, RuleSpec, Statement } from '../../netlink/nft/ast.js';
import type { Chain } from '../chains.js';
import type { FeatureContext } from '../feature.js';
import { fingerprint, rule } from '../rules.js';
import { addressBytes, portBytes } from './bytes.js';
import type { FamilyShape } from './families.js';
import { logLine } from './log-line.js';
import { defaultPrefix, hasToken, logPrefix } from './log-prefix.js';
import { returns } from './statements.js';

/** Where the client's own destination is read: from the connection, or where there is none from the packet. */
export interface Destination {
  readonly address: Field;
  readonly port: Field;
}

interface Variant {
  readonly match: readonly Statement[];
  readonly address?: string;
  readonly backend?: string;
}

const everything: readonly Variant[] = [{ match: [] }];

/** Addresses with one port first: a range of another name may be around it. */
const addressVariants = (service: Service, family: FamilyShape, destination: Destination): Variant[] =>
  service.addresses
    .filter(({ address }) => family.has(address))
    .flatMap(({ name, address, protocol, ports }): (Variant & { readonly wide: boolean })[] => {
      const match: Statement[] = [
        {
          kind: 'compare',
          field: destination.address,
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
                  field: destination.port,
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
const variantsOf = (
  service: Service,
  family: FamilyShape,
  point: LogPoint,
  prefix: string,
  destination: Destination,
): Variant[] => {
  const addresses = hasToken(prefix, 'ANAME') ? addressVariants(service, family, destination) : everything;
  const backends =
    point !== 'input' && hasToken(prefix, 'BNAME') ? backendVariants(service, family) : everything;
  return addresses.flatMap((address) =>
    backends.map((backend) => ({ ...address, ...backend, match: [...address.match, ...backend.match] })),
  );
};

export const logChain = (
  service: Service,
  log: ServiceLog,
  family: FamilyShape,
  point: LogPoint,
  destination: Destination,
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
  const lines = variantsOf(service, family, point, template, destination).map((variant): Statement[] => [
    ...variant.match,
    logLine(logPrefix(template, { ...variant, point, service: service.name }), context),
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
