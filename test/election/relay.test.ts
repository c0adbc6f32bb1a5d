import test from 'ava';
import { createRelay } from '../../src/election/relay.js';

test('nobody helps while a peer is heard', (t) => {
  const relay = createRelay(['b', 'c'], 50);
  relay.heardDirectly('b', 100);
  relay.heardDirectly('c', 100);
  t.is(relay.helperFor('b', 149), undefined);
});

test('a silent peer is told through those that are near, by turns, never through itself', (t) => {
  const relay = createRelay(['b', 'c', 'd', 'e'], 50);
  for (const near of ['c', 'd']) relay.heardDirectly(near, 100);
  const asked = [1, 2, 3, 4].map(() => relay.helperFor('b', 120));
  t.deepEqual([...new Set(asked)].sort(), ['c', 'd']);
  t.is(relay.helperFor('b', 150), undefined, 'nobody is near any more');
});

test('a peer that speaks through another does not hear this node: it is answered the same way', (t) => {
  const relay = createRelay(['b', 'c', 'd'], 50);
  for (const near of ['b', 'c', 'd']) relay.heardDirectly(near, 100);
  relay.heardThrough('b', 'd', 100);
  t.is(relay.helperFor('b', 120), 'd');
  relay.heardDirectly('b', 205);
  t.is(relay.helperFor('b', 205), undefined, 'it has stopped to');
});
