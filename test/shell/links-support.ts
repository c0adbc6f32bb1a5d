/** Links between nodes on loopback: who listens to them and writes down what happens. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Ipv4 } from '../../src/model/address.js';
import type { ClusterNode } from '../../src/model/node.js';
import type { PeerLink, PeerLinkListener } from '../../src/ports.js';

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export const folder = async (t: ExecutionContext): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'relevo-links-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
};

export class Recorder implements PeerLinkListener {
  readonly opened: PeerLink[] = [];
  readonly frames: string[] = [];
  readonly closed: string[] = [];
  readonly failures: string[] = [];
  #waiters: (() => void)[] = [];

  onOpen(link: PeerLink): void {
    this.opened.push(link);
    this.#changed();
  }
  onFrame(_: PeerLink, frame: Uint8Array): void {
    this.frames.push(frame.length < 100 ? Buffer.from(frame).toString() : `${frame.length} bytes`);
    this.#changed();
  }
  onDrain(): void {}
  onClose(_: PeerLink, reason: string): void {
    this.closed.push(reason);
    this.#changed();
  }
  onFailure(_: string | undefined, message: string): void {
    this.failures.push(message);
    this.#changed();
  }
  #changed(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
  /** Resolves when it holds; a test that never gets there fails by its timeout, with what was seen. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 5000;
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(`never came: ${JSON.stringify({ ...this, opened: undefined })}`);
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
        setTimeout(resolve, 100);
      });
    }
  }
}

export const node = (name: string, port: number): ClusterNode => ({
  name,
  heartbeat: [],
  sync: { address: '127.0.0.1' as Ipv4, port },
});
