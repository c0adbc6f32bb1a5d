/**
 * Connection tracking helpers: ftp, sip, tftp, pptp and snmp, whose connections open others. Given to the first packet of a connection, before
 * it is translated; the kernel's own NAT helpers then rewrite addresses in what is said. One set of service numbers per helper.
 */

import type { Helper, Service } from '../../model/service.js';
import type { ObjectSpec, SetSpec } from '../../netlink/nft/ast.js';
import type { Contribution, FeatureContext, ServiceFeature, Structure } from '../feature.js';
import { guardChain, guardOrder } from '../stations.js';
import { hostNumber } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { identity } from './identity.js';
import { fields, jumpTo, newConnection, stationsIn, together } from './statements.js';
import { isStateless } from './traffic-elements.js';

/** Protocols that the kernel has the helper for (nf_conntrack_ftp.c and its neighbours). */
const protocolsOfHelper: Readonly<Record<Helper, readonly ('tcp' | 'udp')[]>> = {
  ftp: ['tcp'],
  pptp: ['tcp'],
  sip: ['tcp', 'udp'],
  snmp: ['udp'],
  tftp: ['udp'],
};

export const helperFeature = (helper: Helper, family: FamilyShape) =>
  `${helper} helper${family.bytes === 4 ? '' : ' for IPv6'}` as const;

/** Objects of one helper, one per protocol. */
export const helperObjects = (helper: Helper, family: FamilyShape): ObjectSpec[] =>
  protocolsOfHelper[helper].map((protocol) => ({
    type: 'ct helper',
    name: `${helper}_${protocol}`,
    helper,
    protocol,
    layer3: family.bytes === 4 ? 'ip' : 'ip6',
  }));

const helperSet = (helper: Helper): SetSpec => ({ name: `helper_${helper}`, key: ['classid'] });

const ofFamily = (
  service: Service,
  helper: Helper,
  family: FamilyShape,
  context: FeatureContext,
): Contribution | undefined => {
  if (!context.supports(helperFeature(helper, family))) return undefined;
  const known = identity(service, family, context.ids);
  if (!known) return undefined;
  const { table } = family;
  const set = helperSet(helper);
  const objects = helperObjects(helper, family);
  const station = stationsIn(table, guardChain);
  return {
    structure: [
      ...known.structure,
      { kind: 'set', table, set, filledBy: 'us' },
      ...objects.map((object): Structure => ({ kind: 'object', table, object })),
      station(guardOrder.helper, 'helper: which service', newConnection, jumpTo('identify')),
      ...objects.map(({ name }) =>
        station(
          guardOrder.helper + 1,
          `helper ${name}`,
          newConnection,
          { kind: 'lookup', key: fields('meta priority'), set: set.name },
          { kind: 'object', type: 'ct helper', name },
        ),
      ),
    ],
    elements: [...known.elements, { table, set, element: { key: hostNumber(context.ids.of(service.name)) } }],
  };
};

const familiesOf = (service: Service): FamilyShape[] =>
  families.filter((family) => service.addresses.some(({ address }) => family.has(address)));

export const helpers: ServiceFeature = {
  name: 'helpers',
  contribute(service, context) {
    const { helper } = service;
    if (!helper || isStateless(service)) return undefined;
    return together(...familiesOf(service).map((family) => ofFamily(service, helper, family, context)));
  },
  shortcomings(service, context) {
    const { helper } = service;
    if (!helper) return [];
    if (isStateless(service)) {
      return [
        {
          service: service.name,
          reason: `helper ${helper}: a service of mode ${service.mode} has no connection tracking: use dnat or snat`,
        },
      ];
    }
    return familiesOf(service)
      .filter((family) => !context.supports(helperFeature(helper, family)))
      .map((family) => ({
        service: service.name,
        reason: `helper ${helper}: this kernel does not have it${family.bytes === 16 ? ' for IPv6' : `: load nf_conntrack_${helper}`}`,
      }));
  },
};
