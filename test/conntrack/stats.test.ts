import test from 'ava';
import { conntrackdComplaint, parseConntrackdStats, undelivered } from '../../src/conntrack/stats.js';

/** As conntrackd 1.4.7 prints it (FT-FW, external cache disabled). */
const printed = [
  'cache internal:',
  'current active connections:\t           7',
  'connections created:\t\t           3\tfailed:\t           0',
  'connections updated:\t\t           0\tfailed:\t           0',
  'connections destroyed:\t\t           3\tfailed:\t           0',
  '',
  'external inject:',
  'connections created:\t\t           9\tfailed:\t           1',
  'connections updated:\t\t           2\tfailed:\t           0',
  'connections destroyed:\t\t           4\tfailed:\t           5',
  '',
  'traffic processed:',
  '                   0 Bytes                         0 Pckts',
  '',
  'UDP traffic (active device=sync0):',
  '                1108 Bytes sent                 1448 Bytes recv',
  '                  71 Pckts sent                   39 Pckts recv',
  '                   6 Error send                    8 Error recv',
  '',
  'message tracking:',
  '                   0 Malformed msgs                   12 Lost msgs',
  '',
].join('\n');

test('counters of a running daemon', (t) => {
  t.deepEqual(parseConntrackdStats(printed), {
    ownEntries: 7,
    injected: { created: 9, updated: 2, destroyed: 4 },
    injectFailures: 6,
    sentPackets: 71,
    receivedPackets: 39,
    sendErrors: 6,
    receiveErrors: 8,
    malformedMessages: 0,
    lostMessages: 12,
  });
});

test('an error message is not a set of zeros', (t) => {
  t.is(parseConntrackdStats("[ERROR] can't connect: is conntrackd running?"), undefined);
  t.is(parseConntrackdStats(''), undefined);
});

test('the first error is the cause', (t) => {
  const output = [
    '[Mon Nov 23 12:02:50 2026] (pid=7142) [warning] nosuch0 is an invalid interface',
    "[Mon Nov 23 12:02:50 2026] (pid=7142) [ERROR] can't open channel socket: No such device",
    '[Mon Nov 23 12:02:50 2026] (pid=7142) [ERROR] initialization failed',
  ].join('\n');
  t.is(conntrackdComplaint(output), "can't open channel socket: No such device");
  t.is(conntrackdComplaint('[notice] initialization completed'), undefined);
});

test('what a peer has not acknowledged: messages of connections, and not those of control', (t) => {
  t.is(undelivered('resent queue (len=3)\ncontrol -> seq:1 flags:8\nobject -> seq:2\nobject -> seq:3\n'), 2);
  t.is(undelivered('resent queue (len=1)\ncontrol -> seq:1 flags:8\n'), 0);
  t.is(undelivered(''), 0);
});
