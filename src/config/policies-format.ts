/** Policies and addresses outside farms → nftlb's JSON. */

import type { Policy, PolicyElement, SharedAddress } from '../model/service.js';
import { optional, rateText, verdictText } from './format-values.js';
import { portsText } from './ports.js';
import { familyOf } from './service-address.js';
import { networkText } from './service-policy.js';

/** Of an element of a policy, as the kernel counts. */
export interface ElementCounter {
  readonly packets: number;
  readonly bytes: number;
}

export const formatSharedAddress = (address: SharedAddress, used: number) => ({
  name: address.name,
  family: familyOf(address.address),
  'ip-addr': address.address,
  ports: portsText(address.ports),
  protocol: address.protocol,
  verdict: verdictText(address.verdict),
  ...optional('log-prefix', address.logPrefix),
  'log-rtlimit': rateText(address.logRate),
  used: String(used),
  policies: address.policies.map((name) => ({ name })),
});

export const formatElement = (element: PolicyElement, counter: ElementCounter | undefined) => ({
  data: networkText(element),
  ...(element.timeoutMs !== undefined && { timeout: String(element.timeoutMs / 1000) }),
  'counter-packets': String(counter?.packets ?? 0),
  'counter-bytes': String(counter?.bytes ?? 0),
});

export const formatPolicyHead = (policy: Policy, used: number) => ({
  name: policy.name,
  family: policy.family,
  type: policy.type,
  route: policy.route ?? 'in',
  timeout: String((policy.timeoutMs ?? 0) / 1000),
  ...optional('log-prefix', policy.logPrefix),
  used: String(used),
  ...(policy.global && { global: 'on' }),
});

/** `counters` by what `data` prints. */
export const formatPolicy = (
  policy: Policy,
  used: number,
  counters?: ReadonlyMap<string, ElementCounter>,
) => ({
  ...formatPolicyHead(policy, used),
  elements: policy.elements.map((element) => formatElement(element, counters?.get(networkText(element)))),
});
