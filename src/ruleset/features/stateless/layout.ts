/**
 * Maps of services without connection tracking, in table `netdev relevo_ingress`; those with addresses once per family (suffix 4 or 6).
 * A packet carries the service's number in its priority and the backend's in its mark while it is looked at.
 */

import type { HashField } from '../../../model/service.js';
import type { DataType, Key, SetSpec } from '../../../netlink/nft/ast.js';
import { type FamilyShape, families } from '../families.js';
import { fields, packetFields } from '../statements.js';

export const suffixOf = ({ bytes }: FamilyShape): '4' | '6' => (bytes === 4 ? '4' : '6');

/** One object for all services: a large document would have hundreds of thousands. */
const perFamily = (make: (family: FamilyShape) => SetSpec): ((family: FamilyShape) => SetSpec) => {
  const made = new Map(families.map((family) => [family, make(family)]));
  return (family) => made.get(family)!;
};

/** Most flows and clients that are remembered; who does not fit is scheduled by hash alone. */
const memorySize = 1_048_576;

/** `service number → kind number`. */
export const kindOfMap = perFamily((family) => ({
  name: `stateless_kind_of${suffixOf(family)}`,
  key: ['classid'],
  data: ['mark'],
}));
/** `kind number → goto <kind chain>`. */
export const kindsMap: SetSpec = { name: 'stateless_kinds', key: ['mark'], data: 'verdict' };
/** `service number . slot → backend number`. */
export const picksMap = perFamily((family) => ({
  name: `stateless_picks${suffixOf(family)}`,
  key: ['classid', 'integer'],
  data: ['mark'],
  modulus: 1024,
}));
/** The same of the layout from before, while flows of that time may be under way. */
export const formerMap = perFamily((family) => ({
  ...picksMap(family),
  name: `stateless_former${suffixOf(family)}`,
}));
/** `service address . protocol . port → jump <chain without memory>`. */
export const sparedMap = perFamily((family) => ({
  name: `stateless_spared${suffixOf(family)}`,
  key: [family.type, 'inet_proto', 'inet_service'],
  data: 'verdict',
}));
/** dsr: `service address . port . slot → MAC addresses of the backend and of the interface towards it`: slots that need no memory. */
export const sparedFramesMap = perFamily((family) => ({
  name: `stateless_spared_frames${suffixOf(family)}`,
  key: [family.type, 'inet_service', 'integer'],
  data: ['ether_pair'],
  modulus: 1024,
}));
/** `MAC address → interface`, for backends behind several interfaces. */
export const sparedWaysMap = (content: string, size: number): SetSpec => ({
  name: `stateless_spared_ways_${content}`,
  key: ['ether_addr'],
  data: ['iface_index'],
  size,
});
/** stlsdnat: `service address . port . slot → address of the backend`. */
export const sparedBackendsMap = perFamily((family) => ({
  name: `stateless_spared_backends${suffixOf(family)}`,
  key: [family.type, 'inet_service', 'integer'],
  data: [family.type],
  modulus: 1024,
}));
/** `address of a backend → its MAC address and that of the interface towards it`, and `→ interface`. */
export const sparedPairsMap = perFamily((family) => ({
  name: `stateless_spared_pairs${suffixOf(family)}`,
  key: [family.type],
  data: ['ether_pair'],
}));
export const sparedDevicesMap = perFamily((family) => ({
  name: `stateless_spared_devices${suffixOf(family)}`,
  key: [family.type],
  data: ['iface_index'],
}));
/** `backend number → MAC address`: whoever is not in here takes no packet. */
export const macsMap: SetSpec = { name: 'stateless_macs', key: ['mark'], data: ['ether_addr'] };
/** `backend number → index of the interface`. */
export const interfacesMap: SetSpec = { name: 'stateless_interfaces', key: ['mark'], data: ['mark'] };
/** `index of an interface → goto <its chain>`. */
export const outMap: SetSpec = { name: 'stateless_out', key: ['mark'], data: 'verdict' };

/** stlsdnat: `backend number → address`, and `→ port` where it is translated. */
export const addressesMap = perFamily((family) => ({
  name: `stateless_addresses${suffixOf(family)}`,
  key: ['mark'],
  data: [family.type],
}));
export const portsMap: SetSpec = { name: 'stateless_ports', key: ['mark'], data: ['inet_service'] };

/**
 * `service number . flow → backend number`, written by packets. Five parts are what nft's types of concatenations can say: tcp and udp from
 * one port to one port share a backend.
 */
export const flowsMap = perFamily((family) => ({
  name: `stateless_flows${suffixOf(family)}`,
  key: ['classid', family.type, family.type, 'inet_service', 'inet_service'],
  data: ['mark'],
  flags: ['timeout', 'dynamic'],
  size: memorySize,
}));

