/**
 * A process between two nodes that forwards bytes of TCP and does to them what networks do: it withholds them while the sockets
 * stay (a half-open link), delays them, cuts them into slices, and ends a process when so many bytes have passed.
 *
 *   byte-proxy <listen address> <listen port> <target address> <target port>
 *
 * `forward` is from whoever dials to whoever is dialled.
 */

import { connect, createServer, type Socket } from 'node:net';

export type ProxyCommand =
  | { readonly kind: 'behave'; readonly behaviour: ProxyBehaviour }
  /** After so many more bytes forward: not one byte beyond them, and SIGKILL for a process. Answers when that is done. */
  | { readonly kind: 'kill-after'; readonly bytes: number; readonly pid: number }
  /** Closes what is connected. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'counts' };

/** What is left out is as a good cable has it. */
export interface ProxyBehaviour {
  readonly hold?: 'forward' | 'both';
  readonly delayMs?: number;
  /** Bytes in a write, each of which is a segment of its own. */
  readonly sliceBytes?: number;
}

export interface ProxyCounts {
  readonly forward: number;
  readonly backward: number;
  readonly connections: number;
  readonly writes: number;
}

type Direction = 'forward' | 'backward';

/** Bytes of one direction of one connection that wait here; beyond it nothing more is read. */
const mostWaiting = 1024 * 1024;

const [listenAddress = '', listenPort = '', address = '', port = ''] = process.argv.slice(2);
let behaviour: ProxyBehaviour = {};
let killing: { left: number; readonly pid: number; readonly done: () => void } | undefined;
const counts = { forward: 0, backward: 0, connections: 0, writes: 0 };
const pipes = new Set<Pipe>();

class Pipe {
  readonly #waiting: { bytes: Buffer; readonly dueAtMs: number }[] = [];
  #size = 0;
  #busy = false;
  #ended = false;
  /** The socket takes nothing more for now. */
  #full = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly direction: Direction,
  ) {
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => {
      this.#waiting.push({ bytes, dueAtMs: performance.now() + (behaviour.delayMs ?? 0) });
      this.#size += bytes.length;
      if (this.#size > mostWaiting) from.pause();
      this.run();
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#ended = true;
      this.#full = false;
      this.run();
    });
    pipes.add(this);
  }

  close(): void {
    this.from.destroy();
    this.to.destroy();
    pipes.delete(this);
  }

  run(): void {
    if (this.#busy || this.#full) return;
    this.#busy = true;
    setImmediate(() => {
      this.#busy = false;
      this.#turn();
    });
  }

  #turn(): void {
    // A half-open link does not tell either end that the other has gone.
    if (behaviour.hold === 'both' || behaviour.hold === this.direction) return;
    const first = this.#waiting[0];
    if (!first) {
      if (this.#ended) this.close();
      return;
    }
    const waitMs = first.dueAtMs - performance.now();
    if (waitMs > 0) {
      setTimeout(() => this.run(), Math.ceil(waitMs));
      return;
    }
    const limit = Math.min(behaviour.sliceBytes ?? first.bytes.length, this.#allowed());
    if (limit === 0) return;
    const slice = first.bytes.subarray(0, limit);
    first.bytes = first.bytes.subarray(limit);
    if (first.bytes.length === 0) this.#waiting.shift();
    this.#size -= slice.length;
    counts[this.direction] += slice.length;
    counts.writes++;
    if (this.#size <= mostWaiting) this.from.resume();
    const more = this.to.write(slice);
    this.#countDown(slice.length);
    if (more) this.run();
    else {
      this.#full = true;
      this.to.once('drain', () => {
        this.#full = false;
        this.run();
      });
    }
  }

  #allowed(): number {
    return killing && this.direction === 'forward' ? killing.left : Number.POSITIVE_INFINITY;
  }

  #countDown(bytes: number): void {
    if (!killing || this.direction !== 'forward') return;
    killing.left -= bytes;
    if (killing.left > 0) return;
    const { pid, done } = killing;
    // What was let through is in its hands, and has had time to reach its kernel.
    setTimeout(() => {
      process.kill(pid, 'SIGKILL');
      killing = undefined;
      // What waits here never left its machine.
      for (const pipe of pipes) pipe.close();
      done();
    }, 300);
  }
}

const perform = (command: ProxyCommand): unknown => {
  switch (command.kind) {
    case 'behave':
      behaviour = command.behaviour;
      for (const pipe of pipes) pipe.run();
      return undefined;
    case 'kill-after':
      return new Promise<void>((done) => {
        killing = { left: command.bytes, pid: command.pid, done };
      });
    case 'reset':
      for (const pipe of pipes) pipe.close();
      return undefined;
    case 'counts':
      return { ...counts };
  }
};

const server = createServer((dialling) => {
  counts.connections++;
  const dialled = connect(Number(port), address);
  dialled.setNoDelay(true);
  new Pipe(dialling, dialled, 'forward');
  new Pipe(dialled, dialling, 'backward');
});
server.listen(Number(listenPort), listenAddress, () => process.send?.({ id: 0 }));

process.on('message', async ({ id, command }: { id: number; command: ProxyCommand }) => {
  process.send?.({ id, result: await perform(command) });
});
process.on('disconnect', () => process.exit());
