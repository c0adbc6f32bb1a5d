/** Starts the thread that talks to etcd, and again when it has died: the calls it took along fail by their deadline. */

import { readFileSync } from 'node:fs';
import type { EtcdAnswer, EtcdCall, EtcdCaller, EtcdTls } from '../election/etcd-state.js';
import { RelevoError } from '../errors.js';
import type { EtcdCoordination } from '../model/node.js';
import { openThread } from './threads.js';

export interface EtcdThreadData {
  readonly config: EtcdCoordination;
  readonly cluster: string;
  readonly tls: EtcdTls | undefined;
  /** Id of the etcd cluster; '': not known yet. */
  readonly known: string;
}
export type ToEtcd =
  | { readonly type: 'call'; readonly id: number; readonly call: EtcdCall }
  | { readonly type: 'renew'; readonly tls: EtcdTls }
  | { readonly type: 'close' };
export interface FromEtcd {
  readonly id: number;
  readonly answer: EtcdAnswer;
}

const againMs = 500;

const readPart = (part: string, file: string): Uint8Array => {
  try {
    return readFileSync(file);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw new RelevoError(
      'bad-config',
      `coordination.tls.${part}: cannot read ${file} (${code}): give a certificate that etcd knows, or tls: none for an etcd without`,
      { file },
      thrown,
    );
  }
};

/** Throws `bad-config` when one cannot be read. */
export const readEtcdTls = (files: NonNullable<EtcdCoordination['tls']>): EtcdTls => ({
  ca: readPart('ca', files.ca),
  cert: readPart('cert', files.cert),
  key: readPart('key', files.key),
});

/** Throws `bad-config` when a certificate cannot be read. */
export const startEtcdThread = (
  config: EtcdCoordination,
  cluster: string,
  knownCluster: string,
  onAnswer: (id: number, answer: EtcdAnswer) => void,
): EtcdCaller => {
  let tls = config.tls && readEtcdTls(config.tls);
  let isClosed = false;
  let known = knownCluster;
  let lastError = 'the thread that talks to etcd has died';
  const launch = () => {
    const worker = openThread(new URL('../etcd-worker.js', import.meta.url), {
      ...{ config, cluster, tls, known },
    });
    worker.on('message', ({ id, answer }: FromEtcd) => {
      if (known === '' && answer.ok) known = answer.cluster;
      onAnswer(id, answer);
    });
    worker.on('error', (error) => {
      lastError = `the thread that talks to etcd has died: ${error instanceof Error ? error.message : String(error)}`;
    });
    worker.on('exit', () => {
      current = undefined;
      if (isClosed) return;
      setTimeout(() => {
        if (!isClosed) current = launch();
      }, againMs);
    });
    return worker;
  };
  let current: ReturnType<typeof launch> | undefined = launch();
  return {
    call(id: number, call: EtcdCall): void {
      if (current) current.postMessage({ type: 'call', id, call } satisfies ToEtcd);
      else setImmediate(() => onAnswer(id, { ok: false, text: lastError }));
    },
    renew(fresh): void {
      tls = fresh;
      current?.postMessage({ type: 'renew', tls } satisfies ToEtcd);
    },
    close(): void {
      isClosed = true;
      current?.postMessage({ type: 'close' } satisfies ToEtcd);
    },
  };
};
