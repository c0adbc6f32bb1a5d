/** The file that names a live cluster to a drill: its nodes' control sockets, what to probe, and how faults are made there. YAML → value. */

import { z } from 'zod';
import { interfaceName, name } from '../config/fields.js';
import { formatProblems, problemsFromZod } from '../config/problems.js';
import { readYaml } from '../config/yaml.js';
import { RelevoError } from '../errors.js';
import { parseIp } from '../model/address.js';
import { faultNames } from './budgets.js';
import type { Endpoint } from './probe-targets.js';

export interface FaultCommands {
  /** Argument lists; `{node}` is the node to break. */
  readonly inject: readonly string[];
  readonly heal?: readonly string[] | undefined;
}

/** Another machine that reaches the addresses as clients do, and has relevo. */
export interface ProbeMachine {
  /** Argument list to put before a command, so that it runs there as root. */
  readonly run: readonly string[];
  /** Where relevo and Node are there. */
  readonly folder: string;
  readonly node: string;
}

export interface ClusterFile {
  /** Control sockets by node. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly group?: string | undefined;
  readonly connect?: readonly Endpoint[] | undefined;
  readonly echo: readonly Endpoint[];
  readonly streams: readonly Endpoint[];
  readonly persistence?: (Endpoint & { readonly from: readonly string[] }) | undefined;
  readonly observe?: string | undefined;
  /** Undefined: probes run on this machine. */
  readonly on?: ProbeMachine | undefined;
  /** Between two attempts of a probe; undefined: as it is usual. */
  readonly everyMs?: number | undefined;
  readonly slowness: number;
  readonly faults: ReadonlyMap<string, FaultCommands>;
}

const endpoint = z
  .string({ error: 'must be an address and port like 10.0.0.100:80 or [fd00::1]:80' })
  .transform((text, context): Endpoint => {
    const [, six, four, port = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = parseIp(six ?? four ?? '');
    if (host && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) };
    context.addIssue(`'${text}' is not an address and port: write it like 10.0.0.100:80 or [fd00::1]:80`);
    return z.NEVER;
  });

const words = z.array(z.string().min(1), { error: 'must be a list of words: [ssh, "{node}", …]' }).min(1);

const schema = z.strictObject({
  nodes: z.record(name, z.string().startsWith('/', 'must be the full path of a control socket')),
  group: name.optional(),
  slowness: z.number().min(1).max(50).default(1),
  probes: z
    .strictObject({
      connect: z.array(endpoint).optional(),
      echo: z.array(endpoint).default([]),
      streams: z.array(endpoint).default([]),
      persistence: z
        .strictObject({ service: endpoint, from: z.array(z.string()).min(1).max(5_000) })
        .optional(),
      observe: interfaceName.optional(),
      on: z
        .strictObject({
          run: words,
          folder: z.string().startsWith('/', 'must be the full path of the folder that relevo is in'),
          node: z.string().startsWith('/', 'must be the full path of Node').default('/usr/bin/node'),
        })
        .optional(),
      everyMs: z.int().min(1).max(1_000).optional(),
    })
    .default({ echo: [], streams: [] }),
  faults: z
    .partialRecord(z.enum(faultNames), z.strictObject({ inject: words, heal: words.optional() }))
    .default({}),
});

/** `place` is the file, named in errors. Throws `bad-document` with every problem. */
export const parseClusterFile = (text: string, place: string): ClusterFile => {
  const read = readYaml(text);
  const parsed = read.ok ? schema.safeParse(read.value) : undefined;
  if (!read.ok || !parsed?.success) {
    const problems = read.ok ? problemsFromZod(parsed!.error!) : read.problems;
    throw new RelevoError('bad-document', `${place}: not a cluster to drill:\n${formatProblems(problems)}`);
  }
  const { nodes, group, slowness, probes, faults } = parsed.data;
  const { persistence } = probes;
  return {
    nodes: new Map(Object.entries(nodes)),
    group,
    connect: probes.connect,
    echo: probes.echo,
    streams: probes.streams,
    persistence: persistence && { ...persistence.service, from: persistence.from },
    observe: probes.observe,
    on: probes.on,
    everyMs: probes.everyMs,
    slowness,
    faults: new Map(Object.entries(faults) as [string, FaultCommands][]),
  };
};

/** `lb1=/run/lb1.sock`, from the command line. */
export const clusterOfNodes = (given: readonly string[]): ClusterFile => {
  const nodes = new Map<string, string>();
  for (const text of given) {
    const [, node = '', path = ''] = /^([^=/]+)=(\/.+)$/.exec(text) ?? [];
    if (path === '') throw new RelevoError('bad-request', `--node ${text}: write it as lb1=/run/lb1.sock`);
    nodes.set(node, path);
  }
  return { nodes, echo: [], streams: [], slowness: 1, faults: new Map() };
};
