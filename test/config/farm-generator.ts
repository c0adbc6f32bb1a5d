/** Arbitrary services documents that are good: every mode, family and attribute, as a client would write them. */

import fc from 'fast-check';

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const number = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).chain((value) => pick<string | number>(value, String(value)));
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(model: T) =>
  fc.record(model, { requiredKeys: [] });

const fields = ['srcip', 'dstip', 'srcport', 'dstport', 'srcmac', 'dstmac'];
const words = (all: readonly string[]) => fc.subarray([...all]).map((list) => list.join(' '));
const rate = fc
  .tuple(fc.integer({ min: 0, max: 5_000 }), pick('second', 'minute', 'hour', 'day', 'week'))
  .map(([count, unit]) => `${count}/${unit}`);
const prefix = fc.string({ minLength: 1, maxLength: 20, unit: pick(...'abcXYZ 0189-_:;{}"\'\\') });
const ports = fc
  .uniqueArray(fc.integer({ min: 1, max: 65_500 }), { minLength: 1, maxLength: 4 })
  .chain((list) => fc.tuple(...list.map((port) => pick(String(port), `${port}-${port + 30}`))))
  .map((list) => list.join(','));

export const address = (six: boolean, index: number): string =>
  six ? `2001:db8:0:${index.toString(16)}::1` : `10.${20 + (index >> 8)}.${index & 255}.1`;

const backend = (index: number, mode: string, six: boolean) =>
  fc
    .record(
      {
        weight: number(1, 100),
        priority: number(1, 5),
        state: pick('up', 'down', 'off', 'drain'),
        mark: pick('0x0', '0x10', 'ff'),
        port: mode === 'dnat' || mode === 'snat' ? pick<string | number>('', 8080, '81') : pick(''),
        ...(mode === 'dsr' || mode === 'stlsdnat'
          ? {}
          : { 'est-connlimit': number(0, 900), 'est-connlimit-log-prefix': prefix }),
        ...(mode === 'snat' ? { 'source-addr': pick('', six ? '2001:db8:9::9' : '10.9.9.9') } : {}),
        'ether-addr': pick('', '52:54:00:aa:bb:cc'),
      },
      { requiredKeys: [] },
    )
    .map((attributes) => ({
      ...attributes,
      name: `b${index}`,
      'ip-addr': six ? `2001:db8:ffff::${index + 1}` : `10.200.0.${index + 1}`,
    }));

const addressOf = (farm: number, index: number, six: boolean, protocols: readonly string[]) =>
  fc.record({ ports: fc.oneof(ports, pick('')), protocol: pick(...protocols) }).map((rest) => ({
    ...rest,
    name: `s${farm}-${index}`,
    'ip-addr': address(six, farm * 8 + index),
  }));

/** A client as persistence over these fields remembers it. */
const clientOf = (persistence: string, six: boolean, index: number): string =>
  persistence
    .split(' ')
    .map((field) => {
      if (field.endsWith('port')) return String(1_024 + index);
      return field.endsWith('mac')
        ? `52:54:00:00:00:0${index}`
        : six
          ? `2001:db8:5::${index}`
          : `10.5.0.${index}`;
    })
    .join(' . ');

const withConntrack = {
  'est-connlimit': number(0, 100),
  'est-connlimit-log-prefix': prefix,
  'service-connlimit': number(0, 100),
  'tcp-strict': pick<string | boolean>('on', 'off', true),
  'tcp-strict-log-prefix': prefix,
  'flow-offload': pick('on', 'off'),
};

