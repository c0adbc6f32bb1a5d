/** Maps of general services, one set of them per family; keys begin or end with the service's number (`service-ids.ts`). */

import type { HashField } from '../../model/service.js';
import type { DataType, Field, Key, SetSpec, Statement } from '../../netlink/nft/ast.js';
import { typesBytes } from '../../netlink/nft/fields.js';
import type { FamilyShape } from './families.js';
import { fields, packetFields } from './statements.js';

/** `service number → kind number`. */
export const kindOfMap: SetSpec = { name: 'general_kind_of', key: ['classid'], data: ['classid'] };
/** `kind number → goto <kind chain>`. */
export const generalKindsMap: SetSpec = { name: 'general_kinds', key: ['classid'], data: 'verdict' };
/** What leads a packet into the chain of its service's kind, from a chain of type nat. */
export const generalDispatch: readonly (readonly [purpose: string, statement: Statement])[] = [
  ['which service', { kind: 'verdict', verdict: { kind: 'jump', chain: 'identify' } }],
  [
    'which kind',
    {
      kind: 'write',
      field: 'meta priority',
      key: [{ kind: 'field', field: 'meta priority' }],
      map: kindOfMap.name,
    },
  ],
  ['kind', { kind: 'vmap', key: [{ kind: 'field', field: 'meta priority' }], map: generalKindsMap.name }],
];
/** `service number . slot → backend number`: what a scheduler reads. */
export const picksMap: SetSpec = {
  name: 'picks',
  key: ['classid', 'integer'],
  data: ['classid'],
  modulus: 1024,
};
/** `backend number → address . port`, of backends with a port. */
export const targetsMap = ({ type }: FamilyShape): SetSpec => ({
  name: 'targets',
  key: ['classid'],
  data: [type, 'inet_service'],
});
/** `backend number → address`, of backends that keep the port. */
export const portKeepersMap = ({ type }: FamilyShape): SetSpec => ({
  name: 'port_keepers',
  key: ['classid'],
  data: [type],
});
/** `service number . backend → source address`. */
export const generalSourcesMap = ({ type }: FamilyShape): SetSpec => ({
  name: 'general_sources',
  key: ['classid', type],
  data: [type],
});
/** `service number . backend`, of snat services without a source address. */
export const generalMasqueradingSet = ({ type }: FamilyShape): SetSpec => ({
  name: 'general_masquerading',
  key: ['classid', type],
});
/** `backend . protocol . port` and `backend . protocol`: whose invalid replies are ours to drop. */
export const generalBackendsSet = ({ type }: FamilyShape): SetSpec => ({
  name: 'general_backends',
  key: [type, 'inet_proto', 'inet_service'],
});
export const generalHostsSet = ({ type }: FamilyShape): SetSpec => ({
  name: 'general_hosts',
  key: [type, 'inet_proto'],
});

const stickyType = (field: HashField, { type }: FamilyShape): DataType =>
  field === 'srcip' || field === 'dstip'
    ? type
    : field === 'srcmac' || field === 'dstmac'
      ? 'ether_addr'
      : 'inet_service';

/** What tells clients apart, then the service's number. */
const clientKey = (fields: readonly HashField[], family: FamilyShape): DataType[] => [
  ...fields.map((field) => stickyType(field, family)),
  'classid',
];

/** Most clients that one of these maps remembers. */
const stickySize = 1_048_576;

/** `client . service number → address . port`, written by packets; `keepsPort`: the address alone. */
export const stickyMap = (
  fields: readonly HashField[],
  keepsPort: boolean,
  family: FamilyShape,
  size = stickySize,
): SetSpec => ({
  name: `sticky_${fields.join('_')}${keepsPort ? '_address' : ''}`,
  key: clientKey(fields, family),
  data: keepsPort ? [family.type] : [family.type, 'inet_service'],
  flags: ['timeout', 'dynamic'],
  size,
});

/** `service number`, counted by packets: newcomers that were not remembered because there is no room. They are served all the same. */
export const generalPersistRefusedSet: SetSpec = {
  name: 'general_persist_refused',
  key: ['classid'],
  flags: ['dynamic'],
  size: 262_144,
  statements: [{ kind: 'counter' }],
};

/** `client . service number → backend number`: static sessions. */
export const pinnedMap = (fields: readonly HashField[], family: FamilyShape): SetSpec => ({
  name: `pinned_${fields.join('_')}`,
  key: clientKey(fields, family),
  data: ['classid'],
});

/** `service number . backend [. port]`: which backends gather entries of these fields and this lifetime. */
export const keeperSet = (
  fields: readonly HashField[],
  ttlMs: number,
  keepsPort: boolean,
  { type }: FamilyShape,
): SetSpec => ({
  name: `keep_${fields.join('_')}_${ttlMs % 1000 === 0 ? `${ttlMs / 1000}s` : `${ttlMs}ms`}${keepsPort ? '_address' : ''}`,
  key: ['classid', type, ...(keepsPort ? [] : (['inet_service'] as const))],
});

/** NFT_REG32_COUNT: what one rule can hold of key and data together. */
const registerBytes = 64;

/** What tells this service's clients apart in one family; nothing where all of it, with the backend, does not fit a rule: then it has no persistence there. */
export const persistenceIn = (
  { persistence }: { readonly persistence: readonly HashField[] },
  family: FamilyShape,
): readonly HashField[] => {
  const needed = typesBytes([...clientKey(persistence, family), family.type, 'inet_service']);
  return needed <= registerBytes ? persistence : [];
};

export const packetKey = (names: readonly HashField[], family: FamilyShape): Key =>
  fields(...packetFields(names, family), 'meta priority');

/** The same of the connection's first packet, after translation. */
export const connectionKey = (names: readonly HashField[], family: FamilyShape): Key =>
  fields(
    ...names.map(
      (field) =>
        ({
          srcip: family.originalSource,
          dstip: family.originalDestination,
          srcport: 'ct original proto-src',
          dstport: 'ct original proto-dst',
          srcmac: 'ether saddr',
          dstmac: 'ether daddr',
        })[field] as Field,
    ),
    'meta priority',
  );
