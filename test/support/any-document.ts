/** Farms and policies with every feature there is, at random: most of them can be, some cannot. For fast-check. */

import fc from 'fast-check';

export type Json = Record<string, unknown>;

/** One time out of `times`. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>, times = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary, weight: 1 }, { arbitrary: fc.constant(undefined), weight: times - 1 });

/** Without what is undefined: an attribute that is not given. */
const given = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const hashWords = fc
  .subarray(['srcip', 'dstip', 'srcport', 'dstport', 'srcmac', 'dstmac'], { minLength: 1, maxLength: 3 })
  .map((words) => words.join(' '));
const persistence = fc.constantFrom('none', 'srcip', 'srcip', 'srcip srcport', 'srcip dstport', 'srcmac');
const state = fc.constantFrom('up', 'up', 'up', 'down', 'off');
const rate = fc.constantFrom('5/second', '10/minute', '1000/hour', '0/second');
const prefix = fc.constantFrom('KNAME TYPE FNAME ANAME BNAME PNAME ', 'quote " and ; brace }', 'plain');

const backend = (index: number, six: boolean): fc.Arbitrary<Json> =>
  fc
    .record({
      port: fc.constantFrom(undefined, 8080, '8081'),
      weight: sometimes(fc.integer({ min: 1, max: 5 })),
      priority: sometimes(fc.integer({ min: 1, max: 4 })),
      state,
      mark: sometimes(fc.constantFrom('0x0', '0x10', '0x20')),
      limit: sometimes(fc.integer({ min: 0, max: 30 })),
    })
    .map(({ port, weight, priority, state: own, mark, limit }) =>
      given({
        name: `b${index}`,
        'ip-addr': six ? `fd5${index}::2` : `10.5${index}.0.2`,
        port,
        weight,
        priority,
        state: own,
        mark,
        'est-connlimit': limit,
      }),
    );

const backends = (six: boolean): fc.Arbitrary<Json[]> =>
  fc
    .subarray([1, 2, 3, 4], { minLength: 0 })
    .chain((some) =>
      some.length === 0 ? fc.constant<Json[]>([]) : fc.tuple(...some.map((one) => backend(one, six))),
    );

/** Without connection tracking, or on the node itself, much cannot be: it is left out, or nearly every such farm would be refused. */
const tracked = (mode: string): boolean => mode === 'snat' || mode === 'dnat';

const ports = fc.constantFrom('80', '80,443', '5060-5090', '80,90-95,443', '', '1-65535', 21);
const protocol = fc.constantFrom('tcp', 'tcp', 'udp', 'sctp', 'all');

/** Names of the policies that `anyPolicy` makes. */
export const policyNames = ['p1', 'p2', 'p6', 'g1'] as const;

const addressOf = (number: number, six: boolean, more = 0): string =>
  six ? `fd98::${more}:${number}` : `198.51.${100 + more}.${number}`;

const limitsOf = fc.record({
  ttl: sometimes(fc.integer({ min: 1, max: 200 })),
  news: sometimes(rate),
  burst: sometimes(fc.integer({ min: 0, max: 9 })),
  resets: sometimes(rate),
  clients: sometimes(fc.integer({ min: 0, max: 20 })),
  service: sometimes(fc.integer({ min: 0, max: 200 })),
  strict: sometimes(fc.constantFrom('on', 'off')),
  proxy: sometimes(fc.constantFrom('on', 'off')),
  queue: sometimes(fc.constantFrom(-1, 3), 8),
  offload: sometimes(fc.constantFrom('on', 'off'), 8),
  intra: sometimes(fc.constantFrom('on', 'off')),
  counters: sometimes(fc.constantFrom('on', 'off')),
});

const isNone = (one: string): boolean => one === 'none';

