import { readFileSync } from 'node:fs';
import test from 'ava';
import { parseNodeConfig } from '../../src/config/node.js';
import { conntrackdConfig, conntrackdProblems } from '../../src/conntrack/config.js';
import type { Ipv4 } from '../../src/model/address.js';
import { labNode } from '../support/node-config.js';

test('each statement on a line of its own, braces balanced', (t) => {
  const text = conntrackdConfig(labNode('lb1'));
  t.is(text.match(/\{/g)?.length, text.match(/\}/g)?.length);
  t.notRegex(text, /\{[^\n]/);
  t.notRegex(text, /[^\s] *\}/);
});

test('own addresses are ignored, floating ones never', (t) => {
  const text = conntrackdConfig(labNode('lb1'));
  for (const own of ['127.0.0.1', '10.30.0.1', '10.30.0.2', '10.10.0.11', '10.10.0.12']) {
    t.regex(text, new RegExp(`IPv4_address ${own.replaceAll('.', '\\.')}\n`));
  }
  t.notRegex(text, /10\.10\.0\.100|10\.20\.0\.100/);
});

test('each node sends to the other', (t) => {
  t.regex(
    conntrackdConfig(labNode('lb1')),
    /IPv4_address 10\.30\.0\.1\n\s+IPv4_Destination_Address 10\.30\.0\.2\n/,
  );
  t.regex(
    conntrackdConfig(labNode('lb2')),
    /IPv4_address 10\.30\.0\.2\n\s+IPv4_Destination_Address 10\.30\.0\.1\n/,
  );
});

test('three nodes and more: one multicast group, which acknowledges nothing', (t) => {
  const { conntrackd } = labNode('lb1');
  const peers = [...conntrackd.peers, '10.30.0.3' as Ipv4];
  const text = conntrackdConfig(labNode('lb1', { conntrackd: { ...conntrackd, peers } }));
  t.regex(text, /Mode NOTRACK/);
  t.regex(text, /Multicast \{\n\s+IPv4_address 239\.255\.37\.80\n\s+IPv4_interface 10\.30\.0\.1\n/);
  t.notRegex(text, /Destination_Address|ACKWindowSize/);
});

test('room for twice the connections the kernel holds', (t) => {
  t.regex(conntrackdConfig(labNode('lb1'), 1000), /HashLimit 2000\n/);
});

test('the example for those who run it themselves is what the example node writes', (t) => {
  const cluster = new URL('../../cluster/', import.meta.url);
  const node = parseNodeConfig(readFileSync(new URL('node.yaml', cluster), 'utf8'), '/etc/relevo');
  if (!node.ok) return t.fail(JSON.stringify(node.problems));
  t.is(readFileSync(new URL('conntrackd.conf', cluster), 'utf8'), conntrackdConfig(node.config));
  return undefined;
});

test('problems are named with path and remedy', (t) => {
  const { conntrackd } = labNode('lb1');
  t.deepEqual(conntrackdProblems(labNode('lb1')), []);
  t.regex(
    conntrackdProblems(labNode('lb1', { conntrackd: { ...conntrackd, peers: [conntrackd.local] } }))[0]!
      .message,
    /this node itself/,
  );
  t.is(conntrackdProblems(labNode('lb1', { stateDir: `/${'x'.repeat(100)}` }))[0]!.path, 'stateDir');
  t.deepEqual(
    conntrackdProblems(labNode('lb1', { conntrackd: { ...conntrackd, enabled: false, peers: [] } })),
    [],
  );
});
