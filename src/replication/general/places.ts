/** Where the kernel of this node has a general entry: its sets, and elements with the numbers of this node in them. */

import { bytesOfText, textOfBytes } from '../../model/general-columns.js';
import {
  type EntryShape,
  keyFromRegisters,
  registerBytes,
  registersOf,
  shapeOf,
} from '../../model/general-shape.js';
import type { Service } from '../../model/service.js';
import type { ElementBytes, SetSpec, TableName } from '../../netlink/nft/ast.js';
import { ingressTable } from '../../ruleset/feature.js';
import { hostNumber, joined, portBytes, readHostNumber, readPort } from '../../ruleset/features/bytes.js';
import { stickyMap } from '../../ruleset/features/general-layout.js';
import { bannedSet } from '../../ruleset/features/limits/parts.js';
import { statelessMode } from '../../ruleset/features/stateless/backends.js';
import { clientsMap, flowsMap } from '../../ruleset/features/stateless/layout.js';
import { statelessBannedSet } from '../../ruleset/features/stateless/limits.js';
import { type Directory, familyOf, type Listed, type Target, targetText } from './directory.js';

export interface EntrySet {
  readonly table: TableName;
  readonly set: SetSpec;
  /** sticky: backends that keep the port have a map of their own. */
  readonly keepsPort: boolean;
}

/** Every set that an entry of this shape may be in; what comes first counts. */
export const setsOf = (shape: EntryShape): readonly EntrySet[] => {
  const family = familyOf(shape);
  const { table } = family;
  switch (shape.kind) {
    case 'sticky':
      return [false, true].map((keepsPort) => ({
        table,
        set: stickyMap(shape.fields, keepsPort, family),
        keepsPort,
      }));
    case 'client':
      return [{ table: ingressTable, set: clientsMap(shape.fields, family), keepsPort: false }];
    case 'flow':
      return [{ table: ingressTable, set: flowsMap(family), keepsPort: false }];
    case 'ban':
      return [
        { table, set: bannedSet(family), keepsPort: false },
        { table: ingressTable, set: statelessBannedSet(family), keepsPort: false },
      ];
  }
};

/** In which of `setsOf` a service has its bans: with connection tracking, or without. */
export const bansAt = (service: Service): 0 | 1 => (statelessMode(service) ? 1 : 0);

/** Its elements name backends by numbers. */
export const isStateless = ({ kind }: EntryShape): boolean => kind === 'client' || kind === 'flow';

/** The key of an element, for this node. */
export const elementKey = (key: string, { id }: Listed): Uint8Array => {
  const number = hostNumber(id);
  return isStateless(shapeOf(key)!) ? joined(number, registersOf(key)) : joined(registersOf(key), number);
};

/** The element, and in which of `setsOf` it belongs. Undefined for a backend that this node has no number for. */
export const elementOf = (
  key: string,
  { address, port }: Target,
  listed: Listed,
): { readonly at: number; readonly element: ElementBytes } | undefined => {
  const shape = shapeOf(key)!;
  const element = elementKey(key, listed);
  if (shape.kind === 'ban') return { at: bansAt(listed.service), element: { key: element } };
  if (isStateless(shape)) {
    const number = listed.numberByTarget.get(targetText({ address, port }));
    return number === undefined ? undefined : { at: 0, element: { key: element, data: hostNumber(number) } };
  }
  const bytes = bytesOfText(address);
  return port === 0
    ? { at: 1, element: { key: element, data: bytes } }
    : { at: 0, element: { key: element, data: joined(bytes, portBytes(port)) } };
};

export interface ReadEntry extends Target {
  readonly owner: Listed;
  readonly key: string;
}

/** What an element of one of these sets says; undefined: of a service, or a backend, that nobody knows any more. */
export const entryOfElement = (
  directory: Directory,
  shape: EntryShape,
  keepsPort: boolean,
  { key, data }: ElementBytes,
): ReadEntry | undefined => {
  const length = shape.fields.reduce((sum, field) => sum + registerBytes(field, shape.family), 0);
  if (key.length !== length + 4) return undefined;
  const stateless = isStateless(shape);
  const owner = directory.numbered(readHostNumber(key, stateless ? 0 : length));
  const text = keyFromRegisters(shape, key, stateless ? 4 : 0);
  if (!owner || text === undefined) return undefined;
  if (shape.kind === 'ban') return { owner, key: text, address: '', port: 0 };
  if (!(data instanceof Uint8Array)) return undefined;
  if (stateless) {
    const target = data.length >= 4 ? owner.targetByNumber.get(readHostNumber(data, 0)) : undefined;
    return target && { owner, key: text, ...target };
  }
  const bytes = shape.family === 4 ? 4 : 16;
  if (data.length < bytes + (keepsPort ? 0 : 2)) return undefined;
  const address = textOfBytes(data.subarray(0, bytes));
  return { owner, key: text, address, port: keepsPort ? 0 : readPort(data, bytes) };
};
