/** Static sessions and links to policies of a farm. */

import { limits } from '../limits.js';
import { isIpv6, parseIp } from '../model/address.js';
import type { HashField, StaticSession } from '../model/service.js';
import { type Place, under } from './place.js';
import { readEntries, type Scope } from './reading.js';
import { isObject, type Reading, readText, show } from './service-values.js';

export interface SessionDraft extends StaticSession {
  readonly place?: Place;
}

/** `10.0.0.1 . 80`; in paths nftlb's clients write `10.0.0.1_._80`. */
export const clientParts = (text: string): string[] => text.split(/[\s_]*(?:\s|_)\.(?:\s|_)[\s_]*/);
export const clientText = (client: readonly string[]): string => client.join(' . ');

/** A part as it is compared: canonical addresses, lower case; undefined if it is not what the field holds. */
const partOf = (field: HashField, text: string): string | undefined => {
  if (field === 'srcip' || field === 'dstip') return parseIp(text);
  if (field === 'srcport' || field === 'dstport') {
    return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? text : undefined;
  }
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? text.toLowerCase() : undefined;
};

/** The parts of a client in canonical form, or what is wrong with them. */
export const readClient = (
  text: string,
  persistence: readonly HashField[],
): { readonly client: string[] } | { readonly wrong: string } => {
  const parts = clientParts(text.trim());
  if (persistence.length === 0)
    return { wrong: 'the farm has no persistence: give it one, or remove the session' };
  if (parts.length !== persistence.length) {
    return { wrong: `must have ${persistence.length} parts (${clientText(persistence)}), not ${show(text)}` };
  }
  const client: string[] = [];
  for (const [index, field] of persistence.entries()) {
    const part = partOf(field, parts[index]!);
    if (part === undefined)
      return { wrong: `${show(parts[index])} is no ${field}: write ${clientText(persistence)}` };
    client.push(part);
  }
  return { client };
};

const sessionKeys = ['client', 'backend', 'expiration', 'action'];

const readSession = (
  entry: unknown,
  at: Place,
  { problems, request }: Scope,
  byClient: Map<string, SessionDraft>,
): void => {
  if (!isObject(entry)) {
    problems.report(at, `must be an object, not ${show(entry)}`);
    return;
  }
  for (const key in entry) {
    if (sessionKeys.includes(key)) continue;
    problems.report(under(at, key), 'unknown attribute: remove it', 'unknown-attribute');
  }
  const client = clientParts(readText(entry.client ?? '', { problems, place: under(at, 'client') }) ?? '');
  const backend = readText(entry.backend ?? '', { problems, place: under(at, 'backend') }) ?? '';
  const id = clientText(client);
  if (entry.action === 'delete') {
    byClient.delete(id);
    return;
  }
  // What was learned from packets is not ours to keep.
  if (entry.expiration !== undefined && entry.expiration !== '') return;
  if (!request && byClient.has(id)) problems.report(at, `the client ${show(id)} is listed twice`);
  byClient.set(id, { client, backend, place: at });
};

/** Judged with the farm's persistence and backends by `checkSessions`. A request adds; `action: delete` removes. */
export const readSessions = (
  value: unknown,
  { problems, place }: Reading,
  scope: Scope,
  before: readonly SessionDraft[],
): SessionDraft[] => {
  const byClient = new Map(before.map((session) => [clientText(session.client), session]));
  if (!Array.isArray(value)) problems.report(place, `must be a list, not ${show(value)}`);
  else if (value.length > limits.staticSessionsPerService) {
    problems.report(place, `has more than ${limits.staticSessionsPerService} sessions`);
  } else {
    for (const [index, entry] of value.entries()) readSession(entry, under(place, index), scope, byClient);
  }
  return [...byClient.values()];
};

export const checkSessions = (
  sessions: readonly SessionDraft[],
  persistence: readonly HashField[],
  backends: ReadonlySet<string>,
  family: 'ipv4' | 'ipv6' | 'dual',
  { problems }: Scope,
  farm: Place,
): StaticSession[] => {
  const checked: StaticSession[] = [];
  const ids = new Set<string>();
  for (const { client, backend, place = under(farm, 'sessions') } of sessions) {
    const read = readClient(clientText(client), persistence);
    if ('wrong' in read) problems.report(under(place, 'client'), read.wrong);
    else if (!backends.has(backend)) {
      problems.report(under(place, 'backend'), `there is no backend ${show(backend)} in this farm`);
    } else if (
      family !== 'dual' &&
      read.client.some((part) => parseIp(part as string) && isIpv6(part as never) !== (family === 'ipv6'))
    ) {
      problems.report(under(place, 'client'), `is not of the farm's family, which is ${family}`);
    } else if (!ids.has(clientText(read.client))) {
      ids.add(clientText(read.client));
      checked.push({ client: read.client, backend });
    }
  }
  return checked;
};

interface Link {
  readonly name: string;
}

/** Names of policies. A request adds to `before`. */
export const readPolicyLinks = (
  value: unknown,
  reading: Reading,
  scope: Scope,
  before: readonly string[],
): string[] =>
  readEntries<Link>(value, reading, scope, {
    what: 'policy',
    nameIsEnough: true,
    before: before.map((name) => ({ name })),
    nameChars: limits.serviceNameChars,
    read(object, place, name) {
      for (const key in object) {
        if (key === 'name') continue;
        scope.problems.report(
          under(place, key),
          'unknown attribute: only a name stands here',
          'unknown-attribute',
        );
      }
      if (scope.policies.get(name)) return { name };
      scope.problems.report(place, `Unknown policy '${name}'`, 'unknown');
      return undefined;
    },
    rename: (_link, name) => ({ name }),
  }).map(({ name }) => name);
