/** Statements and keys in nft's syntax, as nft 1.0.6 prints them. */

import type {
  DataType,
  Family,
  Field,
  FromMap,
  Key,
  Part,
  StatefulStatement,
  Statement,
  Verdict,
  Written,
} from './ast.js';
import { fieldMask } from './encode-key.js';
import { fieldShape } from './fields.js';
import { ctStateBit, ctStatusBit, logFlagBit, tcpFlagBit } from './numbers.js';
import { durationText, fieldValueText, hex32, quote, valueText } from './text-values.js';

type Of<Kind extends Statement['kind']> = Extract<Statement, { readonly kind: Kind }>;

const nameByField: Readonly<Partial<Record<Field, string>>> = {
  // Without a name in nft 1.0.6: the raw payload means the same.
  'icmpv6 taddr': '@th,64,128',
  'ether addresses': '@ll,0,96',
  'meta iif': 'iif',
  'meta iifname': 'iifname',
  'meta oifname': 'oifname',
};
const fieldText = (field: Field): string => nameByField[field] ?? field;

const typeOfField: Readonly<Partial<Record<Field, DataType>>> = {
  'meta priority': 'classid',
  'meta mark': 'mark',
  'ct mark': 'mark',
};

const maskedText = ({ field, prefixLength }: Extract<Part, { readonly kind: 'masked' }>): string => {
  const type = typeOfField[field] ?? (fieldShape[field].bytes === 16 ? 'ipv6_addr' : 'ipv4_addr');
  return `${fieldText(field)} & ${valueText(type, fieldMask(field, prefixLength))}`;
};

const partText = (part: Part): string => {
  if (part.kind === 'field') return fieldText(part.field);
  if (part.kind === 'masked') return maskedText(part);
  if (part.kind === 'numgen') return `numgen ${part.mode} mod ${part.modulus}`;
  if (part.kind === 'symhash') return `symhash mod ${part.modulus}`;
  return `jhash ${part.fields.map(fieldText).join(' . ')} mod ${part.modulus} seed 0x${part.seed.toString(16)}`;
};

export const keyText = (key: Key): string => key.map(partText).join(' . ');
const mapText = ({ key, map }: FromMap): string => `${keyText(key)} map @${map}`;

export const verdictText = (verdict: Verdict): string =>
  'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind;

/** Names joined in the order of their bits. */
const bitNames = <Name extends string>(
  names: readonly Name[],
  bits: Readonly<Record<Name, number>>,
): string => [...names].sort((a, b) => bits[a] - bits[b]).join(',');

const over = (statement: { readonly over?: boolean }): string => (statement.over ? 'over ' : '');

/** nft leaves out a burst of 5. */
const defaultBurst = 5;

export const statefulText = (statement: StatefulStatement): string => {
  switch (statement.kind) {
    case 'counter':
      return 'counter';
    case 'ct-count':
      return `ct count ${over(statement)}${statement.count}`;
    case 'limit': {
      const { rate, unit, burst = defaultBurst } = statement;
      const more = burst === defaultBurst ? '' : ` burst ${burst} packets`;
      return `limit rate ${over(statement)}${rate}/${unit}${more}`;
    }
  }
};

const allLogFlags = Object.keys(logFlagBit).length;

const logFlagsText = (flags: NonNullable<Of<'log'>['flags']>): readonly string[] => {
  if (flags.length === allLogFlags) return ['flags all'];
  const words = (prefix: string): string[] =>
    flags.filter((flag) => flag.startsWith(prefix)).map((flag) => flag.slice(prefix.length));
  const tcp = words('tcp ').sort().reverse();
  return [
    ...(tcp.length > 0 ? [`flags tcp ${tcp.join(',')}`] : []),
    ...(flags.includes('ip options') ? ['flags ip options'] : []),
    ...(flags.includes('skuid') ? ['flags skuid'] : []),
    ...(flags.includes('ether') ? ['flags ether'] : []),
  ];
};

