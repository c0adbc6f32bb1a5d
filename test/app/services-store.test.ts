import test from 'ava';
import { createServicesStore } from '../../src/app/services-store.js';
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
