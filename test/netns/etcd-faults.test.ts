/** What happens to real etcd, and what nodes then say and do. One lab, one fault after the other. */

import { copyFileSync, rmSync } from 'node:fs';
import test from 'ava';
import { hostFolder } from '../../src/lab/state.js';
import { etcdNames } from '../../src/lab/topology.js';
import { initAuthority, issueCertificate } from '../../src/shell/certificates.js';
import { createEtcdLab, type EtcdLab, labNodes, until } from '../support/etcd-lab.js';

const ttlMs = 4_000;
let lab: EtcdLab;

test.before(async () => {
  lab = await createEtcdLab(ttlMs);
});
test.after.always(() => lab?.down());

const takeovers = async (): Promise<number> => {
  const all = await Promise.all(labNodes.map(lab.status));
  return all.reduce((sum, { groups }) => sum + groups[0]!.takeovers, 0);
};
const isQuiet = async (): Promise<boolean> =>
  (await Promise.all(labNodes.map(lab.problems))).every((problems) => problems.length === 0);

test.serial(
  'the leader is killed: the owner goes on, another member leads, and a handover works',
  async (t) => {
    const owner = await lab.owner();
    const before = await takeovers();
    const leader = await lab.leader();
    await lab.kill([leader]);
    const next = await lab.leader();
    t.not(next, leader);
    await until('no problem is left', isQuiet);
    t.deepEqual(await lab.active(), [owner]);
    t.is(await takeovers(), before);
    // An etcd that answers late on a busy machine costs a repetition.
    await until('a handover', async () => {
      const active = await lab.owner();
      if (active !== owner) return true;
      await lab.handover(owner);
      return undefined;
    });
    await lab.start([leader]);
  },
);

test.serial('every member is killed and started again within the lease: nothing moves', async (t) => {
  const owner = await lab.owner();
  const before = await takeovers();
  await lab.kill(etcdNames);
  await lab.start(etcdNames);
  await lab.leader();
  await until('no problem is left', isQuiet);
  t.deepEqual(await lab.active(), [owner]);
  t.is(await takeovers(), before);
});

test.serial(
  'etcd is silent for longer than the lease: served and named until it ends, not after',
  async (t) => {
    const owner = await lab.owner();
    lab.signal(etcdNames, 'SIGSTOP');
    const silentMs = performance.now();
    const named = await until('the silence is named', async () =>
      (await lab.problems(owner)).find((text) => text.startsWith('etcd has not answered')),
    );
    t.regex(named, /keeps its groups for another \d+ s.*start its members at coordination\.endpoints again/s);
    if (performance.now() < silentMs + ttlMs / 2) t.deepEqual(lab.answerers(), [owner]);
    await until('it has stepped down', async () => (await lab.active()).length === 0);
    const servedMs = performance.now() - silentMs;
    t.true(servedMs > ttlMs / 2, `served for ${servedMs.toFixed(0)} ms`);
    t.deepEqual(lab.answerers(), []);
    t.regex((await lab.problems(owner)).join('\n'), /cannot take a group over/);
    lab.signal(etcdNames, 'SIGCONT');
    await lab.owner();
    await until('no problem is left', isQuiet);
  },
);

test.serial(
  'another etcd under the same addresses is refused by all, and no reason for the owner to go',
  async (t) => {
    const owner = await lab.owner();
    const anew = (arg: string): string =>
      arg.replace(/^(--data-dir=.*)$/, '$1-other').replace(/^(--initial-cluster-token=.*)$/, '$1-other');
    await lab.kill(etcdNames);
    await lab.start(etcdNames, anew);
    const refusals = await Promise.all(
      labNodes.map((node) =>
        until(`${node} refuses it`, async () =>
          (await lab.problems(node)).find((text) => text.startsWith('etcd answers as cluster')),
        ),
      ),
    );
    for (const text of refusals) t.regex(text, /where this node knows .*remove etcd-cluster\.json/s);
    const own = refusals[labNodes.indexOf(owner)]!;
    t.regex(own, /this node keeps its groups for another \d+ s|cannot take a group over/);
    await until('its lease has ended', async () => (await lab.active()).length === 0);

    // Two members of the right one are enough, wherever a node asks first.
    await lab.kill(['etcd1', 'etcd2']);
    await lab.start(['etcd1', 'etcd2']);
    await lab.owner();
    await until('no problem is left', isQuiet);
    await lab.kill(['etcd3']);
    await lab.start(['etcd3']);
    for (const member of etcdNames) rmSync(`${hostFolder(lab.name, member)}/etcd-other`, { recursive: true });
  },
);

test.serial(
  'foreign certificates are named on the node that has them, and nobody else is disturbed',
  async (t) => {
    const owner = await lab.owner();
    const [wrongAuthority, wrongCertificate] = labNodes.filter((node) => node !== owner) as [
      (typeof labNodes)[number],
      (typeof labNodes)[number],
    ];
    for (const node of [wrongAuthority, wrongCertificate]) {
      const folder = `${hostFolder(lab.name, node)}/foreign`;
      await initAuthority(folder, 'foreign');
      await issueCertificate(folder, node);
      const ca = node === wrongAuthority ? 'foreign/ca.crt' : 'ca.crt';
      const tls = `  tls: { ca: ${ca}, cert: foreign/${node}.crt, key: foreign/${node}.key }\n`;
      await lab.reconfigure([node], (yaml) => yaml.replace(/^ {2}driver: etcd\n/m, (line) => line + tls));
    }
    for (const node of [wrongAuthority, wrongCertificate]) {
      const named = await until(`${node} names it`, async () =>
        (await lab.problems(node)).find((text) => text.includes('certificate refused')),
      );
      t.regex(named, /give coordination\.tls the authority of etcd.*cannot take a group over/s);
    }
    t.deepEqual(await lab.active(), [owner]);
    t.deepEqual(lab.answerers(), [owner]);
    t.deepEqual(await lab.problems(owner), []);

    for (const node of [wrongAuthority, wrongCertificate]) {
      const folder = hostFolder(lab.name, node);
      copyFileSync(`${lab.certificates}/ca.crt`, `${folder}/foreign/ca.crt`);
      for (const kind of ['crt', 'key'])
        copyFileSync(`${lab.certificates}/${node}.${kind}`, `${folder}/foreign/${node}.${kind}`);
      process.kill(lab.process(`${node}/agent`).pid, 'SIGHUP');
    }
    await until('right ones are taken by a reload', isQuiet);
    t.deepEqual(await lab.active(), [owner]);
  },
);