const logText = (statement: Of<'log'>, transport: string): string => {
  const text = plainLogText(statement);
  const { telling } = statement;
  if (!telling) return text;
  const port = `${transport} sport`;
  // Of registers kept over other statements nft shows what was loaded: this says what happens, and is nothing that nft would load.
  return (
    `${port} set ${fieldText(telling.sourcePort)} meta mark set ${fieldText(telling.mark)} ${text} ` +
    `meta mark set meta mark ${port} set ${port}`
  );
};

const plainLogText = (statement: Of<'log'>): string =>
  [
    'log',
    ...(statement.prefix ? [`prefix ${quote(statement.prefix)}`] : []),
    ...(statement.group === undefined ? [] : [`group ${statement.group}`]),
    ...(statement.snaplen ? [`snaplen ${statement.snaplen}`] : []),
    ...(statement.queueThreshold ? [`queue-threshold ${statement.queueThreshold}`] : []),
    // The kernel's own default.
    ...(statement.level && statement.level !== 'warn' ? [`level ${statement.level}`] : []),
    ...logFlagsText(statement.flags ?? []),
  ].join(' ');

/** nft writes the comparison out behind a mask. */
const lookupText = ({ key, set, invert }: Of<'lookup'>): string => {
  const equals = key[0]?.kind === 'masked' ? '== ' : '';
  return `${keyText(key)} ${invert ? '!= ' : equals}@${set}`;
};

const dynsetText = (statement: Of<'dynset'>): string => {
  const timeout = statement.timeoutMs === undefined ? '' : ` timeout ${durationText(statement.timeoutMs)}`;
  const statements = (statement.statements ?? []).map((one) => ` ${statefulText(one)}`).join('');
  const data = statement.data ? ` : ${keyText(statement.data)}` : '';
  return `${statement.op} @${statement.set} { ${keyText(statement.key)}${timeout}${statements}${data} }`;
};

const tcpFlagsText = ({ of, are, invert = false }: Of<'tcp-flags'>): string => {
  const all = bitNames(of, tcpFlagBit);
  const any = are === 'any';
  // "Just none" and "not any" are the same.
  if (any || are.length === 0) return `tcp flags ${any === invert ? '! ' : ''}${all}`;
  return `tcp flags ${invert ? '!= ' : ''}${bitNames(are, tcpFlagBit)} / ${all}`;
};

/** What nft prints for `part & keep | bits`: it takes the bits into the mask. */
const writtenText = (written: Written): string => {
  if ('map' in written) return mapText(written);
  if ('value' in written) return valueText(written.value.type, written.value.bytes);
  const { from, keep = 0xffff_ffff, bits = 0 } = written;
  const mask = (keep | bits) >>> 0;
  const and = mask === 0xffff_ffff ? '' : ` & ${hex32(mask)}`;
  return `${partText(from)}${and}${bits === 0 ? '' : ` | ${hex32(bits)}`}`;
};

const natLiteralText = ({ type, address, port }: Of<'nat-literal'>, family: Family): string => {
  const named = family === 'inet' ? ` ${address.type === 'ipv6_addr' ? 'ip6' : 'ip'}` : '';
  const text = valueText(address.type, address.bytes);
  const host = port && address.type === 'ipv6_addr' ? `[${text}]` : text;
  return `${type}${named} to ${host}${port ? `:${valueText(port.type, port.bytes)}` : ''}`;
};

const natText = (statement: Of<'nat'>, family: Family): string => {
  // nft names the family when an address and a port come from one map, and always in inet.
  const named = statement.dataTypes.length > 1 || family === 'inet';
  const natFamily = statement.dataTypes[0] === 'ipv6_addr' ? ' ip6' : ' ip';
  return `${statement.type}${named ? natFamily : ''} to ${mapText(statement)}`;
};

