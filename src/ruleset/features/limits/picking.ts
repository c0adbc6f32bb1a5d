/**
 * Between the pick of a backend and translation to it: a full backend's number gives way to another one. Drawn again a few times, so that
 * what is too much for one is spread by weight, then each backend in turn: a client is refused only when all are full.
 */

import type { HashField } from '../../../model/service.js';
import type { RuleSpec, SetSpec, Statement } from '../../../netlink/nft/ast.js';
import type { Structure } from '../../feature.js';
import { rule } from '../../rules.js';
import type { FamilyShape } from '../families.js';
import { packetKey, picksMap, portKeepersMap, stickyMap, targetsMap } from '../general-layout.js';
import {
  chainOf,
  isIn,
  isNotIn,
  jump,
  leave,
  number,
  numberFrom,
  numberMap,
  refusedSet,
  setOf,
  toService,
} from './parts.js';

/** How often the scheduler is asked again before the backends are taken one after the other. */
const moreDraws = 3;

/** Numbers of backends that are full. */
export const fullSet: SetSpec = {
  name: 'full',
  key: ['classid'],
  flags: ['timeout', 'dynamic'],
  size: 1_048_576,
};
/** `service number → first backend`, `backend → next one`: what is tried when drawing has found only full ones. */
export const spareMap = numberMap('spare_after', 'classid');

const isFull = isIn([number], fullSet);
export const hasRoom = isNotIn([number], fullSet);
const spare = 'limits_spare';

/** Backends that one chain tries, and chains that call the one before as often: 16^3 is as many as a service can have. */
const spareSteps = 16;
const spareLevels = 3;

const spareChains = (family: FamilyShape): Structure[] =>
  Array.from({ length: spareLevels }, (_, level) =>
    chainOf(
      family,
      `${spare}_${level + 1}`,
      ...Array.from({ length: spareSteps }, (_unused, step): [string, ...Statement[]] =>
        level === 0
          ? [`backend ${step + 1}`, isFull, numberFrom([number], spareMap)]
          : [`part ${step + 1}`, isFull, jump(`${spare}_${level}`)],
      ),
    ),
  );

const drawAgain = (modulus: number): string => `limits_draw_m${modulus}`;

/** `client . service number → backend number`: persistence, by which a known client's full backend is recognised. */
export const numbersMap = (fields: readonly HashField[], family: FamilyShape): SetSpec => ({
  ...stickyMap(fields, true, family),
  name: `client_backends_${fields.join('_')}`,
  data: ['classid'],
});

interface LimitedKind {
  readonly modulus: number;
  readonly persistence: readonly HashField[];
}

const stale = ({ persistence }: LimitedKind): string => `limits_stale_${persistence.join('_')}`;

/** For the chain of a kind of services whose backends may be full: a known client's backend, if it has not failed. */
export const beforePick = (chain: string, kind: LimitedKind, family: FamilyShape): readonly RuleSpec[] => {
  const { persistence } = kind;
  if (persistence.length === 0) return [];
  return [
    rule(
      chain,
      'known client, by number',
      numberFrom(packetKey(persistence, family), numbersMap(persistence, family)),
    ),
    rule(chain, 'a backend of that number?', jump(stale(kind))),
  ];
};

/** Between the pick of a backend's number and its translation. */
export const afterPick = {
  structure: (family: FamilyShape, kind: LimitedKind): readonly Structure[] => {
    const { modulus, persistence } = kind;
    const numbers = numbersMap(persistence, family);
    return [
      setOf(family, fullSet, 'packets'),
      setOf(family, spareMap),
      setOf(family, refusedSet('full')),
      ...(persistence.length === 0
        ? []
        : [
            setOf(family, numbers, 'packets'),
            chainOf(
              family,
              stale(kind),
              // Before Linux 6.5 a map answers only whether a key is there.
              ['a backend', isIn([number], targetsMap(family)), leave],
              ['a backend', isIn([number], portKeepersMap(family)), leave],
              ['of the service', toService],
              [
                'forget',
                {
                  kind: 'dynset',
                  op: 'delete',
                  set: numbers.name,
                  key: packetKey(persistence, family),
                  // The kernel wants some of a map, and does not look at it.
                  data: [number],
                },
              ],
            ),
          ]),
      ...spareChains(family),
      chainOf(
        family,
        drawAgain(modulus),
        ...Array.from({ length: moreDraws }, (_, draw): [string, ...Statement[]][] => [
          [`draw ${draw + 2}: of the service`, toService],
          [`draw ${draw + 2}`, numberFrom([number, { kind: 'numgen', mode: 'random', modulus }], picksMap)],
          [`draw ${draw + 2}: enough`, hasRoom, leave],
        ]).flat(),
        ['each in turn: of the service', toService],
        ['each in turn: the first', numberFrom([number], spareMap)],
        ['each in turn: the next', jump(`${spare}_${spareLevels}`)],
        ['one with room', hasRoom, leave],
        ['none has room', toService],
        ['counted by service', isIn([number], refusedSet('full'))],
      ),
    ];
  },
  rules: (chain: string, { modulus }: LimitedKind): readonly RuleSpec[] => [
    rule(chain, 'full', isFull, jump(drawAgain(modulus))),
  ],
};
