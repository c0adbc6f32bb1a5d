/** Connects the election with what its driver listens to and talks to: the calls to etcd, keepalived's FIFO. */

import type { EtcdCall, EtcdCaller, EtcdTls } from '../election/etcd-state.js';
import type { ElectionEvent } from '../election/types.js';
import { createVrrpReader } from '../election/vrrp-lines.js';
import { RelevoError } from '../errors.js';
import type { NodeConfig } from '../model/node.js';
import type { GuardLoopPorts } from './guard-ports.js';

export interface GuardCoordination {
  /** Throws `bad-config` when the driver cannot work with what it was given. */
  start(): void;
  call(id: number, call: EtcdCall): void;
  renew(tls: EtcdTls): void;
  stop(): void;
}

export const createGuardCoordination = (
  ports: Pick<GuardLoopPorts, 'etcd' | 'fifo'>,
  node: NodeConfig,
  knownEtcd: string,
  handle: (event: ElectionEvent) => void,
): GuardCoordination => {
  const { coordination } = node;
  let caller: EtcdCaller | undefined;
  let stopFifo: (() => void) | undefined;
  const lacks = (what: string): RelevoError =>
    new RelevoError('internal', `this agent was built without ${what}`);
  return {
    start() {
      if (coordination?.driver === 'etcd') {
        if (!ports.etcd) throw lacks('etcd');
        caller = ports.etcd(coordination, node.cluster, knownEtcd, (id, answer) =>
          handle({ type: 'etcd', id, answer }),
        );
      }
      if (coordination?.driver === 'keepalived') {
        if (!ports.fifo) throw lacks('a FIFO');
        const reader = createVrrpReader(({ group, state }) => handle({ type: 'vrrp', group, state }));
        stopFifo = ports.fifo(coordination.fifo, {
          onText: reader.feed,
          onState: (text) => {
            if (text !== '') reader.forget();
            handle({ type: 'vrrp-source', text });
          },
        });
      }
    },
    call: (id, call) => caller?.call(id, call),
    renew: (tls) => caller?.renew(tls),
    stop() {
      caller?.close();
      stopFifo?.();
    },
  };
};
