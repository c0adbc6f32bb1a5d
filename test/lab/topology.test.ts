import test from 'ava';
import {
  allHosts,
  allNodeNames,
  labNamePattern,
  nodeByMac,
  segmentNames,
  switchPort,
} from '../../src/lab/topology.js';

test('addresses and MACs are nobody else’s', (t) => {
  const links = allHosts.flatMap((host) => host.links);
  t.is(new Set(links.map((each) => each.address)).size, links.length);
  t.is(new Set(links.map((each) => each.mac)).size, links.length);
});

test('interface names fit into the 15 characters that Linux allows', (t) => {
  const names = allHosts.flatMap((host) => segmentNames.map((segment) => switchPort(host.name, segment)));
  t.deepEqual(
    names.filter((name) => name.length > 15),
    [],
  );
});

test('a node is known by each of its MACs', (t) => {
  for (const name of allNodeNames) {
    const host = allHosts.find((each) => each.name === name)!;
    t.deepEqual(
      host.links.map((link) => nodeByMac(link.mac)),
      host.links.map(() => name),
    );
  }
  t.is(nodeByMac('02:00:0a:0a:00:0a'), undefined);
});

test('names of labs become names of namespaces and folders', (t) => {
  for (const good of ['lab', 'demo-1234', 'a']) t.regex(good, labNamePattern);
  for (const bad of ['', '../x', 'Lab', '1lab', 'a b', 'x'.repeat(21), 'lab;id'])
    t.notRegex(bad, labNamePattern);
});