const farm = (index: number) =>
  fc
    .record({
      mode: pick('snat', 'dnat', 'dsr', 'stlsdnat', 'local'),
      family: pick('ipv4', 'ipv6', 'dual', 'inet'),
      protocol: pick('tcp', 'udp', 'sctp', 'all'),
      helper: fc.boolean(),
    })
    .chain(({ mode, family, protocol, helper }) => {
      const sixes = family === 'ipv4' ? [false] : family === 'ipv6' ? [true] : [false, true];
      const helpers: Readonly<Record<string, readonly string[]>> = {
        tcp: ['ftp', 'pptp', 'sip'],
        udp: ['tftp', 'snmp', 'sip'],
        sctp: ['none'],
        all: ['sip'],
      };
      const tracked = mode !== 'dsr' && mode !== 'stlsdnat';
      const protocols = helper && tracked ? [protocol] : ['tcp', 'udp', 'sctp', 'all'];
      const persistence = words(fields);
      return fc
        .record({
          base: optional({
            scheduler: pick('rr', 'weight', 'hash', 'symhash', 'maglev', ...(tracked ? ['leastconn'] : [])),
            ...(mode === 'snat' || mode === 'local'
              ? {
                  'source-addr': pick(
                    '',
                    ...(family === 'ipv4' ? ['10.9.9.8'] : family === 'ipv6' ? ['2001:db8:9::8'] : []),
                  ),
                }
              : {}),
            'sched-param': words(fields),
            persistence,
            'persist-ttl': number(1, 10_000),
            'persist-full': pick('skip', 'evict'),
            replicate: pick('all', 'persistence', 'none'),
            log: words(['input', 'forward', 'output']),
            'log-prefix': prefix,
            'log-rtlimit': rate,
            mark: pick<string | number>('0x0', '0x7f', 1, '12ab'),
            state: pick('up', 'down', 'off'),
            'limits-ttl': number(1, 500),
            'new-rtlimit': rate,
            'new-rtlimit-burst': number(0, 9),
            'new-rtlimit-log-prefix': prefix,
            'rst-rtlimit': rate,
            'rst-rtlimit-burst': number(0, 9),
            'rst-rtlimit-log-prefix': prefix,
            queue: number(-1, 9),
            verdict: words(['log', 'drop', 'accept']),
            'intra-connect': pick('on', 'off'),
            counters: pick('on', 'off'),
            ...(mode !== 'local' && {
              health: pick<string | object>(
                '',
                { kind: 'tcp', port: '81' },
                {
                  kind: 'http',
                  'interval-ms': '500',
                  port: 8080,
                  path: '/up?x=1',
                  host: 'a.example',
                  status: '200,301-302',
                },
                { kind: 'https', 'timeout-ms': 300, rise: '1', fall: 5, port: '8443' },
              ),
            }),
            responsettl: number(1, 90),
            iface: pick('', 'eth0'),
            oface: pick('', 'eth1'),
            'ether-addr': pick('', '52:54:00:00:00:01'),
            policies: pick([], [{ name: 'bad' }], [{ name: 'good' }, { name: 'bad' }]),
          }),
          tracked: tracked ? optional(withConntrack) : fc.constant({}),
          addresses: fc.tuple(
            ...Array.from({ length: sixes.length }, (_, at) =>
              addressOf(index, at, sixes[at]!, helper && tracked ? protocols : ['tcp', 'udp', 'sctp', 'all']),
            ),
          ),
          synproxy: fc.boolean(),
          session: fc.boolean(),
          which: fc.nat(),
          backends: fc
            .integer({ min: 0, max: mode === 'local' ? 0 : 3 })
            .chain((count) =>
              fc.tuple(
                ...Array.from({ length: count }, (_, at) => backend(at, mode, sixes[at % sixes.length]!)),
              ),
            ),
        })
        .map(({ base, tracked: more, synproxy, session, which, addresses, backends }) => ({
          ...base,
          ...more,
          mode,
          family,
          protocol,
          ...(helper && tracked && addresses.every(({ ports: its }) => its !== '' || protocol === 'all')
            ? { helper: helpers[protocol]![which % helpers[protocol]!.length] }
            : {}),
          ...(synproxy && tracked && addresses.every((one) => one.protocol === 'tcp' && one.ports !== '')
            ? { synproxy: 'on' }
            : {}),
          ...(session && base.persistence && backends.length > 0
            ? {
                sessions: [
                  {
                    client: clientOf(String(base.persistence), family === 'ipv6', 1 + (which % 9)),
                    backend: backends[0]!.name,
                  },
                ],
              }
            : {}),
          addresses,
          backends,
          name: `s${index}`,
        }));
    });

export const policies = [
  {
    name: 'bad',
    type: 'blacklist',
    elements: [{ data: '192.0.2.0/24' }, { data: '198.51.100.7', timeout: '30' }],
  },
  {
    name: 'good',
    type: 'whitelist',
    family: 'ipv6',
    timeout: 60,
    global: true,
    'log-prefix': 'seen',
    elements: [{ data: '2001:DB8::/32' }],
  },
];

export const goodDocument = fc
  .integer({ min: 0, max: 4 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => farm(index))))
  .map((farms) => ({ farms, policies }));
