import test from 'ava';
import { parseNodeConfig } from '../../src/config/node.js';
import { parseWitnessConfig } from '../../src/config/witness.js';
import { nodeYaml, witnessYaml } from '../../src/lab/node-files.js';
import { nodeNames, nodeNamesOf } from '../../src/lab/topology.js';

for (const node of nodeNames) {
  test(`the file of ${node} is one the agent takes`, (t) => {
    const parsed = parseNodeConfig(nodeYaml(node, { replication: true }), '/run/relevo-lab/x');
    if (!parsed.ok) return t.fail(JSON.stringify(parsed.problems));
    const { config } = parsed;
    t.is(config.node, node);
    t.is(config.witness.kind, 'arbiter');
    t.is(config.stateDir, '/run/relevo-lab/x/state');
    t.false(config.conntrackd.peers.includes(config.conntrackd.local));
    t.true(config.replication.enabled);
    return undefined;
  });
}

test('seven nodes vote among themselves, and each names all others', (t) => {
  for (const node of nodeNamesOf(7)) {
    const parsed = parseNodeConfig(nodeYaml(node, { replication: true, nodes: 7 }), '/x');
    if (!parsed.ok) return t.fail(JSON.stringify(parsed.problems));
    t.is(parsed.config.witness.kind, 'none');
    t.is(parsed.config.conntrackd.peers.length, 6);
  }
  return undefined;
});

test('the negative control replicates nothing', (t) => {
  const parsed = parseNodeConfig(nodeYaml('lb1', { replication: false }), '/x');
  t.true(parsed.ok && !parsed.config.replication.enabled);
});

test('the witness’s file is one it takes', (t) => {
  const parsed = parseWitnessConfig(witnessYaml(), '/x');
  t.true(parsed.ok && parsed.config.listen.length === 2);
});
