/**
 * Services that are translated and are more than the plain maps can say (`plain.ts`): IPv6, port ranges, every port, sctp, persistence
 * over several fields, static sessions, backends that may be full. Known by their number, so all their addresses and ports share
 * slots and persistence.
 */

import { type Ip, ipBytes } from '../../model/address.js';
import { type Backend, protocolNumber, type Service } from '../../model/service.js';
import type { ElementBytes, Field, Key, SetSpec, Statement } from '../../netlink/nft/ast.js';
import type { Contribution, FeatureContext, Placed, ServiceFeature, Structure } from '../feature.js';
import { isPlain } from '../plain.js';
import { rule } from '../rules.js';
import { backendNumber } from '../service-ids.js';
import { fillSlots } from '../slots.js';
import {
  forwardChain as _unused,
  generalNatChain,
  guardChain,
  guardOrder,
  recordChain,
  recordOrder,
  sourceChain,
  type StationChain,
} from '../stations.js';
import { addressBytes, etherBytes, hostNumber, joined, portBytes, protocolBytes } from './bytes.js';
import { type FamilyShape, families } from './families.js';
import { type GeneralKind, generalKindChain, generalKindName, generalKindNumber } from './general-kind.js';
import {
  connectionKey,
  generalBackendsSet,
  generalHostsSet,
  generalKindsMap,
  generalMasqueradingSet,
  generalSourcesMap,
  keeperSet,
  kindOfMap,
  picksMap,
  pinnedMap,
  portKeepersMap,
  stickyMap,
  targetsMap,
} from './general-layout.js';
import { identity, protocolsOf } from './identity.js';
import { sourceAddressOf } from './source.js';
