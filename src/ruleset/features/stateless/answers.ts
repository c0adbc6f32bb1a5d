/**
 * Answers of backends of stlsdnat whose sender alone tells whose they are: nothing is remembered of their flows. What clients send to a
 * backend's port past the service is remembered instead, so that its answers stay as they are. tcp only.
 */

import { protocolNumber } from '../../../model/service.js';
import type { ElementBytes, Key, Statement } from '../../../netlink/nft/ast.js';
import type { Chain } from '../../chains.js';
import { ingressTable, type Structure } from '../../feature.js';
import { rule } from '../../rules.js';
import { ingressChain, ingressOrder } from '../../stations.js';
import type { FamilyShape } from '../families.js';
import { fields } from '../statements.js';
import { noNumber, protocolIs } from './chains.js';
import {
  answersMap,
  directSet,
  entryPortMap,
  flowLifetime,
  outMap,
  suffixOf,
  wayInterfaceMap,
  wayMacMap,
} from './layout.js';
import { addressWritten, byRouting } from './replies.js';

const markField: Key = fields('meta mark');
const names = (family: FamilyShape) => {
  const suffix = suffixOf(family);
  return { direct: `direct${suffix}`, answer: `answer${suffix}`, answered: `answered${suffix}` };
};
/** Not `return`: what is told by its sender comes behind. */
const accept: Statement = { kind: 'verdict', verdict: { kind: 'accept' } };

/** Who has not come in by any way is no client: the node itself, or one who has been silent since another node had his flow. */
export const answerChains = (family: FamilyShape): readonly Chain[] => {
  const { direct, answer, answered } = names(family);
  const { source, destination } = family;
  const client = fields(destination);
  const past = directSet(family).name;
  return [
    {
      name: direct,
      rules: [
        rule(direct, 'past the service', {
          kind: 'dynset',
          op: 'update',
          set: past,
          key: fields(destination, source, 'th dport', 'th sport'),
          timeoutMs: flowLifetime.tcpMs,
        }),
      ],
    },
    {
      name: answered,
      rules: [
        rule(answered, 'port', protocolIs(protocolNumber.tcp), {
          kind: 'write',
          field: 'th sport',
          key: markField,
          map: entryPortMap.name,
        }),
        addressWritten(answered, family),
        rule(
          answered,
          'as the client came',
          { kind: 'write', field: 'meta mark', key: client, map: wayInterfaceMap(family).name },
          { kind: 'vmap', key: markField, map: outMap.name },
        ),
        byRouting(answered),
      ],
    },
    {
      name: answer,
      rules: [
        rule(
          answer,
          'past the service',
          { kind: 'lookup', key: fields(source, destination, 'th sport', 'th dport'), set: past },
          noNumber('meta mark'),
          accept,
        ),
        rule(
          answer,
          'to a client',
          { kind: 'write', field: 'ether daddr', key: client, map: wayMacMap(family).name },
          { kind: 'verdict', verdict: { kind: 'goto', chain: answered } },
        ),
        rule(answer, 'to nobody we know', noNumber('meta mark')),
      ],
    },
  ];
};

/** What a client's packets to the backend itself are led to: an element of the map that finds services. */
export const directElement = (key: Uint8Array, family: FamilyShape): ElementBytes => ({
  key,
  data: { kind: 'jump', chain: names(family).direct },
});

/** Ahead of the chains that remember. */
export const answerEntrances = (devices: Iterable<string>, family: FamilyShape): Structure[] =>
  [...devices].map((device): Structure => {
    const chain = ingressChain(device);
    return {
      kind: 'station',
      table: ingressTable,
      chain,
      order: ingressOrder.answers,
      rule: rule(
        chain.name,
        `answers that need no memory, IPv${suffixOf(family)}`,
        {
          kind: 'write',
          field: 'meta mark',
          key: fields(family.source, 'meta l4proto', 'th sport'),
          map: answersMap(family).name,
        },
        { kind: 'verdict', verdict: { kind: 'jump', chain: names(family).answer } },
      ),
    };
  });
