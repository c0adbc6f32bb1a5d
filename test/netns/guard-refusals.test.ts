import test from 'ava';
import {
  after,
  becomes,
  createGuardCluster,
  floating,
  type GuardCluster,
  type Runner,
  type Said,
} from './guard-cluster.js';

let cluster: GuardCluster;
let lb1: Runner;
let lb2: Runner | undefined;
let witness: Runner;

test.before(async () => {
  cluster = createGuardCluster();
  witness = await cluster.startWitness();
  lb1 = await cluster.startNode('lb1');
  await lb1.hears(becomes('active'), 'lb1 active');
});

test.after.always(() => cluster?.dispose());

test.afterEach.always((t) => {
  if (t.passed) return;
  for (const one of [lb1, lb2]) {
    const lines = one?.said.filter(({ event }) => event).slice(-20) ?? [];
    t.log(...lines.map(({ atMs, event }) => `\n${atMs.toFixed(0)} ${JSON.stringify(event)}`));
  }
});

const refusal =
  (code: string) =>
  (said: Said): boolean =>
    said.event?.kind === 'refused' && said.event.code === code;

const end = async (runner: Runner): Promise<void> => {
  const from = runner.said.length;
  runner.order({ order: 'stop' });
  await runner.hears((said) => said.stopped !== undefined, 'stop', from);
};

test.serial('another key: refused by node and witness, named, and never an owner', async (t) => {
  const stranger = await cluster.startNode('lb2', {}, 'another secret');
  const { event } = await lb1.hears(refusal('forged'), 'forged');
  t.regex(String(event?.detail), /says it is lb2; another key/);
  t.regex(String(event?.from), /^10\.9\.[01]\.12:5300$/);
  const told = await witness.hears((said) => said.code === 'forged', 'the witness refuses too');
  t.is(told.message, 'datagram refused');
  await stranger.hears((said) => said.event?.kind === 'claim-failed', 'no majority for the stranger');
  t.false(stranger.said.some(becomes('active')));
  await end(stranger);
});

test.serial('another cluster on the same network: named', async (t) => {
  const stranger = await cluster.startNode('lb2', { cluster: 'other' });
  const { event } = await lb1.hears(refusal('foreign-cluster'), 'foreign cluster');
  t.is(event?.detail, 'lb2 of cluster other, not test');
  await end(stranger);
});

test.serial(
  'a second process with the name of a living node: refused, named, the owner undisturbed',
  async (t) => {
    const lb2 = await cluster.startNode('lb2');
    await lb2.hears(
      (said) => said.event?.kind === 'waiting' && said.event.reason === 'lb1 is active',
      'standby',
    );
    const from = lb1.said.length;
    const swapped = cluster.config('lb1');
    // The impostor sits on the witness's machine, calls itself lb1, and listens there.
    const nodes = swapped.nodes.map((node) =>
      node.name === 'lb1'
        ? { ...node, heartbeat: [{ ...node.heartbeat[1]!, address: '10.9.0.20' as never, port: 5399 }] }
        : { ...node, heartbeat: [node.heartbeat[1]!] },
    );
    const config = { ...swapped, nodes };
    const impostor = cluster.start(
      { role: 'guard', config, secret: 'a secret for tests' },
      cluster.names.witness,
    );
    await impostor.hears((said) => said.started === 'lb1', 'start of the impostor');
    impostor.order({ order: 'ready', ready: true, reason: '' });
    const { event } = await lb2.hears(refusal('duplicate-name'), 'duplicate name');
    t.is(event?.detail, 'two processes of the cluster call themselves lb1');
    await after(600);
    t.false(impostor.said.some(becomes('active')));
    t.false(lb1.said.slice(from).some(becomes('draining')), 'the real one stays active');
    impostor.child.kill('SIGKILL');
    await end(lb2);
  },
);

test.serial('garbage, oversized and truncated datagrams are counted and harm nobody', async (t) => {
  const script = `const socket = require('node:dgram').createSocket('udp4');
    const garbage = ['', '78', '5256'.padEnd(84, '0'), ''.padEnd(400, '0'), ''.padEnd(2802, '0'), '52560102'.padEnd(600, '0')];
    const sent = garbage.flatMap((hex) => ['10.9.0.11', '10.9.0.20'].map((to) =>
      new Promise((done) => socket.send(Buffer.from(hex, 'hex'), 5300, to, done))));
    Promise.all(sent).then(() => socket.close());`;
  cluster.ns.run(cluster.names.client, process.execPath, '-e', script);
  await after(400);
  const { refused, groups } = await lb1.state();
  t.true((refused.truncated ?? 0) >= 3);
  t.true((refused['not-relevo'] ?? 0) >= 1);
  t.true((refused.oversized ?? 0) >= 1);
  t.is(groups[0]?.role, 'active');
});

test.serial(
  'an address that is not this machine’s, an interface that is not there: refused at start',
  async (t) => {
    const config = cluster.config('lb2');
    const nodes = config.nodes.map((node) => ({
      ...node,
      heartbeat: [{ address: '10.9.9.9' as never, port: 5300 }],
    }));
    const secret = 'a secret for tests';
    const lost = cluster.start({ role: 'guard', config: { ...config, nodes }, secret }, cluster.node('lb2'));
    const first = await lost.hears((said) => said.failed !== undefined, 'a failed start');
    t.is(first.failed, 'bad-config');
    t.regex(first.message ?? '', /cannot listen for heartbeats on 10\.9\.9\.9:5300/);
    const groups = config.groups.map((group) => ({
      ...group,
      addresses: group.addresses.map((one) => ({ ...one, interface: 'nowhere0' })),
    }));
    const blind = cluster.start(
      { role: 'guard', config: { ...config, groups }, secret },
      cluster.node('lb2'),
    );
    const second = await blind.hears((said) => said.failed !== undefined, 'a failed start');
    t.is(second.failed, 'bad-config');
    t.regex(second.message ?? '', /no interface called nowhere0/);
  },
);

test.serial('a second agent beside a living one cannot take the guard table', async (t) => {
  const config = cluster.config('lb1');
  const nodes = config.nodes.map((node) => ({
    ...node,
    heartbeat: node.heartbeat.map((one) => ({ ...one, port: 5310 })),
  }));
  const second = cluster.start(
    { role: 'guard', config: { ...config, nodes }, secret: 'a secret for tests' },
    cluster.node('lb1'),
  );
  const { failed, message } = await second.hears((said) => said.failed !== undefined, 'a failed start');
  t.is(failed, 'conflict');
  t.regex(message ?? '', /belongs to another process/);
  t.is((await lb1.state()).groups[0]?.role, 'active');
  const addresses = cluster.ns.run(cluster.node('lb1'), 'ip', '-br', 'addr');
  t.true(addresses.includes(`${floating}/`), 'and has not taken its address away');
});
