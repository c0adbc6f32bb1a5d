/** node.yaml → NodeConfig, or every problem in it with its path. */

import { z } from 'zod';
import { conntrackdProblems } from '../conntrack/config.js';
import type { Ipv4 } from '../model/address.js';
import type { IngressInterfaces, NodeConfig } from '../model/node.js';
import type { Problem } from '../model/service.js';
import { coordination, coordinationProblems, shapeCoordination, witness } from './coordination.js';
import { failback } from './failback.js';
import {
  interfaceName,
  ipv4,
  logLevel,
  milliseconds,
  name,
  path,
  prefix,
  resolvePath,
  socketAddress,
} from './fields.js';
import { problemsFromZod } from './problems.js';
import { readYaml } from './yaml.js';

const timing = z
  .strictObject({
    leaseMs: milliseconds(40, 60_000).default(120),
    renewMs: milliseconds(5, 20_000).default(30),
    heartbeatMs: milliseconds(5, 20_000).default(30),
    deadMs: milliseconds(15, 60_000).default(100),
    syncWaitMs: milliseconds(0, 600_000).default(5_000),
    announceMs: milliseconds(100, 240_000).default(10_000),
  })
  .superRefine((value, context) => {
    if (value.renewMs * 3 > value.leaseMs) {
      context.addIssue({
        code: 'custom',
        path: ['renewMs'],
        message: `must be at most a third of leaseMs (${value.leaseMs}), so that two lost renewals do not cost the lease`,
      });
    }
    if (value.heartbeatMs * 3 > value.deadMs) {
      context.addIssue({
        code: 'custom',
        path: ['deadMs'],
        message: `must be at least three times heartbeatMs (${value.heartbeatMs}), or a late heartbeat counts as a death`,
      });
    }
    if (value.deadMs > 10 * value.leaseMs) {
      context.addIssue({
        code: 'custom',
        path: ['deadMs'],
        message: `must be at most ten times leaseMs (${value.leaseMs}): a dead owner's lease would have run out long before anybody notices`,
      });
    }
  });

const schema = z.strictObject({
  cluster: name,
  node: name,
  nodes: z
    .array(z.strictObject({ name, heartbeat: z.array(socketAddress).min(1).max(4), sync: socketAddress }))
    .min(1)
    .max(7),
  witness: witness.default({ kind: 'none' }),
  coordination: coordination.optional(),
  groups: z
    .array(
      z.strictObject({
        name,
        addresses: z
          .array(z.strictObject({ address: prefix, interface: interfaceName }))
          .min(1, 'must hold at least one floating address'),
        preferred: z.union([name, z.array(name).min(1).max(7)]).optional(),
        preempt: z.boolean().default(false),
        failback: failback.optional(),
        trackLinks: z.array(interfaceName).default([]),
      }),
    )
    .default([]),
  timing: timing.default(() => timing.parse({})),
  secretFile: path,
  tls: z.strictObject({ ca: path, cert: path, key: path }),
  replication: z
    .strictObject({
      enabled: z.boolean().default(true),
      logGroup: z.number().int().min(1).max(65_534).default(7010),
      direction: z.enum(['both', 'send', 'receive']).default('both'),
    })
    .default({ enabled: true, logGroup: 7010, direction: 'both' }),
  conntrackd: z
    .strictObject({
      enabled: z.boolean().default(true),
      manage: z.boolean().default(true),
      interface: interfaceName,
      local: ipv4,
      peers: z.array(ipv4).min(1),
      port: z.number().int().min(1).max(65_535).default(3780),
      configFile: path.optional(),
    })
    .optional(),
  stateDir: path.default('/var/lib/relevo'),
  controlSocket: path.default('/run/relevo/relevo.sock'),
  api: z
    .strictObject({
      listen: socketAddress.default({ address: '127.0.0.1' as Ipv4, port: 5555 }),
      keyFile: path.optional(),
      tls: z.strictObject({ cert: path, key: path }).optional(),
    })
    .optional(),
  notify: z.strictObject({ script: path, timeoutMs: milliseconds(100, 300_000).default(10_000) }).optional(),
  selfProbe: z.boolean().default(true),
  logLevel,
  engine: z
    .strictObject({
      interfaces: z
        .union([z.literal('all'), z.array(interfaceName).min(1)], {
          error: "must be 'all' or a list of interface names",
        })
        .optional(),
      counters: z.boolean().default(false),
      persistCapacity: z.number().int().min(16).max(1_048_576).optional(),
      markMask: z.number().int().min(1).max(0xffff_ffff).optional(),
      logGroup: z.number().int().min(1).max(65_535).optional(),
    })
    .default({ counters: false }),
  protect: z.boolean().default(true),
});

