import test from 'ava';
import { bitsOf, foreignBits, markOf } from '../../../src/ruleset/features/mark-values.js';
import { backendsAt, plainService } from '../../support/services.js';

test('service and backend together, within the mask', (t) => {
  const [backend] = backendsAt(1, { mark: 0x8000_0003 });
  const service = plainService({ mark: 0x10 });
  t.is(markOf(service, backend, {}), 0x8000_0013);
  t.is(markOf(service, undefined, {}), 0x10);
  t.is(markOf(service, backend, { markMask: 0xff }), 0x13);
  t.is(foreignBits(0x8000_0003, { markMask: 0xff }), 0x8000_0000);
  t.is(foreignBits(undefined, { markMask: 0xff }), 0);
});

test('bits, up to the highest', (t) => {
  t.deepEqual(bitsOf(0x8000_0005), [1, 4, 0x8000_0000]);
  t.is(bitsOf(0xffff_ffff).length, 32);
});
