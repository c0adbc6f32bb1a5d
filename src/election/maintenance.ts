/**
 * Maintenance of a node, or of one group on it: it claims nothing, and an owner hands over as soon as somebody else may own. While nobody
 * may, it goes on serving. An entry is the name of a group, or '' for the whole node.
 */

import type { ElectionState } from './types.js';

type Entries = Pick<ElectionState, 'maintenance'>;

export const inMaintenance = ({ maintenance }: Entries, group: string): boolean =>
  maintenance.length > 0 && (maintenance.includes('') || maintenance.includes(group));

export const maintenanceText = ({ maintenance }: Entries, group: string): string =>
  maintenance.includes('') ? 'this node is in maintenance' : `${group} is in maintenance on this node`;

/** The entries after one change; those of a whole node include every group's. */
export const changeMaintenance = (
  maintenance: readonly string[],
  group: string,
  on: boolean,
): readonly string[] => {
  const others = group === '' && !on ? [] : maintenance.filter((entry) => entry !== group);
  return on ? [...others, group].sort() : others;
};
