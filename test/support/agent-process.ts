/** A node with replication in a process of its own (`replication-agent.ts`), seen from the test or bench that asks it. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { ProxyCommand } from './byte-proxy.js';
import type { AgentCommand, AgentStatus } from './replication-agent.js';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** `[program, argument…]`, with a channel for messages. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #ended: Promise<void>;
  #next = 1;

  constructor([program = '', ...args]: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code) => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`the agent ended with ${code}`));
        this.#waiting.clear();
        resolve();
      });
    });
    this.#child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error));
      else waiting?.resolve(result);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  ask<T = void>(command: AgentCommand | ProxyCommand): Promise<T> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error('the agent has ended'));
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#child.send({ id, command });
    });
  }

  status(): Promise<AgentStatus> {
    return this.ask<AgentStatus>({ kind: 'status' });
  }

  async until(condition: (status: AgentStatus) => boolean, timeoutMs = 30_000): Promise<AgentStatus> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const status = await this.status();
      if (condition(status) || performance.now() > deadline) return status;
      await pause(20);
    }
  }

  /** As a power cut: nothing is said to anybody. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.ask({ kind: 'stop' }).catch(() => {});
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await this.#ended;
    clearTimeout(timer);
  }
}
