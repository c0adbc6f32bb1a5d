/**
 * Calls to etcd 3.4, each on its own and with a deadline: no call waits for another, and there is no watch. One client per member; the one
 * that answered last is asked until it fails, or turns out to be of another cluster than the one known.
 */

import { Etcd3, type IOptions } from 'etcd3';
import type { EtcdAnswer, EtcdCall, EtcdKey, EtcdTls } from '../election/etcd-state.js';
import type { EtcdCoordination } from '../model/node.js';

export interface EtcdClient {
  call(call: EtcdCall): Promise<EtcdAnswer>;
  close(): void;
}

/** The client's own repetition would make a swap that worked look like one that failed. */
const once = { execute: (action: (context: unknown) => unknown) => action({}) } as never;

const errorText = (thrown: unknown): string => {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (/deadline/i.test(text)) return 'no answer in time';
  // OpenSSL's words, of either side's refusal.
  if (/certificate|altname|unknown ca|tlsv1 alert|ssl alert|self.signed/i.test(text)) {
    return `certificate refused (${text.slice(0, 160)}): give coordination.tls the authority of etcd and a certificate that is issued by the one that etcd accepts, for clients, and has not run out`;
  }
  if (/UNAVAILABLE|ECONN|No connection/i.test(text)) return `cannot be reached: ${text.slice(0, 160)}`;
  return text.slice(0, 200);
};

interface Head {
  readonly cluster_id: string;
  readonly raft_term: string;
  readonly revision: string;
}

export const createEtcdClient = (
  config: Pick<EtcdCoordination, 'endpoints' | 'timeoutMs'>,
  cluster: string,
  tls: EtcdTls | undefined,
  /** Id of the etcd cluster, '': the first that answers. */
  knownCluster = '',
): EtcdClient => {
  const prefix = `/relevo/${cluster}/`;
  const options = (host: string): IOptions => ({
    hosts: `${tls ? 'https' : 'http'}://${host}`,
    ...(tls && {
      credentials: {
        rootCertificate: Buffer.from(tls.ca),
        certChain: Buffer.from(tls.cert),
        privateKey: Buffer.from(tls.key),
      },
    }),
    faultHandling: { global: once, host: () => once },
    // A member that was away is tried again soon.
    grpcOptions: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 },
  });
  const clients = config.endpoints.map(({ address, port }) => new Etcd3(options(`${address}:${port}`)));
  let current = 0;
  let known = knownCluster;
  /** Calls that failed together move on once. */
  const moveOn = (via: number): void => {
    if (current === via) current = (via + 1) % clients.length;
  };
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
  const keyOf = (found: { key: Buffer; value: Buffer; mod_revision: string }): EtcdKey => ({
    key: text(found.key).slice(prefix.length),
    value: text(found.value),
    rev: Number(found.mod_revision),
  });

  const keepAlive = async (
    client: Etcd3,
    lease: string,
    deadline: number,
  ): Promise<{ head: Head; ttlMs: number }> => {
    const stream = await client.leaseClient.leaseKeepAlive({ deadline });
    try {
      return await new Promise((resolve, reject) => {
        stream.on('data', ({ header, TTL }) => resolve({ head: header, ttlMs: Number(TTL) * 1000 }));
        stream.on('error', reject);
        stream.on('end', () => reject(new Error('the stream has ended')));
        stream.write({ ID: lease });
      });
    } finally {
      // What comes after is of no interest, and must not be thrown.
      stream.on('error', () => undefined);
      stream.end();
    }
  };

  const compared = (key: Buffer, expect: number) =>
    expect === 0
      ? ({ key, target: 'Create', result: 'Equal', create_revision: '0' } as const)
      : ({ key, target: 'Mod', result: 'Equal', mod_revision: String(expect) } as const);

  const swap = async (client: Etcd3, call: EtcdCall & { op: 'put' | 'delete' }, deadline: number) => {
    const key = Buffer.from(prefix + call.key);
    const epoch = call.op === 'put' ? call.epoch : undefined;
    const also = epoch && Buffer.from(prefix + epoch.key);
    const success =
      call.op === 'delete'
        ? { request_delete_range: { key } }
        : {
            request_put: { key, value: Buffer.from(call.value), lease: call.lease === '' ? '0' : call.lease },
          };
    const answer = await client.kv.txn(
      {
        compare: [compared(key, call.expect), ...(epoch && also ? [compared(also, epoch.expect)] : [])],
        success: [
          success,
          ...(epoch && also
            ? [{ request_put: { key: also, value: Buffer.from(epoch.value), lease: '0' } }]
            : []),
        ],
        failure: [key, ...(also ? [also] : [])].map((one) => ({ request_range: { key: one } })),
      },
      { deadline },
    );
    const keys = answer.succeeded
      ? []
      : answer.responses.flatMap(({ response_range: range }) => (range?.kvs ?? []).map(keyOf));
    return { head: answer.header, swapped: answer.succeeded, keys };
  };

  const carryOut = async (client: Etcd3, call: EtcdCall, deadline: number) => {
    switch (call.op) {
      case 'grant': {
        const { header, ID, TTL } = await client.leaseClient.leaseGrant(
          { TTL: String(Math.round(call.ttlMs / 1000)), ID: '0' },
          { deadline },
        );
        return { head: header, lease: ID, ttlMs: Number(TTL) * 1000 };
      }
      case 'keep':
        return keepAlive(client, call.lease, deadline);
      case 'read': {
        const key = Buffer.from(prefix);
        const end = Buffer.from(`${prefix.slice(0, -1)}0`);
        const { header, kvs } = await client.kv.range(
          { key, range_end: end, serializable: false },
          { deadline },
        );
        return { head: header, keys: kvs.map(keyOf) };
      }
      case 'put':
      case 'delete':
        return swap(client, call, deadline);
    }
  };

  return {
    async call(call) {
      const via = current;
      try {
        const { head, ...rest } = await carryOut(clients[via]!, call, Date.now() + config.timeoutMs);
        const { raft_term: term, cluster_id: id, revision } = head;
        const answered = BigInt(id).toString(16);
        if (known === '') known = answered;
        if (answered !== known) moveOn(via);
        return { ok: true, via, term, cluster: answered, rev: Number(revision), ...rest };
      } catch (thrown) {
        moveOn(via);
        const { address, port } = config.endpoints[via]!;
        return { ok: false, text: `${address}:${port}: ${errorText(thrown)}` };
      }
    },
    close() {
      for (const client of clients) client.close();
    },
  };
};
