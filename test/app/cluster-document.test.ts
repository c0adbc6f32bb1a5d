/** Two nodes in one process, real rule engines on fake kernels, messages through the real codec: edits through nftlb's interface. */

import test from 'ava';
import { networkText } from '../../src/config/networks.js';
import type { ServicesDocument } from '../../src/model/service.js';
import {
  connect,
  document as documentOf,
  farm,
  inSync,
  type DocumentNode as Node,
  plain,
  startNode as start,
  until,
} from './support/document-nodes.js';

const document = (...farms: object[]): ServicesDocument => documentOf(farms);
const names = ({ engine }: Node): string[] => [...engine.view().services.keys()].sort();

test('a change through the interface is a version, and follows to the other node', async (t) => {
  const [a, b] = [await start('lb1', 'lb2'), await start('lb2', 'lb1')];
  t.teardown(connect(a, b));
  await until('they have met', () => inSync(a, b));
  await a.cluster.apply(document(farm('web', 1), farm('dns', 2)), plain);
  await until('in sync', () => inSync(a, b));
  t.deepEqual(names(b), ['dns', 'web']);
  const { version } = a.cluster.status();

  t.is(await b.put({ farms: [farm('new', 3)] }), 200);
  await until('lb1 has it', () => a.engine.view().services.has('new'));
  await until('in sync', () => inSync(a, b));
  t.is(a.cluster.status().version, version + 1);
  t.deepEqual([a.cluster.status().kind, a.cluster.status().author], ['change', 'lb2']);

  t.is(await a.put({ farms: [{ name: 'web', backends: [{ name: 'b1', weight: '5' }] }] }), 200);
  await until('lb2 has it', () => b.engine.view().services.get('web')?.backends[0]?.weight === 5);
  t.is(b.engine.view().services.get('web')?.backends.length, 2);
  t.false(a.log.records.some(({ level }) => level === 'error'));

  // Many, while they are under way: fewer versions, the same end.
  for (let weight = 1; weight <= 200; weight++) {
    await a.put({ farms: [{ name: 'web', backends: [{ name: 'b1', weight: String(weight) }] }] });
  }
  await until(
    'the last one is there',
    () => b.engine.view().services.get('web')?.backends[0]?.weight === 200,
  );
  await until('in sync', () => inSync(a, b));
  t.true(a.cluster.history().length < 6, 'they are one line of the history');
});

test('a list, and elements that come and go, follow too', async (t) => {
  const [a, b] = [await start('lb1', 'lb2'), await start('lb2', 'lb1')];
  t.teardown(connect(a, b));
  await until('they have met', () => inSync(a, b));
  const list = (...elements: object[]) => ({ policies: [{ name: 'bad', type: 'blacklist', elements }] });
  t.is(await a.put(list({ data: '10.1.1.1' }, { data: '10.1.2.0/24', timeout: '60' })), 200);
  t.is(await a.put({ farms: [farm('web', 1, { policies: [{ name: 'bad' }] })] }), 200);
  await until('lb2 has both', () => b.engine.view().services.get('web')?.policies?.[0] === 'bad');
  const at = (node: Node) => node.engine.view().policies.get('bad')?.elements.map(networkText).sort();
  t.deepEqual(at(b), ['10.1.1.1', '10.1.2.0/24']);
  t.is(await a.put(list({ data: '10.1.3.1' })), 200);
  await until('one more', () => at(b)?.length === 3);
  t.is(await b.put(list({ data: '10.1.1.1', action: 'delete' })), 200);
  await until('one less', () => at(a)?.length === 2);
  t.deepEqual(at(a), ['10.1.2.0/24', '10.1.3.1']);
  await until('in sync', () => inSync(a, b));
  t.false([a, b].some(({ log }) => log.records.some(({ level }) => level === 'error')));
});

