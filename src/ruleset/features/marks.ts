/**
 * Marks of services and backends, for routing by `ip rule fwmark`. The first packet of a connection takes its mark from a map, by service
 * number and backend; the connection keeps it, and every later packet of it, in both directions, has it before it is routed.
 *
 * Each bit that some service uses has a rule of its own, so that other bits of connections and packets stay as they are (the kernel
 * combines two registers only since Linux 6.13). Connections of others are told apart by their service, not by their mark.
 */

import type { Backend, Service } from '../../model/service.js';
import type { Key, SetSpec, Statement } from '../../netlink/nft/ast.js';
import type {
  Contribution,
  FeatureContext,
  Placed,
  ServiceFeature,
  Shortcoming,
  Structure,
} from '../feature.js';
import { rule } from '../rules.js';
import { markChain, markOrder, markOutputChain, type StationChain } from '../stations.js';
import { addressBytes, hostNumber, joined, portBytes } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { identity } from './identity.js';
import { bitsOf, foreignBits, markOf } from './mark-values.js';
import { fields, forgetNumber, goTo, jumpTo, newConnection, stationsIn, together } from './statements.js';
import { isStateless } from './traffic-elements.js';

/** `service number . backend . port → mark`, and without the port where the client's is kept. Data of type classid: read into the priority. */
const marksMap = ({ type }: FamilyShape): SetSpec => ({
  name: 'marks',
  key: ['classid', type, 'inet_service'],
  data: ['classid'],
});
const portlessMarksMap = ({ type }: FamilyShape): SetSpec => ({
  name: 'marks_any_port',
  key: ['classid', type],
  data: ['classid'],
});
/** Numbers of services whose connections have marks. */
const markedSet: SetSpec = { name: 'marked', key: ['classid'] };

const number: Key = fields('meta priority');
const noMark = { type: 'mark', bytes: new Uint8Array(4) } as const;

/** `mark_first`: gives the connection its bits. `mark_again`: gives the packet those of the connection. */
const bitRules = (family: FamilyShape, bit: number): Structure[] => {
  const { table } = family;
  const place = 31 - Math.clz32(bit);
  const has = (field: 'meta priority' | 'ct mark'): Statement => ({
    kind: 'compare',
    field,
    op: '!=',
    value: field === 'ct mark' ? noMark : { type: 'classid', bytes: new Uint8Array(4) },
    mask: bit,
  });
  const set = (field: 'ct mark' | 'meta mark'): Statement => ({
    kind: 'write',
    field,
    from: { kind: 'field', field },
    bits: bit,
  });
  return [
    {
      kind: 'station',
      table,
      chain: { name: 'mark_first' },
      order: place,
      rule: rule('mark_first', `bit ${place}`, has('meta priority'), set('ct mark')),
    },
    {
      kind: 'station',
      table,
      chain: { name: 'mark_again' },
      order: place,
      rule: rule('mark_again', `bit ${place}`, has('ct mark'), set('meta mark')),
    },
  ];
};

interface Uses {
  readonly ports: boolean;
  readonly anyPort: boolean;
  readonly local: boolean;
  /** Connections that a helper has announced take the mark of the one that announced them (nf_conntrack_core.c). */
  readonly announced: boolean;
}

