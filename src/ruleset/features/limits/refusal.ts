/** What happens to a packet that a limit has met: logged, its client banned, counted, dropped. One chain for all that are treated alike. */

import type { Service } from '../../../model/service.js';
import type { Statement } from '../../../netlink/nft/ast.js';
import type { EngineContext } from '../../context.js';
import type { Structure } from '../../feature.js';
import { fingerprint } from '../../rules.js';
import type { FamilyShape } from '../families.js';
import { hint, hintGroupOf } from '../hints.js';
import { logLine } from '../log-line.js';
import { logPrefix } from '../log-prefix.js';
import {
  bannedSet,
  chainOf,
  client,
  drop,
  isIn,
  isNotIn,
  isTcp,
  number,
  type Refusal,
  refusedSet,
  setOf,
} from './parts.js';

export interface Treatment {
  readonly refusal: Refusal;
  readonly line?: Statement;
  readonly banMs?: number;
  /** Group that bans are reported to. */
  readonly hintGroup?: number;
  readonly drops: boolean;
}

/** Lines a second, and at once: of one chain, so that a flood does not become one of log lines. */
export const logRate: Statement = { kind: 'limit', rate: 10, unit: 'second', burst: 10 };

/** `attribute`: what set the limit. */
export const prefixText = (template: string, attribute: string, service: Service, backend?: string): string =>
  logPrefix(template, {
    about: attribute,
    service: service.name,
    ...(service.addresses[0]?.name && { address: service.addresses[0].name }),
    ...(backend && { backend }),
  });

export const logs = ({ verdict }: Service): boolean => verdict?.includes('log') ?? true;
export const drops = ({ verdict }: Service): boolean => verdict?.includes('drop') ?? true;

/** Clients that a limit of this service has met stay refused for a while. */
export const bansClients = (service: Service): boolean => {
  const { banMs = 0, newConnections, resets, connectionsPerClient = 0 } = service.limits ?? {};
  return banMs > 0 && drops(service) && Boolean(newConnections || resets || connectionsPerClient > 0);
};

/** What a service does with packets that one of its limits has met. */
export const treatmentOf = (
  service: Service,
  refusal: Refusal,
  attribute: string,
  prefix: string | undefined,
  bans: boolean,
  context: EngineContext,
): Treatment => {
  const banMs = service.limits?.banMs ?? 0;
  const hintGroup = hintGroupOf(context, service, 'ban');
  return {
    refusal,
    drops: drops(service),
    ...(prefix &&
      logs(service) && {
        line: logLine(prefixText(prefix, attribute, service), context, 'info'),
      }),
    ...(bans && banMs > 0 && drops(service) && { banMs, ...(hintGroup !== undefined && { hintGroup }) }),
  };
};

export const refusalName = ({ refusal, line, banMs, hintGroup, drops: refuses }: Treatment): string =>
  [
    refuses ? 'refuse' : 'notice',
    refusal,
    ...(banMs === undefined ? [] : [`ban_${banMs}ms`]),
    ...(hintGroup === undefined ? [] : ['reported']),
    ...(line === undefined ? [] : [`log_${fingerprint(line)}`]),
  ].join('_');

/** The service has room for no more, which is not its clients' doing: they are told so. */
const isTold = (refusal: Refusal): boolean => refusal === 'service';

export const refusalStructure = (treatment: Treatment, family: FamilyShape): readonly Structure[] => {
  const { refusal, line, banMs, hintGroup, drops: refuses } = treatment;
  const banned = bannedSet(family);
  const name = refusalName(treatment);
  return [
    setOf(family, refusedSet(refusal)),
    ...(banMs === undefined ? [] : [setOf(family, banned, 'packets')]),
    chainOf(
      family,
      name,
      ['counted by service', isIn([number], refusedSet(refusal))],
      line && ['log', logRate, line],
      hintGroup === undefined
        ? undefined
        : ['report a ban', isNotIn(client(family), banned), hint(hintGroup, 'ban')],
      banMs === undefined
        ? undefined
        : ['ban', { kind: 'dynset', op: 'add', set: banned.name, key: client(family), timeoutMs: banMs }],
      ...(!refuses
        ? []
        : isTold(refusal)
          ? [
              ['refuse', isTcp, { kind: 'reject-tcp-reset' }] as const,
              ['refuse', { kind: 'reject-port-unreachable' }] as const,
            ]
          : [['refuse', drop] as const]),
    ),
  ];
};
