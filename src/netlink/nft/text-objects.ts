/** Chains, sets and elements in nft's syntax. */

import type { ChainSpec, DataType, ElementBytes, FlowtableSpec, ObjectSpec, SetSpec } from './ast.js';
import { needsTypeof } from './encode-set.js';
import { typeShape, wordsOf } from './fields.js';
import { statefulText, verdictText } from './text-statements.js';
import { durationText, quote, valueText } from './text-values.js';

const devicesText = (devices: readonly string[]): string => `{ ${devices.map(quote).join(', ')} }`;

export const flowtableText = ({ name, priority, devices }: FlowtableSpec): string =>
  `${name} { hook ingress priority ${priority}; devices = ${devicesText(devices)}; }`;

export const objectText = (object: ObjectSpec): string => {
  if (object.type === 'counter') {
    const { packets = 0, bytes = 0 } = object;
    return packets + bytes === 0 ? object.name : `${object.name} { packets ${packets} bytes ${bytes}; }`;
  }
  const { name, helper, protocol, layer3 } = object;
  return `${name} { type ${quote(helper)} protocol ${protocol}; l3proto ${layer3}; }`;
};

export const chainText = (chain: ChainSpec): string => {
  const { name, hook } = chain;
  if (!hook) return name;
  const devices = hook.devices ?? [];
  const device =
    devices.length === 0
      ? ''
      : devices.length === 1
        ? ` device ${quote(devices[0]!)}`
        : ` devices = ${devicesText(devices)}`;
  return `${name} { type ${hook.type} hook ${hook.hook}${device} priority ${hook.priority}; policy ${hook.policy}; }`;
};

const typeofText: Readonly<Record<DataType, string>> = {
  ipv4_addr: 'ip daddr',
  ipv6_addr: 'ip6 daddr',
  inet_proto: 'meta l4proto',
  inet_service: 'th dport',
  ether_addr: 'ether daddr',
  ether_pair: '@ll,0,96',
  mark: 'meta mark',
  classid: 'meta priority',
  integer: 'numgen inc',
  nf_proto: 'meta nfproto',
  ether_type: 'meta protocol',
  iface_index: 'iif',
  ifname: 'iifname',
};

const typesText = (set: SetSpec, types: readonly DataType[]): string => {
  if (!needsTypeof(set)) return types.join(' . ');
  const parts = types.map((type) =>
    type === 'integer' ? `numgen inc mod ${set.modulus ?? 1}` : typeofText[type],
  );
  return parts.join(' . ');
};

const declarationText = (set: SetSpec): string => {
  const keyword = needsTypeof(set) ? 'typeof' : 'type';
  const key = `${keyword} ${typesText(set, set.key)}`;
  if (set.data === undefined) return key;
  return `${key} : ${set.data === 'verdict' ? 'verdict' : typesText(set, set.data as readonly DataType[])}`;
};

/** nft's order of flags. */
const flagOrder = ['interval', 'dynamic', 'timeout'] as const;

/** `name { type …; flags …; }` */
export const setText = (set: SetSpec): string => {
  const flags = flagOrder.filter((flag) => set.flags?.includes(flag));
  const lines = [
    declarationText(set),
    ...(set.size === undefined ? [] : [`size ${set.size}`]),
    ...(flags.length === 0 ? [] : [`flags ${flags.join(',')}`]),
    ...(set.statements?.length ? [set.statements.map(statefulText).join(' ')] : []),
    ...(set.timeoutMs === undefined ? [] : [`timeout ${durationText(set.timeoutMs)}`]),
    ...(set.comment === undefined ? [] : [`comment ${quote(set.comment)}`]),
  ];
  return `${set.name} { ${lines.join('; ')}; }`;
};

const concatText = (types: readonly DataType[], bytes: Uint8Array): string => {
  let at = 0;
  const parts: string[] = [];
  for (const type of types) {
    const length = typeShape[type].bytes;
    parts.push(valueText(type, bytes.subarray(at, at + length)));
    at += wordsOf(length) * 4;
  }
  return parts.join(' . ');
};

const rangeText = (types: readonly DataType[], from: Uint8Array, to: Uint8Array): string => {
  let at = 0;
  const parts: string[] = [];
  for (const type of types) {
    const length = typeShape[type].bytes;
    const low = valueText(type, from.subarray(at, at + length));
    const high = valueText(type, to.subarray(at, at + length));
    parts.push(low === high ? low : `${low}-${high}`);
    at += wordsOf(length) * 4;
  }
  return parts.join(' . ');
};

const elementStatementsText = ({ statements = [], counter }: ElementBytes): string =>
  statements
    .map((one) =>
      one.kind === 'counter' && counter
        ? ` counter packets ${counter.packets} bytes ${counter.bytes}`
        : ` ${statefulText(one)}`,
    )
    .join('');

/** `key timeout … : data`; without its data when it is only to be found (`delete`). */
export const elementText = (set: SetSpec, element: ElementBytes, withData = true): string => {
  const key = element.keyEnd
    ? rangeText(set.key, element.key, element.keyEnd)
    : concatText(set.key, element.key);
  if (!withData) return key;
  const timeout = element.timeoutMs === undefined ? '' : ` timeout ${durationText(element.timeoutMs)}`;
  const expires =
    element.expiresMs === undefined || element.timeoutMs === undefined
      ? ''
      : ` expires ${durationText(element.expiresMs)}`;
  const comment = element.comment === undefined ? '' : ` comment ${quote(element.comment)}`;
  const { data } = element;
  let dataText = '';
  if (data instanceof Uint8Array && Array.isArray(set.data)) dataText = ` : ${concatText(set.data, data)}`;
  else if (data && !(data instanceof Uint8Array)) {
    dataText = ` : ${verdictText(data)}`;
  }
  return `${key}${elementStatementsText(element)}${timeout}${expires}${comment}${dataText}`;
};