const synproxyText = (statement: Of<'synproxy'>): string =>
  [
    'synproxy',
    ...(statement.mss === undefined ? [] : [`mss ${statement.mss}`]),
    ...(statement.wscale === undefined ? [] : [`wscale ${statement.wscale}`]),
    ...(statement.timestamp ? ['timestamp'] : []),
    ...(statement.sackPermitted ? ['sack-perm'] : []),
  ].join(' ');

const icmpByFamily = { ip: 'icmp', ip6: 'icmpv6', inet: 'icmpx', netdev: 'icmpx' } as const;

/** The protocol that a comparison names: nft keeps the checksum of a written port right only under the protocol's own name. */
export const comparedTransport = (statement: Statement): string | undefined => {
  if (statement.kind !== 'compare' || statement.op !== '==') return undefined;
  const { field, value } = statement;
  const isProtocol = field === 'meta l4proto' || field === 'ip protocol' || field === 'ip6 nexthdr';
  return isProtocol ? valueText('inet_proto', value.bytes) : undefined;
};

const hostBytes = (number: number): Uint8Array =>
  Uint8Array.of(number & 0xff, (number >>> 8) & 0xff, (number >>> 16) & 0xff, number >>> 24);

/** One statement. The family decides whether `dnat` must name its own, and whose ICMP refuses; the transport what a written port is called. */
export const statementText = (statement: Statement, family: Family = 'ip', transport = 'th'): string => {
  switch (statement.kind) {
    case 'counter':
    case 'limit':
    case 'ct-count':
      return statefulText(statement);
    case 'compare': {
      const { field, op, value, mask } = statement;
      const sign = op === '!=' ? '!= ' : '';
      if (mask === undefined) return `${fieldText(field)} ${sign}${fieldValueText(field, value)}`;
      const bits = fieldValueText(field, { type: value.type, bytes: hostBytes(mask) });
      return `${fieldText(field)} & ${bits} ${sign || '== '}${fieldValueText(field, value)}`;
    }
    case 'lookup':
      return lookupText(statement);
    case 'vmap':
      return `${keyText(statement.key)} vmap @${statement.map}`;
    case 'nat':
      return natText(statement, family);
    case 'nat-literal':
      return natLiteralText(statement, family);
    case 'write':
      return `${fieldText(statement.field).replace(/^th /, `${transport} `)} set ${writtenText(statement)}`;
    case 'fwd':
    case 'dup':
      return `${statement.kind} to ${'map' in statement ? mapText(statement) : quote(statement.device.name)}`;
    case 'ct-state':
      return `ct state ${bitNames(statement.states, ctStateBit)}`;
    case 'ct-direction':
      return `ct direction ${statement.direction}`;
    case 'ct-expiration-below':
      return `ct expiration < ${durationText(statement.ms)}`;
    case 'ct-status':
      return `ct status ${bitNames(statement.statuses, ctStatusBit)}`;
    case 'tcp-flags':
      return tcpFlagsText(statement);
    case 'fib-type':
      return `fib ${statement.address} type ${statement.op === '!=' ? '!= ' : ''}${statement.type}`;
    case 'log':
      return logText(statement, transport);
    case 'dynset':
      return dynsetText(statement);
    case 'object':
      return `${statement.type}${statement.type === 'counter' ? ' name' : ' set'} ${quote(statement.name)}`;
    case 'synproxy':
      return synproxyText(statement);
    case 'queue':
      return `queue ${statement.bypass ? 'flags bypass ' : ''}to ${statement.number}`;
    case 'flow-add':
      return `flow add @${statement.flowtable}`;
    case 'reject-port-unreachable':
      return `reject with ${icmpByFamily[family]} port-unreachable`;
    case 'reject-tcp-reset':
      return 'reject with tcp reset';
    case 'verdict':
      return verdictText(statement.verdict);
    case 'masquerade':
    case 'notrack':
      return statement.kind;
  }
};
