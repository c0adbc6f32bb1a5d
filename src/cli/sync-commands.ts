/** `relevo sync`: what is replicated, who has it, what it costs, and whether all nodes agree. */

import type { Command } from 'commander';
import type { GeneralEntry, PersistenceEntry } from '../model/persistence.js';
import type { NodeStatus, SyncChange, SyncEntry, VerifyResult } from '../model/status.js';
import type { ControlClient } from '../shell/control-socket.js';
import type { Output } from './client-commands.js';
import { formatSyncStatus } from './status-text.js';
import { formatDuration, formatTable } from './table.js';

/** Every node reads its kernel's map twice if something differs, and a large one takes long. */
const verifyMs = 900_000;

type Plain = PersistenceEntry & { readonly service?: string };
type Any = Plain | GeneralEntry;

const isGeneral = (entry: Any): entry is GeneralEntry => 'kind' in entry;

const formatPlain = (entries: readonly Plain[]): string =>
  formatTable(
    ['client', 'service', 'backend', 'left', 'lifetime'],
    entries.map((entry) => [
      entry.client,
      `${entry.service ?? '(unknown)'} ${entry.protocol} ${entry.address}:${entry.port}`,
      `${entry.backendAddress}:${entry.backendPort}`,
      formatDuration(entry.remainingMs),
      formatDuration(entry.ttlMs),
    ]),
  );

const formatGeneral = (entries: readonly GeneralEntry[]): string =>
  formatTable(
    ['client', 'service', 'kind', 'backend', 'left', 'lifetime'],
    entries.map((entry) => [
      entry.client.join(' '),
      entry.service,
      entry.kind,
      entry.backendAddress === undefined
        ? ''
        : `${entry.backendAddress}${entry.backendPort === 0 ? '' : ` port ${entry.backendPort}`}`,
      formatDuration(entry.remainingMs),
      formatDuration(entry.ttlMs),
    ]),
  );

const clientsOf = ({ client }: Any): readonly string[] => (typeof client === 'string' ? [client] : client);
const backendOf = ({ backendAddress, backendPort }: Any): string =>
  backendAddress === undefined ? '' : `${backendAddress}${backendPort === 0 ? '' : `:${backendPort}`}`;
const serviceOf = (entry: Any): string =>
  isGeneral(entry) ? entry.service : `${entry.service ?? `${entry.address}:${entry.port}`}`;

interface Filter {
  readonly client?: string;
  readonly service?: string;
  readonly backend?: string;
}

/** `backend`: an address, with its port or without. */
const matches =
  ({ client, service, backend }: Filter) =>
  (entry: Any): boolean =>
    (client === undefined || clientsOf(entry).includes(client)) &&
    (service === undefined || serviceOf(entry) === service) &&
    (backend === undefined || entry.backendAddress === backend || backendOf(entry) === backend);

const formatAll = (entries: readonly Any[]): string => {
  const plain = entries.filter((entry): entry is Plain => !isGeneral(entry));
  const general = entries.filter(isGeneral);
  return [
    ...(plain.length > 0 || general.length === 0 ? [formatPlain(plain)] : []),
    ...(general.length > 0 ? [formatGeneral(general)] : []),
  ].join('\n');
};

const formatSeen = (seen: readonly SyncEntry[]): string =>
  formatTable(
    ['service', 'backend', 'left', 'lifetime', 'group', 'epoch', 'word of', 'here', 'confirmed by'],
    seen.map(({ entry, group, epoch, own, inKernel, confirmedBy }) => [
      isGeneral(entry) ? `${entry.service} (${entry.kind})` : serviceOf(entry),
      backendOf(entry),
      formatDuration(entry.remainingMs),
      formatDuration(entry.ttlMs),
      group,
      epoch,
      own ? 'this node' : 'a peer',
      inKernel ? 'in the kernel' : 'NOT in the kernel',
      own ? confirmedBy.join(' ') || 'NOBODY' : '-',
    ]),
  );

const formatChange = (change: SyncChange | { readonly lost: number }): string => {
  if ('lost' in change) return `… ${change.lost} changes were left out: this reader is too slow`;
  const { what, own, entry } = change;
  const where = what === 'removed' || what === 'expired' ? 'from' : 'to';
  return [
    what.padEnd(9),
    own ? 'here   ' : 'by peer',
    `${clientsOf(entry).join(' ')} ${where} ${backendOf(entry) || 'nowhere: banned'}`,
    serviceOf(entry),
    formatDuration(entry.remainingMs),
  ].join('  ');
};

export const addSyncCommands = (
  program: Command,
  client: (timeoutMs?: number) => ControlClient,
  output: Output,
): void => {
  const pretty = (value: unknown): string => JSON.stringify(value, null, 2);
  const sync = program.command('sync').description('replication of persistence, flows and bans');
  sync
    .command('status')
    .option('--json', 'as JSON')
    .description('peers, confirmed entries, lag, and what it costs')
    .action(async (options: { json?: boolean }) => {
      const { replication } = await client().call<NodeStatus>('GET', '/v1/status');
      output.print(options.json ? pretty(replication) : formatSyncStatus(replication));
    });
  sync
    .command('dump')
    .option('--client <address>', 'of one client')
    .option('--service <name>', 'of one service')
    .option('--backend <address[:port]>', 'of one backend')
    .option('--json', 'as JSON')
    .description('entries of the replica')
    .action(async ({ json, ...filter }: Filter & { json?: boolean }) => {
      const { entries, general } = await client(60_000).call<{
        entries: Plain[];
        general: GeneralEntry[];
      }>('GET', '/v1/sync/dump');
      const wanted = [...entries, ...general].filter(matches(filter));
      output.print(json ? pretty(wanted) : formatAll(wanted));
    });
  sync
    .command('show')
    .argument('<client>', 'its address')
    .option('--json', 'as JSON')
    .description(
      'where a client goes, whose word that is, and which peers have it; exit status 1 when it is unknown',
    )
    .action(async (address: string, options: { json?: boolean }) => {
      const path = `/v1/sync/show?client=${encodeURIComponent(address)}`;
      const { entries } = await client().call<{ entries: SyncEntry[] }>('GET', path);
      if (options.json) output.print(pretty(entries));
      else
        output.print(
          entries.length > 0 ? formatSeen(entries) : `${address} is not remembered by any service`,
        );
      if (entries.length === 0) output.fail();
    });
  sync
    .command('watch')
    .option('--client <address>', 'of one client')
    .option('--service <name>', 'of one service')
    .option('--backend <address[:port]>', 'of one backend')
    .option('--json', 'as JSON lines')
    .description('changes of entries as they happen, until interrupted')
    .action(async ({ json, ...filter }: Filter & { json?: boolean }) => {
      const wanted = matches(filter);
      await client().follow('/v1/sync/watch', (line) => {
        const change = JSON.parse(line) as SyncChange | { readonly lost: number };
        if (!('lost' in change) && !wanted(change.entry)) return;
        output.print(json ? line : formatChange(change));
      });
    });
  sync
    .command('verify')
    .option('--json', 'as JSON')
    .description('compare the kernels of all nodes, entry by entry; exit status 1 when something differs')
    .action(async (options: { json?: boolean }) => {
      const result = await client(verifyMs).call<VerifyResult>('POST', '/v1/sync/verify');
      if (options.json) output.print(pretty(result));
      else output.print([...result.lines, result.consistent ? 'consistent' : 'DIFFERENT'].join('\n'));
      if (!result.consistent) output.fail();
    });
};
