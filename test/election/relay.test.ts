import test from 'ava';
import { answeringPath, createRelay, lackingPath } from '../../src/election/relay.js';

test('nobody helps while a peer is heard', (t) => {
  const relay = createRelay(['b', 'c'], 50);
  relay.heardDirectly('b', 100);
  relay.heardDirectly('c', 100);
  t.is(relay.helpFor('b', 149), undefined);
});

test('a silent peer is told through those that are near, by turns, never through itself', (t) => {
  const relay = createRelay(['b', 'c', 'd', 'e'], 50);
  for (const near of ['c', 'd']) relay.heardDirectly(near, 100);
  const asked = [1, 2, 3, 4].map(() => relay.helpFor('b', 120));
  t.deepEqual([...new Set(asked.map((help) => help?.helper))].sort(), ['c', 'd']);
  t.deepEqual([...new Set(asked.map((help) => help?.path))], [lackingPath]);
  t.is(relay.helpFor('b', 150), undefined, 'nobody is near any more');
});

test('a peer that lacks this node’s direct word is answered through the same node', (t) => {
  const relay = createRelay(['b', 'c', 'd'], 50);
  for (const near of ['b', 'c', 'd']) relay.heardDirectly(near, 100);
  relay.heardThrough('b', 'd', lackingPath, 100);
  t.deepEqual(relay.helpFor('b', 120), { helper: 'd', path: answeringPath });
  relay.heardDirectly('b', 205);
  t.is(relay.helpFor('b', 205), undefined, 'it has stopped to');
});

test('an answer that came through another is not answered that way', (t) => {
  const relay = createRelay(['b', 'c'], 50);
  for (const near of ['b', 'c']) relay.heardDirectly(near, 100);
  relay.heardThrough('b', 'c', answeringPath, 100);
  t.is(relay.helpFor('b', 120), undefined);
});