const chains = (family: FamilyShape, uses: Uses): Structure[] => {
  const { table } = family;
  const station = (
    chain: Pick<StationChain, 'name'> & Partial<StationChain>,
    order: number,
    purpose: string,
    ...statements: Statement[]
  ): Structure => stationsIn(table, chain)(order, purpose, ...statements);
  const found = (key: Key, map: SetSpec): Statement[] => [
    { kind: 'write', field: 'meta priority', key, map: map.name },
    goTo('mark_first'),
  ];
  const withPort = marksMap(family);
  const withoutPort = portlessMarksMap(family);
  const marked: Statement = { kind: 'compare', field: 'ct mark', op: '!=', value: noMark };
  const hooks = uses.local ? [markChain, markOutputChain] : [markChain];
  return [
    { kind: 'set', table, set: markedSet, filledBy: 'us' },
    station({ name: 'mark_again' }, 99, 'number done', forgetNumber),
    station({ name: 'mark_first' }, 99, 'the packet too', goTo('mark_again')),
    station({ name: 'mark_new' }, 10, 'which service', jumpTo('identify_ct')),
    ...(uses.ports
      ? [
          { kind: 'set', table, set: withPort, filledBy: 'us' } as const,
          station(
            { name: 'mark_new' },
            20,
            'by backend and port',
            ...found(fields('meta priority', family.destination, 'th dport'), withPort),
          ),
        ]
      : []),
    ...(uses.anyPort
      ? [
          { kind: 'set', table, set: withoutPort, filledBy: 'us' } as const,
          station(
            { name: 'mark_new' },
            30,
            'by backend',
            ...found(fields('meta priority', family.destination), withoutPort),
          ),
        ]
      : []),
    station({ name: 'mark_new' }, 40, 'number done', forgetNumber),
    ...(uses.announced
      ? [
          station(
            { name: 'mark_known' },
            0,
            'announced by a helper',
            { kind: 'ct-status', statuses: ['expected'] },
            goTo('mark_again'),
          ),
        ]
      : []),
    station({ name: 'mark_known' }, 10, 'which service', jumpTo('identify_ct')),
    station(
      { name: 'mark_known' },
      20,
      'of a service',
      { kind: 'lookup', key: number, set: markedSet.name },
      goTo('mark_again'),
    ),
    station({ name: 'mark_known' }, 30, 'number done', forgetNumber),
    station(markChain, markOrder.newConnection, 'new connection', newConnection, goTo('mark_new')),
    ...hooks.map((hook) =>
      station(hook, markOrder.restore, 'known connection', marked, jumpTo('mark_known')),
    ),
  ];
};

/** Where connections go: backends, or for a service of the node itself its own addresses. */
interface Target {
  readonly address: Uint8Array;
  /** Undefined: any. */
  readonly port?: number;
  readonly mark: number;
}

const targetsOf = (service: Service, family: FamilyShape, context: FeatureContext): Target[] => {
  if (service.mode === 'local') {
    return service.addresses
      .filter(({ address }) => family.has(address))
      .map(({ address }) => ({
        address: addressBytes(address),
        mark: markOf(service, undefined, context),
      }));
  }
  return service.backends
    .filter(({ address }) => family.has(address))
    .map((backend: Backend) => ({
      address: addressBytes(backend.address),
      ...(backend.port !== undefined && { port: backend.port }),
      mark: markOf(service, backend, context),
    }));
};

const ofFamily = (
  service: Service,
  family: FamilyShape,
  context: FeatureContext,
): Contribution | undefined => {
  const targets = targetsOf(service, family, context).filter(({ mark }) => mark !== 0);
  const known = targets.length > 0 ? identity(service, family, context.ids) : undefined;
  if (!known) return undefined;
  const { table } = family;
  const id = hostNumber(context.ids.of(service.name));
  const used = targets.reduce((bits, { mark }) => (bits | mark) >>> 0, 0);
  return {
    structure: [
      ...known.structure,
      ...chains(family, {
        ports: targets.some(({ port }) => port !== undefined),
        anyPort: targets.some(({ port }) => port === undefined),
        local: service.mode === 'local',
        announced: service.helper !== undefined,
      }),
      ...bitsOf(used).flatMap((bit) => bitRules(family, bit)),
    ],
    elements: [
      ...known.elements,
      { table, set: markedSet, element: { key: id } },
      ...targets.map(
        ({ address, port, mark }): Placed =>
          port === undefined
            ? {
                table,
                set: portlessMarksMap(family),
                element: { key: joined(id, address), data: hostNumber(mark) },
              }
            : {
                table,
                set: marksMap(family),
                element: { key: joined(id, address, portBytes(port)), data: hostNumber(mark) },
              },
      ),
    ],
  };
};

const hex = (bits: number): string => `0x${bits.toString(16)}`;

export const marks: ServiceFeature = {
  name: 'marks',
  contribute(service, context) {
    if (isStateless(service)) return undefined;
    return together(...families.map((family) => ofFamily(service, family, context)));
  },
  shortcomings(service, context) {
    const own = foreignBits(service.mark, context);
    const reason = (bits: number): string =>
      `mark: the bits ${hex(bits)} are not among those that relevo may write: use others, or widen the mask of marks`;
    return [
      ...(own ? [{ service: service.name, reason: reason(own) }] : []),
      ...service.backends.flatMap(({ name, mark }): Shortcoming[] => {
        const bits = foreignBits(mark, context);
        return bits ? [{ service: service.name, backend: name, reason: reason(bits) }] : [];
      }),
    ];
  },
};