/** Farm `s<number>`, at addresses that no other number has. */
export const anyFarm = (number: number): fc.Arbitrary<Json> =>
  fc
    .tuple(fc.boolean(), fc.constantFrom('dnat', 'dnat', 'snat', 'snat', 'dsr', 'stlsdnat', 'local'))
    .chain(([six, mode]) =>
      fc
        .record({
          protocol,
          ports,
          second: sometimes(fc.record({ protocol, ports })),
          scheduler: fc.constantFrom('rr', 'weight', 'hash', 'symhash', 'maglev', 'leastconn'),
          params: sometimes(hashWords),
          sticky: persistence,
          ttl: sometimes(fc.constantFrom(30, 60, 600)),
          full: sometimes(fc.constantFrom('skip', 'evict')),
          helper: sometimes(fc.constantFrom('none', 'ftp', 'tftp', 'sip', 'pptp', 'snmp'), 6),
          log: sometimes(fc.constantFrom('none', 'input', 'forward output', 'input forward output')),
          prefix: sometimes(prefix),
          logRate: sometimes(rate),
          mark: sometimes(fc.constantFrom('0x0', '0x1', '0x2')),
          source: sometimes(fc.constant(six ? 'fd40::1' : '10.40.0.1')),
          state,
          verdict: sometimes(fc.constantFrom('log drop accept', 'drop', 'log drop')),
          policies: fc.subarray(six ? ['p6', 'g1'] : ['p1', 'p2', 'g1'], { maxLength: 2 }),
          static: sometimes(fc.constant(true)),
          limits: limitsOf,
          backends: mode === 'local' ? fc.constant<Json[]>([]) : backends(six),
        })
        .map((one) => {
          const { limits } = one;
          const nat = tracked(mode);
          const plainBackends = one.backends.map((each) =>
            nat ? each : given({ ...each, port: undefined, 'est-connlimit': undefined }),
          );
          const first = one.backends[0]?.name;
          const client = one.sticky === 'srcip' ? (six ? 'fd40::7' : '10.40.1.7') : undefined;
          return given({
            name: `s${number}`,
            'virtual-addr': addressOf(number, six),
            'virtual-ports': one.ports,
            protocol: one.limits.proxy === 'on' ? 'tcp' : one.protocol,
            mode,
            scheduler: !nat && one.scheduler === 'leastconn' ? 'rr' : one.scheduler,
            'sched-param': one.params,
            persistence: one.sticky,
            'persist-ttl': one.ttl,
            'persist-full': one.full,
            helper: nat && one.protocol !== 'sctp' ? one.helper : undefined,
            log: one.log,
            'log-prefix': one.prefix,
            'log-rtlimit': one.logRate,
            mark: one.mark,
            'source-addr': mode === 'snat' ? one.source : undefined,
            state: one.state,
            verdict: one.verdict,
            'limits-ttl': limits.ttl,
            'new-rtlimit': limits.news,
            'new-rtlimit-burst': limits.burst,
            'rst-rtlimit': limits.resets,
            'est-connlimit': nat ? limits.clients : undefined,
            'service-connlimit': nat ? limits.service : undefined,
            'tcp-strict': nat ? limits.strict : undefined,
            synproxy: nat ? limits.proxy : undefined,
            queue: limits.queue,
            'flow-offload': nat ? limits.offload : undefined,
            'intra-connect': limits.intra,
            counters: limits.counters,
            policies: one.policies.map((name) => ({ name })),
            addresses: one.second && [
              {
                name: `s${number}-more`,
                'ip-addr': addressOf(number, six, 1),
                ports: one.second.ports,
                protocol: limits.proxy === 'on' ? 'tcp' : one.second.protocol,
              },
            ],
            sessions:
              one.static && !isNone(one.sticky) && first !== undefined && client !== undefined
                ? [{ client, backend: first }]
                : undefined,
            backends: plainBackends,
          });
        }),
    );

const network = (six: boolean): fc.Arbitrary<Json> =>
  fc
    .tuple(
      six
        ? fc.constantFrom('fd40::9', 'fd41::/64', 'fd42::/32', '::/1')
        : fc.constantFrom('10.40.1.9', '10.41.0.0/16', '10.42.7.0/24', '192.0.2.1', '203.0.113.0/28'),
      sometimes(fc.constantFrom(0, 300)),
    )
    .map(([data, timeout]) => given({ data, timeout }));

export const anyPolicy = (name: (typeof policyNames)[number]): fc.Arbitrary<Json> => {
  const six = name === 'p6';
  return fc
    .record({
      type: fc.constantFrom('blacklist', 'whitelist'),
      timeout: sometimes(fc.constantFrom(0, 600)),
      prefix: sometimes(prefix),
      elements: fc.uniqueArray(network(six), { selector: (one) => one.data, maxLength: 4 }),
    })
    .map(({ type, timeout, prefix: logPrefix, elements }) =>
      given({
        name,
        family: six ? 'ipv6' : 'ipv4',
        type,
        timeout,
        'log-prefix': logPrefix,
        global: name === 'g1' ? 'on' : undefined,
        elements,
      }),
    );
};
