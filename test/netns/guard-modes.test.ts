import test from 'ava';
import {
  after,
  becomes,
  createGuardCluster,
  floating,
  type GuardCluster,
  type Runner,
} from './guard-cluster.js';

/** The weaker modes: no arbiter runs anywhere here. Each test brings its own cluster. */
const inCluster = test.macro(async (t, run: (cluster: GuardCluster) => Promise<void>) => {
  const cluster = createGuardCluster();
  try {
    await run(cluster);
    t.pass();
  } finally {
    await cluster.dispose();
  }
});

const gateway = { witness: { kind: 'ping', address: '10.9.0.1' as never } } as const;
const nobody = { witness: { kind: 'none' } } as const;

const expect = (isTrue: boolean, what: string): void => {
  if (!isTrue) throw new Error(what);
};

const startPair = async (
  cluster: GuardCluster,
  change: typeof gateway | typeof nobody,
): Promise<{ lb1: Runner; lb2: Runner }> => {
  const lb1 = await cluster.startNode('lb1', change);
  await lb1.hears(becomes('active'), 'lb1 active');
  const lb2 = await cluster.startNode('lb2', change);
  await lb2.hears(({ event }) => event?.reason === 'lb1 is active', 'lb2 standby');
  await after(300);
  return { lb1, lb2 };
};

test.serial(
  'gateway: a living peer is asked, a dead one is replaced, a node that reaches nobody steps down',
  inCluster,
  async (cluster) => {
    const { lb1, lb2 } = await startPair(cluster, gateway);
    const { safety, safetyText } = await lb1.state();
    expect(safety === 'gateway', safety);
    expect(/two owners are possible when both nodes reach the gateway/.test(safetyText), safetyText);
    lb1.child.kill('SIGKILL');
    await lb2.hears(becomes('active'), 'lb2 takes over');
    for (const port of ['f-lb2', 's-lb2']) {
      cluster.ns.run(cluster.names.sw, 'ip', 'link', 'set', port, 'nomaster');
    }
    const { event } = await lb2.hears(becomes('draining'), 'lb2 steps down');
    expect(/no majority/.test(String(event?.reason)), String(event?.reason));
  },
);

test.serial(
  'no witness at all: works while the nodes hear each other, and says what it is',
  inCluster,
  async (cluster) => {
    const { lb1, lb2 } = await startPair(cluster, nobody);
    expect((await lb1.state()).safety === 'none', 'named');
    lb1.order({ order: 'handover', group: 'front', to: 'lb2' });
    const { handover } = await lb1.hears((said) => said.handover !== undefined, 'handover');
    expect(handover?.ok === true, String(handover?.reason));
    lb2.child.kill('SIGKILL');
    const from = lb1.said.length;
    await lb1.hears(becomes('active'), 'lb1 takes it back', from);
  },
);

test.serial(
  'an address that somebody takes from the owner comes back by itself',
  inCluster,
  async (cluster) => {
    await cluster.startWitness();
    const lb1 = await cluster.startNode('lb1');
    await lb1.hears(becomes('active'), 'lb1 active');
    await after(200);
    cluster.ns.run(cluster.node('lb1'), 'ip', 'addr', 'del', `${floating}/24`, 'dev', 'front0');
    const { event } = await lb1.hears((said) => said.event?.kind === 'address-corrected', 'correction');
    expect(event?.detail === `${floating} was missing on front0 of the owner`, String(event?.detail));
    const observer = cluster.observe(5);
    await after(200);
    observer.stop();
    expect(observer.answers.length > 10, 'it answers again');
  },
);
