/** Process: long-lived streams of checked bytes, and a thousand clients that ask who serves them. */

import { connect, type Socket } from 'node:net';
import { answerSeed, createByteSource, firstDifference } from '../lab/stream-bytes.js';
import type { BackendAnswers, StreamHistory } from './history.js';
import { askLimits } from './limit-probe-process.js';
import { nowMs, onCommands, say, sayLast, targetsGiven } from './probe-pipe-process.js';
import type { Endpoint } from './probe-targets.js';

const [streamCount = 12, firstSeed = 1] = process.argv.slice(3).map(Number);
const targets = targetsGiven();
const chunkBytes = 512;
const chunkIntervalMs = 20;
const askTogether = 40;
const askTimeoutMs = 2_500;

const startStream = (seed: number, { host, port }: Endpoint) => {
  let sentBytes = 0;
  let answeredBytes = 0;
  let error: string | null = null;
  let longestGapMs = 0;
  let waitingSinceMs: number | undefined;
  const outgoing = createByteSource(seed);
  const expected = createByteSource(answerSeed(seed));
  const socket: Socket = connect({ host, port, noDelay: true });
  const opened = new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  const noteGap = (): void => {
    if (waitingSinceMs !== undefined) longestGapMs = Math.max(longestGapMs, nowMs() - waitingSinceMs);
  };
  socket.once('connect', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(seed);
    socket.write(head);
  });
  socket.on('data', (chunk: Uint8Array) => {
    const wrong = firstDifference(chunk, expected.take(chunk.length));
    if (wrong >= 0) error ??= `wrong byte at ${answeredBytes + wrong}`;
    answeredBytes += chunk.length;
    noteGap();
    waitingSinceMs = answeredBytes < sentBytes ? nowMs() : undefined;
  });
  socket.on('error', (thrown: NodeJS.ErrnoException) => {
    error ??= thrown.code ?? thrown.message;
  });
  socket.on('close', () => {
    error ??= 'closed by the other side';
    clearInterval(timer);
  });
  const timer = setInterval(() => {
    // A stream that stalls does not pile up bytes without end.
    if (socket.connecting || sentBytes - answeredBytes > 256 * 1024) return;
    socket.write(outgoing.take(chunkBytes));
    sentBytes += chunkBytes;
    waitingSinceMs ??= nowMs();
  }, chunkIntervalMs);
  return {
    opened,
    /** Sends no more, gives the last answers time to come, and tells. */
    async finish(): Promise<StreamHistory> {
      clearInterval(timer);
      const untilMs = nowMs() + 5_000;
      while (answeredBytes < sentBytes && error === null && nowMs() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      noteGap();
      const history = { seed, sentBytes, answeredBytes, error, longestGapMs };
      socket.destroy();
      return history;
    },
  };
};

const ask = ({ host, port }: Endpoint, localAddress: string): Promise<string | null> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host, port, localAddress });
    const timer = setTimeout(() => socket.destroy(), askTimeoutMs);
    socket.setEncoding('latin1');
    socket.once('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(/x-backend: (\S+)/i.exec(answer)?.[1] ?? null);
    });
  });

const askAll = async (): Promise<BackendAnswers> => {
  const answers: Record<string, string | null> = {};
  const { persistence } = targets;
  if (!persistence) return answers;
  const waiting = [...persistence.from];
  const worker = async (): Promise<void> => {
    for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
      answers[address] = (await ask(persistence, address)) ?? (await ask(persistence, address));
    }
  };
  await Promise.all(Array.from({ length: askTogether }, worker));
  return answers;
};

const streams = Array.from({ length: targets.streams.length === 0 ? 0 : streamCount }, (_, index) =>
  startStream(firstSeed + index, targets.streams[index % targets.streams.length]!),
);
await Promise.all(streams.map((stream) => stream.opened));
say({ kind: 'ready' });

let asked = false;

onCommands((command) => {
  if (command === 'limits') {
    const first = !asked;
    asked = true;
    if (targets.limits)
      void askLimits(targets.limits, first).then((answers) => say({ kind: 'limits', answers }));
    else say({ kind: 'limits', answers: null });
    return;
  }
  if (command === 'ask') {
    void askAll().then((answers) => say({ kind: 'asked', answers }));
    return;
  }
  void Promise.all(streams.map((stream) => stream.finish())).then((histories) =>
    sayLast({ kind: 'streams', streams: histories }),
  );
});
