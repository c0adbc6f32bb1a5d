/** Values of nftlb's enumerations: one that it does not know becomes the default, and the answer says so. */

type Values = readonly [fallback: string, ...others: string[]];

const onOff: Values = ['off', 'on'];

export const farmValues: ReadonlyMap<string, Values> = new Map<string, Values>([
  ['family', ['ipv4', 'ipv6', 'dual', 'inet']],
  ['mode', ['snat', 'dnat', 'dsr', 'stlsdnat', 'local']],
  ['protocol', ['tcp', 'udp', 'sctp', 'all']],
  ['scheduler', ['rr', 'weight', 'hash', 'symhash']],
  ['helper', ['none', 'ftp', 'pptp', 'sip', 'snmp', 'tftp']],
  ['state', ['up', 'down', 'off']],
  ['tcp-strict', onOff],
  ['flow-offload', onOff],
  ['intra-connect', onOff],
]);

export const backendValues: ReadonlyMap<string, Values> = new Map<string, Values>([
  // What GET prints for a level that is not in use comes back as it went.
  ['state', ['up', 'down', 'off', 'available']],
]);

export const addressValues: ReadonlyMap<string, Values> = new Map<string, Values>(
  ['family', 'protocol'].map((key) => [key, farmValues.get(key)!]),
);

/** The object with known values only; a note for each that was not. */
export const withKnownValues = (
  object: Readonly<Record<string, unknown>>,
  values: ReadonlyMap<string, Values>,
  notes: string[],
): Readonly<Record<string, unknown>> => {
  const replaced: Record<string, string> = {};
  for (const [key, known] of values) {
    const value = object[key];
    if (typeof value !== 'string' || value === '' || known.includes(value.trim())) continue;
    const shown = value.length > 60 ? `${value.slice(0, 57)}…` : value;
    notes.push(`Parsing unknown value '${shown}' in '${key}', using default '${known[0]}'`);
    replaced[key] = known[0];
  }
  return { ...object, ...replaced };
};
