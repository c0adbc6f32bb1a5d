/** An agent of the replication bench, seen from the bench: a process that is asked; and what a figure is. */

import { type ChildProcess, fork } from 'node:child_process';
import { engineFlags } from '../../src/shell/engine-flags.js';
import type { SyncBed } from '../../test/support/sync-bed.js';
import { compiled } from './compiled.js';
import type { AgentCommand, AgentStatus } from './replication-agent.js';

const profile = process.env.RELEVO_PROFILE;

export class Agent {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >();
  #next = 1;

  /** `farms`: how many services of four backends it has beside the one with sessions; or the services that it has instead. */
  constructor(
    bed: Pick<SyncBed, 'lb1' | 'lb2' | 'files'>,
    name: 'lb1' | 'lb2',
    farms: number | readonly object[] = 0,
  ) {
    const script = compiled('bench/support/replication-agent.ts');
    const namespace = name === 'lb1' ? bed.lb1 : bed.lb2;
    const files = JSON.stringify(bed.files);
    this.#child = fork(script, [name, namespace, files, JSON.stringify(farms)], {
      // RELEVO_PROFILE=folder: where each agent leaves a CPU profile.
      execArgv: [...engineFlags, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])],
    });
    this.#child.on('error', () => {});
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the agent ended with ${code}`));
    });
    this.#child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error));
      else waiting?.resolve(result);
    });
  }

  ask<T = void>(command: AgentCommand): Promise<T> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
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

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.ask({ kind: 'stop' }).catch(() => {});
      setTimeout(() => this.#child.kill('SIGKILL'), 3_000).unref();
    });
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly budget?: number;
  /** Whether more is better. */
  readonly more?: boolean;
}

export const round = (value: number): number => Number(value.toPrecision(4));
