import test from 'ava';
import { createServicesStore } from '../../src/app/services-store.js';
import { networkText, parseNetwork } from '../../src/config/networks.js';
import { parseServices } from '../../src/config/services.js';
import type { ServicesDocument } from '../../src/model/service.js';
import type { Files } from '../../src/ports.js';
import { quietLog } from '../support/fake-node.js';

const memoryFiles = (): Files & { content: Map<string, string> } => {
  const content = new Map<string, string>();
  return {
    content,
    read: async (path) => content.get(path),
    writeAtomic: async (path, text) => {
      content.set(path, text);
    },
    rename: async (from, to) => {
      const text = content.get(from);
      if (text === undefined) return false;
      content.set(to, text);
      return content.delete(from);
    },
    remove: async (path) => {
      content.delete(path);
    },
  };
};

const document = (): ServicesDocument => {
  const parsed = parseServices({
    farms: ['web', 'dns'].map((name, index) => ({
      name,
      'virtual-addr': `10.0.0.${index + 1}`,
      'virtual-ports': '80',
      mode: 'dnat',
      backends: ['b1', 'b2'].map((backend) => ({
        name: backend,
        'ip-addr': '10.1.0.1',
        port: backend === 'b1' ? '80' : '81',
        state: 'up',
      })),
    })),
  });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
};

test('what was saved comes back, with the states of backends that changed since', async (t) => {
  const files = memoryFiles();
  const store = createServicesStore(files, '/state', quietLog);
  t.is(await store.load(), undefined);
  await store.save(document());
  await store.saveState('web', 'b2', 'down');
  await store.saveState('dns', 'b1', 'off');
  await store.saveState('web', 'b2', 'up');
  await store.saveState('web', 'b1', 'off');
  const loaded = await createServicesStore(files, '/state', quietLog).load();
  t.deepEqual(
    loaded?.services.map((service) => service.backends.map(({ state }) => state)),
    [
      ['off', 'up'],
      ['off', 'up'],
    ],
  );
});

test('a state writes a line, not the document; a new document forgets the states', async (t) => {
  const files = memoryFiles();
  const store = createServicesStore(files, '/state', quietLog);
  await store.save(document());
  const before = files.content.get('/state/services.json');
  await store.saveState('web', 'b1', 'down');
  t.is(files.content.get('/state/services.json'), before);
  t.is(files.content.get('/state/states.json'), '{"web":{"b1":"down"}}\n');
  await store.save(document());
  t.is(files.content.get('/state/states.json'), undefined);
});

test('damage is no reason not to start', async (t) => {
  const files = memoryFiles();
  await createServicesStore(files, '/state', quietLog).save(document());
  files.content.set('/state/states.json', '{"web":');
  t.is((await createServicesStore(files, '/state', quietLog).load())?.services.length, 2);
  files.content.set('/state/services.json', '{"farms": [');
  t.is(await createServicesStore(files, '/state', quietLog).load(), undefined);
});

const withPolicy = (): ServicesDocument => {
  const policies = [{ name: 'bad', elements: ['10.0.0.1', '10.2.0.0/16'].map((data) => ({ data })) }];
  const parsed = parseServices({ farms: [], policies });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
};
const element = (text: string) => parseNetwork(text)!;

test('elements of a policy write lines beside the document, also after a restart, and go with the next one', async (t) => {
  const files = memoryFiles();
  const first = createServicesStore(files, '/state', quietLog);
  await first.save(withPolicy());
  const before = files.content.get('/state/services.json');
  first.saveElements('bad', { added: [{ ...element('10.0.0.7'), timeoutMs: 5000 }] }, withPolicy);
  first.saveElements('bad', { removed: [element('10.0.0.1')] }, withPolicy);
  await first.flush();
  t.is(files.content.get('/state/services.json'), before);
  t.is(files.content.get('/state/elements.json'), '{"bad":{"10.0.0.7":5000,"10.0.0.1":null}}\n');

  const second = createServicesStore(files, '/state', quietLog);
  await second.load();
  second.saveElements('bad', { added: [element('10.0.0.1'), element('10.0.0.9')] }, withPolicy);
  await second.flush();
  const loaded = await createServicesStore(files, '/state', quietLog).load();
  const listed = loaded?.policies?.[0]?.elements.map((one) => [networkText(one), one.timeoutMs]);
  t.deepEqual(listed, [
    ['10.0.0.1', undefined],
    ['10.2.0.0/16', undefined],
    ['10.0.0.7', 5000],
    ['10.0.0.9', undefined],
  ]);

  const many = Array.from({ length: 6_000 }, (_, index) => element(`10.9.${index >> 8}.${index & 255}`));
  second.saveElements('bad', { added: many }, withPolicy);
  await second.flush();
  t.is(files.content.get('/state/elements.json'), undefined, 'so many are worth a document');
});
