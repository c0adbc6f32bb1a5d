/** The parts `witness` and `coordination` of node.yaml: who decides who owns a group (docs/coordination.md). */

import { z } from 'zod';
import type { CoordinationConfig, Witness } from '../model/node.js';
import type { Problem } from '../model/service.js';
import { ipv4, milliseconds, path, socketAddress } from './fields.js';

export const witness = z
  .union(
    [
      z.literal('none'),
      z.strictObject({ arbiter: z.array(socketAddress).min(1) }),
      z.strictObject({ ping: ipv4 }),
    ],
    { error: "must be 'none', { arbiter: [address:port, …] } or { ping: address }" },
  )
  .transform((value): Witness => {
    if (value === 'none') return { kind: 'none' };
    return 'arbiter' in value
      ? { kind: 'arbiter', at: value.arbiter }
      : { kind: 'ping', address: value.ping };
  });

const drivers = 'votes (the default), etcd or keepalived';

const etcd = z.strictObject({
  driver: z.literal('etcd'),
  endpoints: z
    .array(socketAddress, { error: 'is missing: list the clients’ address:port of every etcd member' })
    .min(1, 'is empty: list the clients’ address:port of every etcd member')
    .max(9),
  /** Absent: the node's own `tls`. */
  tls: z
    .union([z.literal('none'), z.strictObject({ ca: path, cert: path, key: path })], {
      error: "must be 'none' or { ca, cert, key }; absent, the node's own tls is used",
    })
    .optional(),
  ttlMs: milliseconds(2_000, 3_600_000)
    .multipleOf(1_000, 'must be whole seconds, etcd knows no others')
    .default(20_000),
  timeoutMs: milliseconds(50, 60_000).default(500),
});

const keepalived = z.strictObject({
  driver: z.literal('keepalived'),
  fifo: path,
});

export const coordination = z.discriminatedUnion(
  'driver',
  [z.strictObject({ driver: z.literal('votes') }), etcd, keepalived],
  { error: `driver must be one of ${drivers}` },
);

type Parsed = z.infer<typeof coordination>;

/** `own`: the node's `tls`, resolved. */
export const shapeCoordination = (
  parsed: Parsed,
  own: { readonly ca: string; readonly cert: string; readonly key: string },
  file: (text: string) => string,
): CoordinationConfig | undefined => {
  if (parsed.driver === 'votes') return undefined;
  if (parsed.driver === 'keepalived') return { driver: 'keepalived', fifo: file(parsed.fifo) };
  const { endpoints, tls, ttlMs, timeoutMs } = parsed;
  const given =
    tls === undefined || tls === 'none'
      ? own
      : { ca: file(tls.ca), cert: file(tls.cert), key: file(tls.key) };
  return { driver: 'etcd', endpoints, ttlMs, timeoutMs, ...(tls !== 'none' && { tls: given }) };
};

/** What only shows beside the rest of node.yaml. */
export const coordinationProblems = (
  parsed: Parsed | undefined,
  node: { readonly nodes: number; readonly witness: string; readonly leaseMs: number },
): Problem[] => {
  const problems: Problem[] = [];
  const say = (at: string, message: string): void => void problems.push({ path: at, message });
  if (!parsed || parsed.driver === 'votes') return problems;
  if (node.witness !== 'none') {
    say(
      'witness',
      `is of no use with coordination.driver: ${parsed.driver}: remove it, or remove coordination`,
    );
  }
  if (parsed.driver !== 'etcd') return problems;
  const { ttlMs, timeoutMs, endpoints } = parsed;
  if (node.nodes < 3) {
    say(
      'coordination.driver',
      `etcd is for three nodes or more, here are ${node.nodes}: a pair takes a witness`,
    );
  }
  if (ttlMs < 10 * node.leaseMs) {
    say(
      'coordination.ttlMs',
      `must be at least ten times timing.leaseMs (${node.leaseMs}): an owner needs time to renew it`,
    );
  }
  if (timeoutMs * 6 > ttlMs) {
    say(
      'coordination.timeoutMs',
      `must be at most a sixth of ttlMs (${ttlMs}), so that a few late answers do not cost the lease`,
    );
  }
  endpoints.forEach(({ address, port }, index) => {
    const earlier = endpoints.findIndex((one) => one.address === address && one.port === port);
    if (earlier < index)
      say(`coordination.endpoints[${index}]`, `is endpoints[${earlier}] already: list every member once`);
  });
  return problems;
};
