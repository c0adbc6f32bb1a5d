/** Starts the thread that talks to etcd, and again when it has died: the calls it took along fail by their deadline. */

import { readFileSync } from 'node:fs';
import type { EtcdAnswer, EtcdCall } from '../election/etcd-state.js';
import { RelevoError } from '../errors.js';
import type { EtcdCoordination } from '../model/node.js';
import type { EtcdTls } from './etcd-client.js';
import { openThread } from './threads.js';

export interface EtcdThreadData {
  readonly config: EtcdCoordination;
  readonly cluster: string;
  readonly tls: EtcdTls | undefined;
}
export type ToEtcd =
  | { readonly type: 'call'; readonly id: number; readonly call: EtcdCall }
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

/** Throws `bad-config` when a certificate cannot be read. */
export const startEtcdThread = (
  config: EtcdCoordination,
  cluster: string,
  onAnswer: (id: number, answer: EtcdAnswer) => void,
) => {
  const { tls: files } = config;
  const tls = files && {
    ca: readPart('ca', files.ca),
    cert: readPart('cert', files.cert),
    key: readPart('key', files.key),
  };
  let isClosed = false;
  let lastError = 'the thread that talks to etcd has died';
  const launch = () => {
    const worker = openThread(new URL('../etcd-worker.js', import.meta.url), { config, cluster, tls });
    worker.on('message', ({ id, answer }: FromEtcd) => onAnswer(id, answer));
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
    close(): void {
      isClosed = true;
      current?.postMessage({ type: 'close' } satisfies ToEtcd);
    },
  };
};