type Parsed = z.infer<typeof schema>;

const duplicates = (values: readonly string[]): Map<number, number> => {
  const first = new Map<string, number>();
  const found = new Map<number, number>();
  values.forEach((value, index) => {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, index);
    else found.set(index, earlier);
  });
  return found;
};

/** What no single attribute shows: names that refer to each other, things that must differ. */
const crossProblems = (config: Parsed): Problem[] => {
  const problems: Problem[] = [];
  const nodeNames = config.nodes.map((node) => node.name);
  if (!nodeNames.includes(config.node)) {
    problems.push({
      path: 'node',
      message: `'${config.node}' is not one of nodes (${nodeNames.join(', ')}): name the node this file is for`,
    });
  }
  for (const [index, earlier] of duplicates(nodeNames)) {
    problems.push({
      path: `nodes[${index}].name`,
      message: `'${nodeNames[index]}' is nodes[${earlier}] already: names must differ`,
    });
  }
  const paths = config.nodes[0]?.heartbeat.length;
  config.nodes.forEach((node, index) => {
    if (node.heartbeat.length !== paths) {
      problems.push({
        path: `nodes[${index}].heartbeat`,
        message: `has ${node.heartbeat.length} paths where nodes[0] has ${paths}: list the same paths in the same order`,
      });
    }
  });
  const sockets = config.nodes.flatMap((node, n) => [
    ...node.heartbeat.map((at, p) => ({
      path: `nodes[${n}].heartbeat[${p}]`,
      text: `udp ${at.address}:${at.port}`,
    })),
    { path: `nodes[${n}].sync`, text: `tcp ${node.sync.address}:${node.sync.port}` },
  ]);
  for (const [index, earlier] of duplicates(sockets.map(({ text }) => text))) {
    problems.push({
      path: sockets[index]!.path,
      message: `is ${sockets[earlier]!.path} too: every node needs its own address`,
    });
  }
  for (const [index, earlier] of duplicates(config.groups.map((group) => group.name))) {
    problems.push({
      path: `groups[${index}].name`,
      message: `is groups[${earlier}] already: names must differ`,
    });
  }
  const floating = config.groups.flatMap((group, g) =>
    group.addresses.map((entry, a) => ({
      path: `groups[${g}].addresses[${a}]`,
      address: entry.address.address,
    })),
  );
  for (const [index, earlier] of duplicates(floating.map(({ address }) => address))) {
    problems.push({
      path: floating[index]!.path,
      message: `is ${floating[earlier]!.path} too: an address belongs to one group`,
    });
  }
  const own = new Map(
    config.nodes.flatMap((node, n) => node.heartbeat.map((at) => [at.address as string, n] as const)),
  );
  for (const { path: at, address } of floating) {
    const node = own.get(address);
    if (node !== undefined) {
      problems.push({
        path: at,
        message: `${address} is an own address of nodes[${node}]: a floating address must be nobody's own`,
      });
    }
  }
  const { logGroup } = config.engine;
  const { enabled, logGroup: reports } = config.replication;
  if (enabled && (logGroup === reports || logGroup === reports + 1)) {
    problems.push({
      path: 'engine.logGroup',
      message: `${logGroup} is one of the groups of replication (${reports} and ${reports + 1}): a group has one reader, choose another`,
    });
  }
  config.groups.forEach((group, g) => {
    for (const preferred of [group.preferred ?? []].flat()) {
      if (nodeNames.includes(preferred)) continue;
      problems.push({
        path: `groups[${g}].preferred`,
        message: `'${preferred}' is not one of nodes (${nodeNames.join(', ')})`,
      });
    }
    const { failback: policy } = group;
    if (group.preempt && policy !== undefined && policy.kind !== 'now') {
      problems.push({
        path: `groups[${g}].failback`,
        message: 'contradicts preempt: true, which is failback: now; keep one of them',
      });
    }
    if (policy?.kind === 'window' && policy.fromMinute === policy.untilMinute) {
      problems.push({
        path: `groups[${g}].failback`,
        message: 'is a window of no length: write now for always, never for not at all',
      });
    }
    if (policy !== undefined && policy.kind !== 'never' && group.preferred === undefined) {
      problems.push({
        path: `groups[${g}].failback`,
        message: 'needs a node to go back to: name it in preferred',
      });
    }
  });
  return problems;
};

