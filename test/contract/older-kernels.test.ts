/** The words for older kernels, on this one, which knows them too. On Linux 6.1 all other contract tests are spoken in them. */

import { execFileSync } from 'node:child_process';
import test from 'ava';
import type { SetSpec, TableName } from '../../src/netlink/nft/ast.js';
import { nothingLacking } from '../../src/netlink/nft/older-kernels.js';
import { createNftBatches } from '../../src/shell/nft-batches.js';
import { systemPath } from '../support/netns.js';
import { enterKernel, ip4, keysOf, silentLog } from './kernel.js';

const kernel = enterKernel();
const lacking = nothingLacking();
const batches = createNftBatches(silentLog, undefined, lacking);
test.after.always(async () => {
  batches.close();
  await kernel.dispose();
});

const table: TableName = { family: 'ip', name: 'older' };
const pairs: SetSpec = { name: 'pairs', key: ['ipv4_addr'], data: ['ipv4_addr', 'inet_service'] };
const nets: SetSpec = { name: 'nets', key: ['ipv4_addr'], flags: ['interval'] };

test.serial('a map answers whether a key is there by its value: packets are matched', async (t) => {
  execFileSync('ip', ['link', 'set', 'lo', 'up'], { env: { PATH: systemPath } });
  lacking.valued.set('ip older', new Set(['pairs']));
  await batches.commit({
    reason: 'test',
    operations: [
      { op: 'add-table', table },
      { op: 'add-set', table, set: pairs },
      {
        op: 'add-chain',
        table,
        chain: { name: 'out', hook: { type: 'filter', hook: 'output', priority: 0, policy: 'accept' } },
      },
      {
        op: 'add-rule',
        table,
        rule: {
          chain: 'out',
          statements: [
            { kind: 'lookup', key: [{ kind: 'field', field: 'ip daddr' }], set: 'pairs' },
            { kind: 'counter' },
          ],
        },
      },
      {
        op: 'add-elements',
        table,
        set: pairs,
        elements: [{ key: ip4('127.0.0.2'), data: Uint8Array.of(10, 0, 0, 1, 0, 80, 0, 0) }],
      },
    ],
  });
  for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.2']) {
    execFileSync('bash', ['-c', `echo > /dev/udp/${address}/9`], {
      env: { PATH: systemPath },
      stdio: 'ignore',
    });
  }
  t.regex(kernel.stockNft('-j', 'list', 'chain', 'ip', 'older', 'out'), /"packets": 2\b/);
});

test.serial('destroying passes over what is not there', async (t) => {
  lacking.destroys = true;
  const elements = ['127.0.0.7', '127.0.0.2', '127.0.0.8'].map((address) => ({ key: ip4(address) }));
  await batches.commit({
    reason: 'test',
    operations: [{ op: 'destroy-elements', table, set: pairs, elements }],
  });
  t.deepEqual(keysOf(await kernel.nft.dumpElements(table, 'pairs')), []);
  const ranges = ['10.0.0.0', '10.1.0.0', '10.2.0.0'].map((address) => ({
    key: ip4(address),
    keyEnd: ip4(address.replace(/0$/, '255')),
  }));
  await batches.commit({
    reason: 'test',
    operations: [
      { op: 'add-set', table, set: nets },
      { op: 'add-elements', table, set: nets, elements: ranges.slice(1) },
    ],
  });
  await batches.commit({
    reason: 'test',
    operations: [{ op: 'destroy-elements', table, set: nets, elements: ranges.slice(0, 2) }],
  });
  t.deepEqual(keysOf(await kernel.nft.dumpElements(table, 'nets')), ['10.2.0.0']);
});

test.serial('another refusal leaves all as it was, and is told', async (t) => {
  const missing: SetSpec = { name: 'nowhere', key: ['ipv4_addr'] };
  const element = { key: ip4('10.2.0.0'), keyEnd: ip4('10.2.0.255') };
  const thrown = await t.throwsAsync(
    batches.commit({
      reason: 'test',
      operations: [
        { op: 'destroy-elements', table, set: nets, elements: [element, { key: ip4('10.9.0.0') }] },
        { op: 'delete-elements', table, set: missing, elements: [{ key: ip4('10.0.0.1') }] },
      ],
    }),
  );
  t.regex(thrown!.message, /delete element ip older nowhere/);
  t.deepEqual(keysOf(await kernel.nft.dumpElements(table, 'nets')), ['10.2.0.0']);
});

test.serial('a table is destroyed, there or not', async (t) => {
  for (let times = 0; times < 2; times++) {
    await batches.commit({ reason: 'test', operations: [{ op: 'delete-table', table, destroy: true }] });
  }
  t.is(await kernel.nft.readTable(table), undefined);
});