test('states a second make no versions; the later word wins', async (t) => {
  const [a, b] = [await start('lb1', 'lb2'), await start('lb2', 'lb1')];
  t.teardown(connect(a, b));
  await until('they have met', () => inSync(a, b));
  await a.cluster.apply(document(farm('web', 1)), plain);
  await until('in sync', () => inSync(a, b));
  const { version } = a.cluster.status();
  const stateAt = (node: Node) => node.engine.view().services.get('web')?.backends[0]?.state;
  for (let round = 0; round < 20; round++) {
    await a.services.setBackendState('web', 'b1', round % 2 === 0 ? 'down' : 'up');
  }
  await a.services.setBackendState('web', 'b1', 'down');
  await until('down there', () => stateAt(b) === 'down');
  t.is(b.cluster.saidElsewhere('web', 'b1'), 'said by lb1');
  t.is(a.cluster.saidElsewhere('web', 'b1'), undefined, 'it has found so itself');
  await b.services.setBackendState('web', 'b1', 'off');
  await until('off here', () => stateAt(a) === 'off');
  t.is(b.cluster.saidElsewhere('web', 'b1'), undefined);
  t.is(a.cluster.status().version, version);
  // A change of the service keeps the state that is in force.
  await b.put({ farms: [{ name: 'web', scheduler: 'rr' }] });
  await until('changed here', () => a.engine.view().services.get('web')?.scheduler === 'rr');
  t.is(stateAt(a), 'off');
});

test('at the same moment: different services are merged and it is said; the same one is a conflict', async (t) => {
  const [a, b] = [await start('lb1', 'lb2'), await start('lb2', 'lb1')];
  t.teardown(connect(a, b));
  await until('they have met', () => inSync(a, b));
  await a.cluster.apply(document(farm('web', 1), farm('dns', 2)), plain);
  await until('in sync', () => inSync(a, b));
  const weigh = (node: Node, name: string, weight: number) =>
    node.put({ farms: [{ name, backends: [{ name: 'b1', weight: String(weight) }] }] });
  await Promise.all([weigh(a, 'web', 7), weigh(b, 'dns', 8)]);
  const weightAt = (node: Node, name: string) => node.engine.view().services.get(name)?.backends[0]?.weight;
  await until('merged', () =>
    [a, b].every((node) => weightAt(node, 'web') === 7 && weightAt(node, 'dns') === 8),
  );
  await until('in sync', () => inSync(a, b));
  t.true(a.cluster.history().some(({ kind, reason }) => kind === 'merge' && /at the same time/.test(reason)));

  await Promise.all([weigh(a, 'web', 3), weigh(b, 'web', 4)]);
  await until('conflict', () => [a, b].every(({ cluster }) => cluster.status().conflicts.length === 1));
  t.is(weightAt(a, 'web'), 3);
  t.is(weightAt(b, 'web'), 4);
  t.is(await weigh(a, 'dns', 1), 409);
  await b.cluster.resolve();
  await until('in sync', () => inSync(a, b));
  t.is(weightAt(a, 'web'), 4);
});

test('what a peer sends is judged: a document that is not valid, or not what it says, changes nothing', async (t) => {
  const [a, b] = [await start('lb1', 'lb2'), await start('lb2', 'lb1')];
  let lie = (text: string): string => text;
  const cut = connect(a, b, (message) =>
    message.kind === 'part'
      ? { ...message, text: new TextEncoder().encode(lie(new TextDecoder().decode(message.text))) }
      : message,
  );
  t.teardown(cut);
  await until('they have met', () => inSync(a, b));
  await a.cluster.apply(document(farm('web', 1)), plain);
  await until('in sync', () => inSync(a, b));
  lie = (text) => text.replaceAll('"weight":"1"', '"weight":"2"');
  await a.put({ farms: [farm('dns', 1, { 'virtual-ports': '53' })] });
  await until('told', () => b.log.records.some(({ message }) => /another content/.test(message)));
  t.deepEqual(names(b), ['web']);
  lie = (text) => text;
  await until('the truth is taken', () => inSync(a, b));
  lie = (text) => text.replaceAll('"mode":"dnat"', '"mode":"magic"');
  await t.throwsAsync(a.cluster.apply(document(farm('other', 5)), plain), {
    message: /lb2 refuses it.*magic/s,
  });
  t.deepEqual(names(b), ['dns', 'web']);
  t.deepEqual(names(a), ['dns', 'web']);
});

test('it survives a restart, with its history', async (t) => {
  const a = await start('lb1', 'lb2');
  const b = await start('lb2', 'lb1');
  t.teardown(connect(a, b));
  await until('they have met', () => inSync(a, b));
  await a.cluster.apply(document(farm('web', 1)), plain);
  await a.cluster.apply(document(farm('web', 1), farm('dns', 2)), plain);
  const again = await start('lb1', 'lb2', a.files);
  t.is(again.cluster.status().id, a.cluster.status().id);
  t.is(again.cluster.status().content, a.cluster.status().content);
  t.deepEqual(
    again.cluster.history().map(({ version, reachable }) => [version, reachable]),
    a.cluster.history().map(({ version, reachable }) => [version, reachable]),
  );
});
