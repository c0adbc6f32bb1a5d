/** The commands about the services document of the cluster: apply, confirm, rollback, resolve, history. */

import type { Command } from 'commander';
import { RelevoError } from '../errors.js';
import type { ApplyResult, HistoryLine } from '../model/status.js';
import type { ControlClient } from '../shell/control-socket.js';
import { readInput } from '../shell/input.js';
import type { Output } from './client-commands.js';
import { formatDuration, formatTable } from './table.js';

const plain = (text: string) => ({ type: 'text/plain', text });
const json = (value: unknown) => ({ type: 'application/json', text: JSON.stringify(value) });

export const formatApply = (result: ApplyResult): string => {
  const { dryRun, changed, operations, version, confirmed = [], missing = [], confirmMs = 0 } = result;
  const names = `${changed.slice(0, 20).join(' ')}${changed.length > 20 ? ' …' : ''}`;
  const what =
    operations === 0
      ? 'nothing to change'
      : `${dryRun ? 'would change' : 'changed'} ${changed.length} services (${operations} operations): ${names}`;
  if (version === undefined) return what;
  return [
    what,
    `version ${version}${confirmed.length > 0 ? `, also on ${confirmed.join(' ')}` : ''}`,
    ...missing.map(({ node, reason }) => `NOT YET on ${node}: ${reason}`),
    ...(confirmMs > 0
      ? [`goes back by itself in ${formatDuration(confirmMs)}: 'relevo confirm' keeps it`]
      : []),
  ].join('\n');
};

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `60s`, `5m`, `1h`; a number alone is seconds. */
export const parseDuration = (text: string): number => {
  const found = /^(\d+)(ms|s|m|h)?$/.exec(text);
  if (!found) throw new RelevoError('bad-request', `'${text}' is no duration: write 60s, 5m or 1h`);
  return Number(found[1]) * unitMs[found[2] ?? 's']!;
};

/** Checks on all nodes of a large document, and the kernels, take their time. */
const applyMs = 120_000;

const formatHistory = (versions: readonly HistoryLine[]): string =>
  formatTable(
    ['version', 'by', 'time', 'kind', 'objects', 'rollback', 'reason'],
    versions.map(({ version, author, time, kind, objects, reachable, reason }) => [
      version,
      author,
      time,
      kind,
      objects ?? '?',
      reachable ? 'yes' : 'no',
      reason,
    ]),
  );

interface ApplyFlags {
  readonly dryRun?: boolean;
  readonly confirm?: string;
  readonly force?: boolean;
  readonly message?: string;
}

export const addDocumentCommands = (
  program: Command,
  client: (timeoutMs?: number) => ControlClient,
  output: Output,
): void => {
  program
    .command('apply')
    .argument('<file>', 'services document, JSON or YAML; - reads standard input')
    .option('-n, --dry-run', 'check and say what would change, change nothing')
    .option('--confirm <time>', 'go back by itself unless confirmed within this time (60s, 5m)')
    .option('--force', 'also in a conflict, or while nodes are out of reach: what they have is superseded')
    .option('-m, --message <text>', 'why, for the history')
    .description('check a services document on every node and apply it on all of them')
    .action(async (file: string, flags: ApplyFlags) => {
      const text = await readInput(file);
      const query = new URLSearchParams({
        dryRun: String(flags.dryRun ?? false),
        confirmMs: String(flags.confirm === undefined ? 0 : parseDuration(flags.confirm)),
        force: String(flags.force ?? false),
        reason: flags.message ?? '',
      });
      output.print(formatApply(await client(applyMs).call('PUT', `/v1/services?${query}`, plain(text))));
    });

  program
    .command('confirm')
    .description("keep what 'relevo apply --confirm' has applied; on any node")
    .action(async () =>
      output.print(formatApply(await client(applyMs).call('POST', '/v1/document/confirm'))),
    );

  program
    .command('rollback')
    .argument('[version]', 'number of a version (default: the one before)')
    .option('--force', 'also in a conflict, or while nodes are out of reach')
    .description('bring an earlier services document back, on all nodes')
    .action(async (version: string | undefined, { force = false }: { force?: boolean }) => {
      if (version !== undefined && !/^\d+$/.test(version))
        throw new RelevoError('bad-request', `'${version}' is no version: 'relevo history' lists them`);
      const body = json({ force, ...(version !== undefined && { version: Number(version) }) });
      output.print(formatApply(await client(applyMs).call('POST', '/v1/document/rollback', body)));
    });

  program
    .command('resolve')
    .description('end a conflict of documents: what this node has stays, on all nodes')
    .action(async () =>
      output.print(formatApply(await client(applyMs).call('POST', '/v1/document/resolve'))),
    );

  program
    .command('history')
    .option('--json', 'as JSON')
    .description('the last versions of the services document')
    .action(async (options: { json?: boolean }) => {
      const { versions } = await client().call<{ versions: HistoryLine[] }>('GET', '/v1/document/history');
      output.print(options.json ? JSON.stringify(versions, null, 2) : formatHistory(versions));
    });
};
