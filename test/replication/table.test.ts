import test from 'ava';
import fc from 'fast-check';
import { EntryTable, rowState } from '../../src/replication/table.js';

test('behaves like a Map, whatever is inserted and freed', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(60), fc.nat(2)), { maxLength: 400 }), (steps) => {
      const table = new EntryTable(10_000, 7);
      const model = new Map<string, number>();
      for (const [insert, client, address] of steps) {
        const key = `${client} ${address}`;
        const row = table.find(client, address, 1);
        t.is(row, model.get(key) ?? -1);
        if (insert && row < 0) model.set(key, table.insert(client, address, 1));
        if (!insert && row >= 0) {
          table.free(row);
          model.delete(key);
        }
      }
      t.is(table.count, model.size);
      for (const [key, row] of model) t.is(`${table.client[row]} ${table.address[row]}`, key);
    }),
    { numRuns: 200 },
  );
});

test('keeps every row through growth, reuses freed ones, and refuses one too many', (t) => {
  const table = new EntryTable(5000, 1);
  for (let client = 0; client < 5000; client++) t.true(table.insert(client, 1, 2) >= 0);
  t.is(table.insert(9999, 1, 2), -1);
  for (let client = 0; client < 5000; client++) t.is(table.client[table.find(client, 1, 2)], client);
  const row = table.find(4321, 1, 2);
  table.free(row);
  t.is(table.state[row], rowState.free);
  t.is(table.insert(9999, 1, 2), row);
  t.throws(() => {
    table.free(row);
    table.free(row);
  });
});
