/** What happened and why: events of a node as they are and as they come, of all nodes, and the replay of recorded decisions. */

import type { Command } from 'commander';
import { Replay, type Replayed } from '../election/replay.js';
import type { Report } from '../election/types.js';
import { RelevoError } from '../errors.js';
import type { ClusterEvents, NodeEvent } from '../model/status.js';
import type { ControlClient } from '../shell/control-socket.js';
import { readLines } from '../shell/lines-of-file.js';
import type { Output } from './client-commands.js';
import { formatDuration, formatTable } from './table.js';

const timesText = ({ times }: { readonly times?: number }): string => (times ? ` (${times} times)` : '');

export const formatEvent = (event: NodeEvent): string =>
  `${event.time}  ${event.kind.padEnd(12)} ${event.message}${timesText(event)}`;

const formatLine = (line: string): string => {
  const event = JSON.parse(line) as NodeEvent | { readonly kind: 'lost'; readonly lost: number };
  return 'lost' in event
    ? `… ${event.lost} events were left out: this reader is too slow`
    : formatEvent(event);
};

export const formatTimeline = ({ nodes, events }: ClusterEvents): string => {
  const lines = formatTable(
    ['time', 'node', '±', 'kind', 'what'],
    events.map((event) => [
      event.time,
      event.node,
      event.uncertainMs === 0 ? '' : `${event.uncertainMs.toFixed(1)} ms`,
      event.kind,
      `${event.message}${timesText(event)}`,
    ]),
  );
  const notes = nodes.flatMap((one) => [
    ...(one.ok ? [] : [`${one.node}: ${one.reason}`]),
    ...(one.wallAheadMs === undefined
      ? []
      : [
          `${one.node}: its time of day is ${formatDuration(Math.abs(one.wallAheadMs))} ${one.wallAheadMs > 0 ? 'ahead' : 'behind'}; the times above are by this node`,
        ]),
  ]);
  return [lines, ...notes].join('\n');
};

const reportText = (report: Report): string => {
  switch (report.kind) {
    case 'role':
      return `${report.group}: ${report.from} → ${report.to}, epoch ${report.epoch}: ${report.reason}`;
    case 'peer':
      return `${report.peer} ${report.alive ? 'is heard' : 'is silent'}: ${report.reason}`;
    case 'waiting':
      return `${report.group} waits: ${report.reason}`;
    case 'claim-failed':
      return `${report.group}: the claim for epoch ${report.epoch} failed: ${report.reason}`;
  }
};

const shortly = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text);

export const formatReplay = (replayed: Replayed): string => {
  const { story, differences, steps, checkpoints, skipped, dropped, unreadable, firstMs, lastMs } = replayed;
  const spanMs = (lastMs ?? 0) - (firstMs ?? 0);
  return [
    ...story.map(({ atMs, report }) => `${atMs.toFixed(1).padStart(14)} ms  ${reportText(report)}`),
    `${replayed.node || 'no node'}: ${steps} decisions over ${formatDuration(spanMs)}, ${checkpoints} checkpoints`,
    ...(skipped > 0 ? [`${skipped} decisions before a checkpoint cannot be judged`] : []),
    ...(dropped > 0 ? [`${dropped} decisions were lost where they were made`] : []),
    ...(unreadable > 0 ? [`${unreadable} lines cannot be read`] : []),
    ...differences.flatMap((one) => [
      `DIFFERENT in line ${one.line}, at ${one.atMs.toFixed(1)} ms: ${one.what}`,
      `  event    ${shortly(one.event)}`,
      `  recorded ${shortly(one.recorded)}`,
      `  now      ${shortly(one.replayed)}`,
    ]),
    differences.length > 0 ? 'this program decides differently' : 'every decision is the same',
  ].join('\n');
};

export const addEventCommands = (
  program: Command,
  client: (timeoutMs?: number) => ControlClient,
  output: Output,
): void => {
  program
    .command('events')
    .option('--json', 'as JSON lines')
    .option('-f, --follow', 'and what happens from now on, until interrupted')
    .option('--cluster', 'of all nodes, merged by their monotonic clocks; ± is how far off a place may be')
    .description('the last things that happened on this node, with their reasons')
    .action(async (options: { json?: boolean; follow?: boolean; cluster?: boolean }) => {
      if (options.follow && options.cluster) {
        throw new RelevoError('bad-request', 'events: either --follow or --cluster');
      }
      if (options.follow) {
        const show = options.json ? output.print : (line: string) => output.print(formatLine(line));
        await client().follow('/v1/events/follow', show);
        return;
      }
      if (options.cluster) {
        const timeline = await client().call<ClusterEvents>('GET', '/v1/events/cluster');
        const lines = [...timeline.nodes, ...timeline.events].map((one) => JSON.stringify(one));
        output.print(options.json ? lines.join('\n') : formatTimeline(timeline));
        if (timeline.nodes.some(({ ok }) => !ok)) output.fail();
        return;
      }
      const { events } = await client().call<{ events: NodeEvent[] }>('GET', '/v1/events');
      output.print(
        events.map((event) => (options.json ? JSON.stringify(event) : formatEvent(event))).join('\n'),
      );
    });

  program
    .command('replay')
    .argument('<file...>', 'recorded decisions (stateDir/decisions/*.jsonl, *.jsonl.gz), oldest first')
    .option('--json', 'as JSON')
    .description(
      'run the election over recorded decisions: is each decided the same now? Exit status 1 if not',
    )
    .action(async (files: string[], options: { json?: boolean }) => {
      const replay = new Replay();
      for (const file of files) await readLines(file, (line) => replay.line(line));
      const replayed = replay.result();
      output.print(options.json ? JSON.stringify(replayed, null, 2) : formatReplay(replayed));
      if (replayed.differences.length > 0 || replayed.steps === 0) output.fail();
    });
};
