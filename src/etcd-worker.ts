/** The thread that talks to etcd: its TLS and its parsing never hold up the guard. */

import { parentPort, workerData } from 'node:worker_threads';
import { createEtcdClient } from './shell/etcd-client.js';
import type { EtcdThreadData, FromEtcd, ToEtcd } from './shell/etcd-thread.js';

const { config, cluster, tls } = workerData as EtcdThreadData;
const port = parentPort!;
const client = createEtcdClient(config, cluster, tls);

port.on('message', (message: ToEtcd) => {
  if (message.type === 'close') {
    client.close();
    port.close();
    return;
  }
  void client
    .call(message.call)
    .then((answer) => port.postMessage({ id: message.id, answer } satisfies FromEtcd));
});
