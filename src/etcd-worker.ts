/** The thread that talks to etcd: its TLS and its parsing never hold up the guard. */

import { parentPort, workerData } from 'node:worker_threads';
import { createEtcdClient } from './shell/etcd-client.js';
import type { EtcdThreadData, FromEtcd, ToEtcd } from './shell/etcd-thread.js';
import { makePrompt } from './shell/realtime.js';

const { config, cluster, tls, known } = workerData as EtcdThreadData;
const port = parentPort!;
let client = createEtcdClient(config, cluster, tls, known);
let etcd = known;

// A claim waits for its answer, and has to be made within a lease.
makePrompt();

port.on('message', (message: ToEtcd) => {
  if (message.type === 'close') {
    client.close();
    port.close();
    return;
  }
  if (message.type === 'renew') {
    const before = client;
    client = createEtcdClient(config, cluster, message.tls, etcd);
    // By then each of its calls has been answered or has failed.
    setTimeout(() => before.close(), 2 * config.timeoutMs);
    return;
  }
  void client.call(message.call).then((answer) => {
    if (etcd === '' && answer.ok) etcd = answer.cluster;
    port.postMessage({ id: message.id, answer } satisfies FromEtcd);
  });
});