const clientTypes = (fields: readonly HashField[], { type }: FamilyShape): DataType[] =>
  fields.map((field) => {
    if (field === 'srcip' || field === 'dstip') return type;
    return field === 'srcmac' || field === 'dstmac' ? 'ether_addr' : 'inet_service';
  });

/** `service number . client → backend number`, written by packets: persistence. */
export const clientsMap = (fields: readonly HashField[], family: FamilyShape): SetSpec => ({
  name: `stateless_clients${suffixOf(family)}_${fields.join('_')}`,
  key: ['classid', ...clientTypes(fields, family)],
  data: ['mark'],
  flags: ['timeout', 'dynamic'],
  size: memorySize,
});
/** The same, of static sessions. */
export const pinnedMap = (fields: readonly HashField[], family: FamilyShape): SetSpec => ({
  name: `stateless_pinned${suffixOf(family)}_${fields.join('_')}`,
  key: ['classid', ...clientTypes(fields, family)],
  data: ['mark'],
});

/**
 * stlsdnat: which of the service's addresses (and ports) a client has asked for, as an entry number. By address and port where backends
 * translate the port, else by address.
 */
export const entryPortsMap = perFamily((family) => ({
  name: `stateless_entry_ports${suffixOf(family)}`,
  key: ['classid', family.type, 'inet_proto', 'inet_service'],
  data: ['classid'],
}));
export const entryHostsMap = perFamily((family) => ({
  name: `stateless_entry_hosts${suffixOf(family)}`,
  key: ['classid', family.type],
  data: ['classid'],
}));
/** `entry number → what a reply's source becomes`. */
export const entryAddressMap = perFamily((family) => ({
  name: `stateless_entry_address${suffixOf(family)}`,
  key: ['mark'],
  data: [family.type],
}));
export const entryPortMap: SetSpec = {
  name: 'stateless_entry_port',
  key: ['mark'],
  data: ['inet_service'],
};
/** `flow of a reply → entry number`, written by the requests. */
export const repliesMap = perFamily((family) => ({
  name: `stateless_replies${suffixOf(family)}`,
  key: [family.type, family.type, 'inet_proto', 'inet_service', 'inet_service'],
  data: ['mark'],
  flags: ['timeout', 'dynamic'],
  size: memorySize,
}));
/** `backend . protocol . port → entry number`, for flows that the node before this one has known. */
export const inheritedMap = perFamily((family) => ({
  name: `stateless_inherited${suffixOf(family)}`,
  key: [family.type, 'inet_proto', 'inet_service'],
  data: ['mark'],
}));
/** The same, where an answer's sender tells its service from all others. */
export const answersMap = perFamily((family) => ({
  ...inheritedMap(family),
  name: `stateless_answers${suffixOf(family)}`,
}));
/** `answer of a connection that does not belong to the service`, written by packets. */
export const directSet = perFamily((family) => ({
  name: `stateless_direct${suffixOf(family)}`,
  key: [family.type, family.type, 'inet_service', 'inet_service'],
  flags: ['timeout', 'dynamic'],
  size: memorySize,
}));
/** `client . MAC . interface`: the ways by which clients have come in lately, written by packets. */
export const recentMap = perFamily((family) => ({
  name: `stateless_recent${suffixOf(family)}`,
  key: [family.type, 'ether_addr', 'iface_index'],
  flags: ['timeout', 'dynamic'],
  size: memorySize,
}));
/** `client → MAC` and `client → interface`: the way back, written by packets. */
export const wayMacMap = perFamily((family) => ({
  name: `stateless_way_mac${suffixOf(family)}`,
  key: [family.type],
  data: ['ether_addr'],
  flags: ['timeout', 'dynamic'],
  size: memorySize,
}));
export const wayInterfaceMap = perFamily((family) => ({
  name: `stateless_way_interface${suffixOf(family)}`,
  key: [family.type],
  data: ['iface_index'],
  flags: ['timeout', 'dynamic'],
  size: memorySize,
}));

/** Lifetimes without traffic. A SYN alone gets little, so that a flood of them does not fill the maps for long. */
export const flowLifetime = { openingMs: 10_000, tcpMs: 900_000, otherMs: 60_000 } as const;
/** How long a client's way in counts before it is written down again, and how long the way back is remembered. */
export const wayLifetime = { recentMs: 10_000, rememberedMs: 900_000 } as const;

export const clientKey = (names: readonly HashField[], family: FamilyShape): Key =>
  fields('meta priority', ...packetFields(names, family));

export const flowKey = ({ source, destination }: FamilyShape): Key =>
  fields('meta priority', source, destination, 'th sport', 'th dport');

/** The flow of the reply, as the backend will send it; read from a request that is translated already. */
export const expectedReplyKey = ({ source, destination }: FamilyShape): Key =>
  fields(destination, source, 'meta l4proto', 'th dport', 'th sport');
export const replyKey = ({ source, destination }: FamilyShape): Key =>
  fields(source, destination, 'meta l4proto', 'th sport', 'th dport');
