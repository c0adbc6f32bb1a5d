/** Policies and addresses outside farms → nftlb's JSON. */

import type { Policy, PolicyElement, SharedAddress } from '../model/service.js';
import { LongEntry, optional, rateText, type Text, verdictText } from './format-values.js';
import { networkText } from './networks.js';
import { portsText } from './ports.js';
import { familyOf } from './service-address.js';

/** What the kernel has of an element of a policy. */
export interface ElementCounter {
  readonly packets: number;
  readonly bytes: number;
  /** Seconds that are left of its lifetime. */
  readonly time?: string;
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

const formatElement = (element: PolicyElement, counter: ElementCounter | undefined) => ({
  data: networkText(element),
  ...optional('time', counter?.time),
  ...(element.timeoutMs !== undefined && { timeout: String(element.timeoutMs / 1000) }),
  'counter-packets': String(counter?.packets ?? 0),
  'counter-bytes': String(counter?.bytes ?? 0),
});

const formatHead = (policy: Policy, used: number): Text => ({
  name: policy.name,
  family: policy.family,
  type: policy.type,
  route: policy.route ?? 'in',
  timeout: String((policy.timeoutMs ?? 0) / 1000),
  ...optional('log-prefix', policy.logPrefix),
  used: String(used),
  ...(policy.global && { global: 'on' }),
});

function* formatElements(
  { elements, timeoutMs }: Policy,
  counters: ReadonlyMap<string, ElementCounter> | undefined,
): Generator<unknown> {
  for (const element of elements) {
    const counter = counters?.get(networkText(element));
    // Whose time is over is on the list no more.
    const hasExpired = counters && !counter && (element.timeoutMs ?? timeoutMs) !== undefined;
    if (!hasExpired) yield formatElement(element, counter);
  }
}

/** `counters` by what `data` prints; without them the policy as it is configured. */
export const formatPolicy = (
  policy: Policy,
  used: number,
  counters?: ReadonlyMap<string, ElementCounter>,
): LongEntry => new LongEntry(formatHead(policy, used), 'elements', formatElements(policy, counters));

/** As it is configured; `leftMs` of its lifetime is left, for a node that gets it from this one. */
export const elementObject = (element: PolicyElement, leftMs?: number) =>
  formatElement(
    element,
    leftMs === undefined ? undefined : { packets: 0, bytes: 0, time: String(Math.max(0, leftMs) / 1000) },
  );

/** The policy as it is configured, whole: a plain object. */
export const policyObject = (
  policy: Policy,
  leftOf?: (element: PolicyElement) => number | undefined,
): Readonly<Record<string, unknown>> => ({
  ...formatHead(policy, 0),
  elements: policy.elements.map((element) => elementObject(element, leftOf?.(element))),
});
