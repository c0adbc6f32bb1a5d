/**
 * Flow offload: established connections of a service go from device to device past the hooks. A connection that has been offloaded is not
 * counted, marked or limited any more.
 */

import type { FlowtableSpec, SetSpec } from '../../netlink/nft/ast.js';
import type { ServiceFeature } from '../feature.js';
import { fingerprint } from '../rules.js';
import { forwardChain, forwardOrder } from '../stations.js';
import { hostNumber } from './bytes.js';
import { families } from './families.js';
import { identity } from './identity.js';
import { fields, forgetNumber, jumpTo, stationsIn, together, translated } from './statements.js';
import { isStateless } from './traffic-elements.js';

const offloadedSet: SetSpec = { name: 'offloaded', key: ['classid'] };
/** Behind the lists (−450) and before everything of the stack. */
const priority = -100;

/** Devices cannot be taken out of a flowtable one by one: another choice of them is another flowtable. */
export const flowtableOf = (devices: readonly string[]): FlowtableSpec => ({
  name: `fast_${fingerprint(devices)}`,
  priority,
  devices,
});

export const offload: ServiceFeature = {
  name: 'offload',
  contribute(service, context) {
    const { devices } = context;
    if (!service.flowOffload || service.mode === 'local' || isStateless(service)) return undefined;
    if (!context.supports('flowtable') || devices.length === 0) return undefined;
    const flowtable = flowtableOf(devices);
    return together(
      ...families.map((family) => {
        const known = identity(service, family, context.ids);
        if (!known) return undefined;
        const { table } = family;
        const station = stationsIn(
          table,
          forwardChain,
          { kind: 'ct-state', states: ['established'] },
          translated,
        );
        return {
          structure: [
            ...known.structure,
            { kind: 'set', table, set: offloadedSet, filledBy: 'us' } as const,
            { kind: 'flowtable', table, flowtable } as const,
            station(forwardOrder.offload, 'offload: which service', jumpTo('identify_ct')),
            station(
              forwardOrder.offload + 1,
              'offload',
              { kind: 'lookup', key: fields('meta priority'), set: offloadedSet.name },
              { kind: 'flow-add', flowtable: flowtable.name },
            ),
            station(forwardOrder.offload + 2, 'offload: number done', forgetNumber),
          ],
          elements: [
            ...known.elements,
            {
              table,
              set: offloadedSet,
              element: { key: hostNumber(context.ids.of(service.name)) },
            },
          ],
        };
      }),
    );
  },
  shortcomings(service, context) {
    if (!service.flowOffload || context.supports('flowtable')) return [];
    return [
      {
        service: service.name,
        reason: 'flow-offload: this kernel has no flowtables (CONFIG_NF_FLOW_TABLE): turn it off',
      },
    ];
  },
};
