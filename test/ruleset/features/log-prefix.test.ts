import test from 'ava';
import { defaultPrefix, logPrefix, longestPrefix } from '../../../src/ruleset/features/log-prefix.js';

test('tokens, each replaced once; what is unknown is a dash', (t) => {
  const names = { point: 'forward', service: 'BNAME', address: 'a1', backend: 'TYPE' } as const;
  t.is(logPrefix(defaultPrefix, names), 'FWD-BNAME ');
  t.is(
    logPrefix('KNAME TYPE FNAME ANAME BNAME PNAME', { ...names, policy: 'list' }),
    'log FWD BNAME a1 TYPE list',
  );
  t.is(logPrefix('ANAME/PNAME/BNAME', { point: 'input', service: 's' }), '-/-/-');
});

test('nothing that a log, a listing or the kernel could misread', (t) => {
  t.is(logPrefix('a"b\\c\nd\u0000eüf', { point: 'output', service: 's' }), 'a_b_c_d_e_f');
  t.is(logPrefix('x'.repeat(300), { point: 'output', service: 's' }).length, longestPrefix);
});
