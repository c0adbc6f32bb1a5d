import test from 'ava';
import { type Ipv6, parseIp } from '../../src/model/address.js';
import { GroupBook } from '../../src/replication/groups.js';

test('addresses of both families lead to their group', (t) => {
  const six = parseIp('2001:db8::100') as Ipv6;
  const book = new GroupBook('lb1', [
    { name: 'front', addresses: [1] },
    { name: 'other', addresses: [2, six] },
  ]);
  t.deepEqual([1, 2, six, 3].map(book.groupOf), [0, 1, 1, -1]);
  t.is(book.groupOf(parseIp('2001:db8::101') as Ipv6), -1);
});
