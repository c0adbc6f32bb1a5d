/**
 * SYNs answered by the kernel, with cookies: only a client that has shown that it is there reaches a backend. The SYN is not tracked, so it
 * is not translated but arrives here (or is forwarded) as it is; so does the client's answer, which belongs to no connection; then the
 * kernel itself opens the connection to the service, through `output`, in the client's name.
 *
 * Needs net.netfilter.nf_conntrack_tcp_loose = 0 (with 1 the client's answer begins a connection of its own), net.ipv4.tcp_timestamps = 1
 * (window scaling and SACK of the client are carried in timestamps), and a service address that is on the node or routed through it.
 */

import type { Service } from '../../../model/service.js';
import type { SetSpec, Statement } from '../../../netlink/nft/ast.js';
import type { Contribution, Structure } from '../../feature.js';
import {
  forwardChain,
  forwardOrder,
  guardChain,
  guardOrder,
  localChain,
  localOrder,
  rawChain,
  rawOrder,
  type StationChain,
  synproxyGuardChain,
  synproxyNatChain,
} from '../../stations.js';
import type { FamilyShape } from '../families.js';
import { generalDispatch } from '../general-layout.js';
import { stationsIn } from '../statements.js';
import { chainOf, isIn, isTcp, jump, noNumber, number, setOf } from './parts.js';

const synproxiedSet: SetSpec = { name: 'synproxied', key: ['classid'] };
const isSynproxied = isIn([number], synproxiedSet);

/** What Ethernet carries, and a window scale of common systems: the backends' own are not known before they are asked. */
const segmentBytes = (family: FamilyShape): number => (family.bytes === 4 ? 1_460 : 1_440);
const windowScale = 7;

const syn: Statement = { kind: 'tcp-flags', of: ['fin', 'syn', 'rst', 'ack'], are: ['syn'] };
const ack: Statement = { kind: 'tcp-flags', of: ['fin', 'syn', 'rst', 'ack'], are: ['ack'] };

export const synproxy = (
  service: Service,
  family: FamilyShape,
  key: Uint8Array,
  limitsNew: boolean,
): Contribution => {
  const { table } = family;
  const station = (
    chain: StationChain,
    order: number,
    purpose: string,
    ...statements: Statement[]
  ): Structure => stationsIn(table, chain)(order, purpose, ...statements);
  const identify = ['which service', jump('identify')] as const;
  const isNew: Statement = { kind: 'ct-state', states: ['new'] };
  const untracked: Statement = { kind: 'ct-state', states: ['invalid', 'untracked'] };
  const answered: Statement = {
    kind: 'synproxy',
    mss: segmentBytes(family),
    wscale: windowScale,
    timestamp: true,
    sackPermitted: true,
  };
  const translates = service.mode === 'dnat' || service.mode === 'snat';
  return {
    structure: [
      setOf(family, synproxiedSet),
      chainOf(
        family,
        'synproxy_untracked',
        [...identify],
        ['without a connection', isSynproxied, { kind: 'notrack' }],
        ['no number leaves the node', noNumber],
      ),
      chainOf(
        family,
        'synproxy_answer',
        [...identify],
        ['may be a cookie', isSynproxied, { kind: 'verdict', verdict: { kind: 'accept' } }],
        ['no number leaves the node', noNumber],
      ),
      chainOf(
        family,
        'synproxy',
        [...identify],
        ['answered', isTcp, isSynproxied, answered],
        ['no number leaves the node', noNumber],
      ),
      station(rawChain, rawOrder.synproxy, 'synproxy: SYN', syn, jump('synproxy_untracked')),
      station(
        guardChain,
        guardOrder.synproxy,
        'synproxy: answer',
        ack,
        { kind: 'ct-state', states: ['invalid'] },
        jump('synproxy_answer'),
      ),
      station(localChain, localOrder.synproxy, 'synproxy', isTcp, untracked, jump('synproxy')),
      station(forwardChain, forwardOrder.synproxy, 'synproxy', isTcp, untracked, jump('synproxy')),
      ...(limitsNew
        ? [station(synproxyGuardChain, 10, 'limits: new', isTcp, isNew, jump('limits_new'))]
        : []),
      ...(translates
        ? generalDispatch.map(([purpose, statement], index) =>
            station(synproxyNatChain, (index + 1) * 10, purpose, isTcp, statement),
          )
        : []),
    ],
    elements: [{ table, set: synproxiedSet, element: { key }, activates: true }],
  };
};
