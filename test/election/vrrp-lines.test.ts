import test from 'ava';
import fc from 'fast-check';
import { createVrrpReader, type VrrpLine } from '../../src/election/vrrp-lines.js';

const read = (...pieces: string[]): VrrpLine[] => {
  const lines: VrrpLine[] = [];
  const reader = createVrrpReader((line) => lines.push(line));
  for (const piece of pieces) reader.feed(piece);
  return lines;
};

const said =
  'INSTANCE "g1" BACKUP 150\nINSTANCE "g1" MASTER 150\nGROUP "all" FAULT 0\nINSTANCE "g2" STOP 100\n';
const meant = [
  { group: 'g1', state: 'BACKUP' },
  { group: 'g1', state: 'MASTER' },
  { group: 'all', state: 'FAULT' },
  { group: 'g2', state: 'STOP' },
];

test('the words of keepalived, however they are cut', (t) => {
  t.deepEqual(read(said), meant as VrrpLine[]);
  fc.assert(
    fc.property(fc.array(fc.nat(said.length), { maxLength: 8 }), (cuts) => {
      const at = [0, ...cuts.sort((left, right) => left - right), said.length];
      t.deepEqual(read(...at.slice(1).map((end, index) => said.slice(at[index], end))), meant as VrrpLine[]);
    }),
  );
});

test('other words, other lines and endless ones disturb nothing', (t) => {
  t.deepEqual(
    read('INSTANCE "g1" MASTER_RX_LOWER_PRI 150\nnonsense\n\nINSTANCE g1 MASTER\n', said),
    meant as VrrpLine[],
  );
  t.deepEqual(read('x'.repeat(5_000), `INSTANCE "g1" MASTER 1\n${said}`), meant as VrrpLine[]);
  fc.assert(fc.property(fc.string(), (text) => t.is(read(`${text}\n`, said).length >= meant.length, true)));
});
