/** The commands that ask a running agent: apply, diff, status, sessions, backend, handover, sync, events. */

import type { Command } from 'commander';
import { RelevoError } from '../errors.js';
import type { Session } from '../model/persistence.js';
import type { ApplyResult, HandoverResult, NodeStatus, ServiceCounters } from '../model/status.js';
import { type ControlClient, createControlClient } from '../shell/control-socket.js';
import { readInput } from '../shell/input.js';
import { addDocumentCommands, formatApply } from './document-commands.js';
import { addEventCommands } from './event-commands.js';
import { formatStatus } from './status-text.js';
import { addSyncCommands } from './sync-commands.js';
import { formatDuration, formatTable } from './table.js';

export interface Output {
  print(text: string): void;
  fail(): void;
}

const defaultSocket = '/run/relevo/relevo.sock';
const document = (text: string) => ({ type: 'text/plain', text });
const json = (value: unknown) => ({ type: 'application/json', text: JSON.stringify(value) });
const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

const formatSessions = (sessions: readonly Session[]): string =>
  formatTable(
    ['client', 'service', 'backend', 'left', 'lifetime'],
    sessions.map(({ client, service, backend, remainingMs, ttlMs }) => [
      client.join(' . '),
      service,
      backend,
      formatDuration(remainingMs),
      formatDuration(ttlMs),
    ]),
  );

const formatCounters = (counters: readonly ServiceCounters[]): string =>
  formatTable(
    ['service', 'backend', 'packets in', 'bytes in', 'packets out', 'bytes out'],
    counters.flatMap(({ service, backends, ...all }) => [
      [service, '(all)', all.packetsIn, all.bytesIn, all.packetsOut, all.bytesOut],
      ...backends.map((one) => [
        service,
        one.backend,
        one.packetsIn,
        one.bytesIn,
        one.packetsOut,
        one.bytesOut,
      ]),
    ]),
  );

const formatHandover = (group: string, result: HandoverResult): string =>
  result.ok
    ? `${group} moved within ${formatDuration(result.tookMs)}`
    : `${group} did not move: ${result.reason}`;

export const addClientCommands = (
  program: Command,
  environment: Readonly<Record<string, string | undefined>>,
  output: Output,
): void => {
  const client = (timeoutMs?: number): ControlClient => {
    const { socket } = program.opts<{ socket?: string }>();
    return createControlClient(socket ?? environment.RELEVO_SOCKET ?? defaultSocket, timeoutMs);
  };
  program.option(
    '--socket <path>',
    `control socket of the agent (or RELEVO_SOCKET; default ${defaultSocket})`,
  );

  addDocumentCommands(program, client, output);

  program
    .command('diff')
    .argument('<file>', 'services document, JSON or YAML; - reads standard input')
    .description('show as nft text what applying a document would change on the running agent')
    .action(async (file: string) => {
      const text = await readInput(file);
      const result = await client().call<ApplyResult>('PUT', '/v1/services?dryRun=true', document(text));
      output.print(result.text ? result.text.trimEnd() : formatApply(result));
    });

  program
    .command('services')
    .description('print the services document in force (nftlb JSON)')
    .action(async () => output.print(pretty(await client().call('GET', '/v1/services'))));

  program
    .command('backend')
    .argument('<service>')
    .argument('<backend>')
    .argument('<state>', 'up, down (failed), off (maintenance) or drain (as off, what is left is counted)')
    .description('set the state of one backend')
    .action(async (service: string, backend: string, state: string) => {
      const path = `/v1/services/${encodeURIComponent(service)}/backends/${encodeURIComponent(backend)}`;
      await client().call('POST', path, json({ state }));
      output.print(`${service}/${backend} is ${state}`);
    });

  program
    .command('status')
    .option('--json', 'as JSON')
    .description('nodes, groups, who is active and why, replication, conntrackd')
    .action(async (options: { json?: boolean }) => {
      const status = await client().call<NodeStatus>('GET', '/v1/status');
      output.print(options.json ? pretty(status) : formatStatus(status));
    });

  program
    .command('sessions')
    .argument('[service]', 'only those of one service')
    .option('--json', 'as JSON')
    .description('list persistence entries in the kernel')
    .action(async (service: string | undefined, options: { json?: boolean }) => {
      const query = service === undefined ? '' : `?service=${encodeURIComponent(service)}`;
      const { sessions } = await client().call<{ sessions: Session[] }>('GET', `/v1/sessions${query}`);
      output.print(options.json ? pretty(sessions) : formatSessions(sessions));
    });

  program
    .command('counters')
    .argument('[service]', 'only those of one service')
    .option('--json', 'as JSON')
    .description('packets and bytes that services and their backends have carried')
    .action(async (service: string | undefined, options: { json?: boolean }) => {
      const query = service === undefined ? '' : `?service=${encodeURIComponent(service)}`;
      const path = `/v1/counters${query}`;
      const { counters } = await client().call<{ counters: ServiceCounters[] }>('GET', path);
      output.print(options.json ? pretty(counters) : formatCounters(counters));
    });

  program
    .command('handover')
    .argument('[group]')
    .option('--to <node>', 'the node that takes over (default: the readiest other one)')
    .option('--all', 'every group that is active on this node')
    .description('planned, lossless move of a group of addresses; run it on any node')
    .action(async (group: string | undefined, { all, ...options }: { to?: string; all?: boolean }) => {
      if ((group === undefined) === !all) {
        throw new RelevoError(
          'bad-request',
          'handover: name one group, or give --all for those of this node',
        );
      }
      if (group === undefined) {
        const { groups } = await client().call<{ groups: Record<string, HandoverResult> }>(
          'POST',
          '/v1/node/handover',
          json(options),
        );
        const lines = Object.entries(groups).map(([name, result]) => formatHandover(name, result));
        output.print(lines.join('\n') || 'no group is active on this node');
        return Object.values(groups).every(({ ok }) => ok) ? undefined : output.fail();
      }
      const path = `/v1/groups/${encodeURIComponent(group)}/handover`;
      const result = await client().call<HandoverResult>('POST', path, json(options));
      output.print(formatHandover(group, result));
      return result.ok ? undefined : output.fail();
    });

  program
    .command('maintenance')
    .argument('<state>', 'on or off')
    .option('--node <node>', 'another node than this one')
    .option('--group <group>', 'only this group, not all of the node')
    .description('a node in maintenance hands over and takes nothing; survives restarts')
    .action(async (state: string, options: { node?: string; group?: string }) => {
      if (state !== 'on' && state !== 'off') {
        throw new RelevoError('bad-request', `maintenance: '${state}' is neither on nor off`);
      }
      await client().call('POST', '/v1/maintenance', json({ ...options, on: state === 'on' }));
      const what = options.group === undefined ? '' : ` for ${options.group}`;
      output.print(`maintenance of ${options.node ?? 'this node'}${what} is ${state}`);
    });

  addEventCommands(program, client, output);

  addSyncCommands(program, client, output);
};