const shapeConntrackd = (
  config: Parsed['conntrackd'],
  file: (text: string) => string,
): NodeConfig['conntrackd'] => {
  if (!config) {
    const none = { enabled: false, manage: false, interface: 'lo', peers: [], port: 3780 };
    return { ...none, local: '127.0.0.1' as Ipv4 };
  }
  const { configFile, ...rest } = config;
  return { ...rest, ...(configFile === undefined ? {} : { configFile: file(configFile) }) };
};

/** A client reaches a floating address by the interface that the address is on; without such addresses nobody can say. */
const interfacesOfGroups = ({ groups }: Parsed): IngressInterfaces =>
  groups.length === 0
    ? 'all'
    : [...new Set(groups.flatMap(({ addresses }) => addresses.map((one) => one.interface)))];

const shapeApi = (
  { listen, keyFile, tls }: NonNullable<Parsed['api']>,
  file: (text: string) => string,
): NonNullable<NodeConfig['api']> => ({
  listen,
  ...(keyFile !== undefined && { keyFile: file(keyFile) }),
  ...(tls && { tls: { cert: file(tls.cert), key: file(tls.key) } }),
});

const shape = (config: Parsed, folder: string): NodeConfig => {
  const file = (text: string): string => resolvePath(text, folder);
  const tls = { ca: file(config.tls.ca), cert: file(config.tls.cert), key: file(config.tls.key) };
  const driver = config.coordination && shapeCoordination(config.coordination, tls, file);
  return {
    cluster: config.cluster,
    node: config.node,
    nodes: config.nodes,
    groups: config.groups.map(({ preferred, failback: policy, ...group }) => ({
      ...group,
      ...(policy && { failback: policy }),
      ...(preferred === undefined ? {} : { preferred }),
      addresses: group.addresses.map(({ address: at, interface: on }) => ({ ...at, interface: on })),
    })),
    witness: config.witness,
    timing: config.timing,
    ...(driver && { coordination: driver }),
    secretFile: file(config.secretFile),
    tls,
    replication: config.replication,
    conntrackd: shapeConntrackd(config.conntrackd, file),
    stateDir: file(config.stateDir),
    controlSocket: file(config.controlSocket),
    ...(config.api && { api: shapeApi(config.api, file) }),
    ...(config.notify && { notify: { ...config.notify, script: file(config.notify.script) } }),
    selfProbe: config.selfProbe,
    logLevel: config.logLevel,
    engine: {
      interfaces: config.engine.interfaces ?? interfacesOfGroups(config),
      counters: config.engine.counters,
      ...(config.engine.persistCapacity !== undefined && { persistCapacity: config.engine.persistCapacity }),
      ...(config.engine.markMask !== undefined && { markMask: config.engine.markMask }),
      ...(config.engine.logGroup !== undefined && { logGroup: config.engine.logGroup }),
    },
    protect: config.protect,
  };
};

export type NodeConfigResult =
  | { readonly ok: true; readonly config: NodeConfig }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Parses the text of node.yaml. Relative paths in it count from `folder`, the folder of the file.
 * Every problem is listed at once, each with its path and what to do.
 */
export const parseNodeConfig = (text: string, folder: string): NodeConfigResult => {
  const read = readYaml(text);
  if (!read.ok) return read;
  const parsed = schema.safeParse(read.value);
  if (!parsed.success) return { ok: false, problems: problemsFromZod(parsed.error) };
  const config = shape(parsed.data, folder);
  const problems = [
    ...crossProblems(parsed.data),
    ...coordinationProblems(parsed.data.coordination, {
      nodes: config.nodes.length,
      witness: config.witness.kind,
      leaseMs: config.timing.leaseMs,
    }),
    ...conntrackdProblems(config),
  ];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
};
