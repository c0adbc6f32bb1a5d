/** Counters that follow to the node that takes over: sums over nodes that come, go, reboot and hear of each other late. */

import test from 'ava';
import fc from 'fast-check';
import { CarriedBook } from '../../src/replication/carried.js';
import type { Carried } from '../../src/wire/frames.js';

const figures = (packets: number) => ({
  ...{ packetsIn: packets, bytesIn: packets * 100 },
  ...{ packetsOut: packets, bytesOut: packets * 1000 },
});
const nodes = ['lb1', 'lb2', 'lb3'];

test('the new owner goes on from what the one before had told, and is exact when that one is heard again', (t) => {
  const [lb1, lb2] = [new CarriedBook('lb1', nodes), new CarriedBook('lb2', nodes)];
  const told = lb1.read('web', 'b1', figures(40));
  t.deepEqual(told, { node: 'lb1', service: 'web', backend: 'b1', ...figures(40) });
  t.is(lb1.read('web', 'b1', figures(40)), undefined, 'nothing new is not told again');
  lb2.hear(told!);
  // lb1 carried three more and died before it told: that is the error.
  lb1.read('web', 'b1', figures(43));
  t.is(lb2.total('web', 'b1', figures(7)).packetsIn, 47);
  for (const one of lb1.all()) lb2.hear(one);
  t.is(lb2.total('web', 'b1', figures(7)).packetsIn, 50);
});

test('after a reboot a node goes on from what the others remember; a restarted agent counts nothing twice', (t) => {
  const other = new CarriedBook('lb2', nodes);
  other.hear({ node: 'lb1', service: 'web', backend: '', ...figures(40) });
  const [memory] = [...other.all()] as [Carried];
  const rebooted = new CarriedBook('lb1', nodes);
  rebooted.hear(memory);
  t.is(rebooted.total('web', '', figures(2)).packetsIn, 42);
  rebooted.hear(memory);
  t.is(rebooted.total('web', '', figures(3)).packetsIn, 43);
  const restarted = new CarriedBook('lb1', nodes);
  restarted.hear(memory);
  t.is(restarted.total('web', '', figures(41)).packetsIn, 41, 'its kernel has counted on');
});

test('what is not of a node of the cluster, or of a service that is gone, is not kept', (t) => {
  const book = new CarriedBook('lb1', nodes);
  book.hear({ node: 'stranger', service: 'web', backend: '', ...figures(9) });
  t.is(book.total('web', '', figures(1)).packetsIn, 1);
  book.hear({ node: 'lb2', service: 'web', backend: '', ...figures(9) });
  book.keep((service) => service !== 'web');
  t.deepEqual([...book.all()], []);
});

test('in whatever order, twice or over a third node: all nodes end with the same sum', (t) => {
  const step = fc.record({
    from: fc.integer({ min: 0, max: 2 }),
    to: fc.integer({ min: 0, max: 2 }),
    more: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const books = nodes.map((name) => new CarriedBook(name, nodes));
      const local = [0, 0, 0];
      const tell = (from: number, to: number): void => {
        for (const one of [...books[from]!.all()]) books[to]!.hear(one);
      };
      for (const { from, to, more } of steps) {
        local[from]! += more;
        books[from]!.read('web', '', figures(local[from]!));
        tell(from, to);
      }
      books.forEach((book, at) => void book.read('web', '', figures(local[at]!)));
      for (const from of [0, 1, 2]) for (const to of [0, 1, 2]) tell(from, to);
      const total = local.reduce((sum, one) => sum + one, 0);
      for (const [at, book] of books.entries())
        t.is(book.total('web', '', figures(local[at]!)).bytesOut, total * 1000);
    }),
  );
});
