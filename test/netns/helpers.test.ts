/** Real ftp and tftp sessions through the balancer: vsftpd and tftpd-hpa as backends, curl as their client. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import type { Ip } from '../../src/model/address.js';
import type { Service } from '../../src/model/service.js';
import { backendAddress6, createBed, vip, vip6 } from '../support/bed.js';
import { backendsAt, plainService, port } from '../support/services.js';

const bed = await createBed({ backends: 2 });
const folder = mkdtempSync(join(tmpdir(), 'relevo-helpers-'));
test.after.always(async () => {
  await bed.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const { namespaces } = bed;
const run = promisify(execFile);

/** What curl downloads; rejects when it cannot. */
const curl = async (...args: string[]): Promise<string> =>
  (await run('/usr/bin/curl', ['--silent', '--show-error', '--max-time', '3', ...args])).stdout;

const waitFor = async (namespace: string, listening: string): Promise<void> => {
  for (let tries = 0; tries < 50; tries++) {
    if (namespaces.run(namespace, 'ss', '-Hnltu').includes(listening)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens at ${listening}`);
};

const startServers = async (index: number): Promise<void> => {
  const name = `b${index}`;
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, 'who'), name);
  const secure = join(folder, `${name}-empty`);
  mkdirSync(secure);
  const config = join(folder, `${name}.conf`);
  writeFileSync(
    config,
    [
      'listen=NO',
      'listen_ipv6=YES',
      'background=NO',
      'anonymous_enable=YES',
      `anon_root=${home}`,
      `secure_chroot_dir=${secure}`,
      'no_anon_password=YES',
      'connect_from_port_20=YES',
      'pasv_enable=YES',
      'seccomp_sandbox=NO',
      '',
    ].join('\n'),
  );
  const namespace = `${namespaces.id}-${name}`;
  namespaces.start(namespace, '/usr/sbin/vsftpd', config);
  namespaces.start(
    namespace,
    '/usr/sbin/in.tftpd',
    '--foreground',
    '--listen',
    '--ipv4',
    '--address',
    '0.0.0.0:69',
    '--secure',
    home,
  );
  await waitFor(namespace, ':21');
  await waitFor(namespace, ':69');
};

test.before(async () => {
  await startServers(1);
  await startServers(2);
  // Backends are reached through services only, and reach nobody: what a helper does not announce is lost.
  for (const family of ['ip', 'ip6']) {
    bed.nft(`
      add table ${family} firewall;
      add chain ${family} firewall forward { type filter hook forward priority 0; };
      add rule ${family} firewall forward ct state new ct status & dnat == 0 drop;
    `);
  }
});

const ftp = (changes: Partial<Service> = {}): Service =>
  plainService({ name: 'ftp', backends: backendsAt(2, { port: 21 }), ...changes }, { port: 21 });

const tftp = (changes: Partial<Service> = {}): Service =>
  plainService(
    { name: 'tftp', backends: backendsAt(2, { port: 69 }), ...changes },
    { port: 69, protocol: 'udp' },
  );

/** PASV: the server names an address; curl is told to use what it names. */
const passive = (address: string): Promise<string> =>
  curl('--no-ftp-skip-pasv-ip', '--disable-epsv', `ftp://${address}/who`);
const extendedPassive = (address: string): Promise<string> => curl(`ftp://${address}/who`);
const active = (address: string): Promise<string> =>
  curl('--ftp-port', '-', '--disable-eprt', `ftp://${address}/who`);
const extendedActive = (address: string): Promise<string> => curl('--ftp-port', '-', `ftp://${address}/who`);

for (const mode of ['dnat', 'snat'] as const) {
  test.serial(`ftp, passive and active, ${mode}`, async (t) => {
    const engine = bed.engine();
    await engine.reconciler.apply({ services: [ftp({ mode })] });
    await t.throwsAsync(passive(vip), undefined, 'without the helper the data connection is lost');
    await t.throwsAsync(active(vip));

    await engine.reconciler.apply({ services: [ftp({ mode, helper: 'ftp' })] });
    const names = new Set<string>();
    for (const session of [passive, active, extendedPassive, extendedActive]) {
      names.add(await session(vip));
      names.add(await session(vip));
    }
    t.deepEqual([...names].sort(), ['b1', 'b2']);
    bed.listing();
    await engine.stop();
  });

  test.serial(`tftp, ${mode}`, async (t) => {
    const engine = bed.engine();
    await engine.reconciler.apply({ services: [tftp({ mode })] });
    await t.throwsAsync(curl(`tftp://${vip}/who`));
    await engine.reconciler.apply({ services: [tftp({ mode, helper: 'tftp' })] });
    t.regex(await curl(`tftp://${vip}/who`), /^b[12]$/);
    t.regex(await curl(`tftp://${vip}/who`), /^b[12]$/);
    await engine.stop();
  });
}

test.serial('ftp over IPv6', async (t) => {
  const engine = bed.engine();
  const six = (changes: Partial<Service>): Service =>
    ftp({
      addresses: [{ address: vip6 as Ip, protocol: 'tcp', ports: [port(21)] }],
      endpoints: [],
      backends: backendsAt(2, { port: 21 }, backendAddress6),
      ...changes,
    });
  await engine.reconciler.apply({ services: [six({})] });
  await t.throwsAsync(extendedActive(`[${vip6}]`));
  await engine.reconciler.apply({ services: [six({ helper: 'ftp' })] });
  t.regex(await extendedPassive(`[${vip6}]`), /^b[12]$/);
  t.regex(await extendedActive(`[${vip6}]`), /^b[12]$/);
  bed.listing();
  await engine.stop();
});

test.serial('every helper is given to first packets of its services only', async (t) => {
  const engine = bed.engine();
  const kinds = [
    ['ftp', 'tcp', 21],
    ['pptp', 'tcp', 1723],
    ['sip', 'tcp', 5060],
    ['sip', 'udp', 5060],
    ['snmp', 'udp', 161],
    ['tftp', 'udp', 69],
  ] as const;
  const services = kinds.map(([helper, protocol, number]) =>
    plainService(
      { name: `${helper}-${protocol}`, helper, backends: backendsAt(1, { port: number }) },
      { port: number, protocol },
    ),
  );
  await engine.reconciler.apply({ services: [...services, plainService({ name: 'none' })] });
  const listing = bed.listing();
  for (const [helper, protocol] of kinds)
    t.true(listing.includes(`ct helper ${helper}_${protocol} {`), helper);
  t.deepEqual(engine.reconciler.shortcomings(), []);

  // A restarted agent finds the objects; a document without helpers takes them away.
  await engine.stop();
  const next = bed.engine();
  await next.reconciler.adopt();
  t.is(
    (await next.reconciler.apply({ services: [...services, plainService({ name: 'none' })] })).operations,
    0,
  );
  await next.stop();
  const last = bed.engine();
  await last.reconciler.adopt();
  await last.reconciler.apply({ services: [plainService({ name: 'none' })] });
  t.notRegex(bed.listing(), /ct helper|helper_/);
  await last.stop();
});

test.serial('a service without connection tracking cannot have one, and says so', async (t) => {
  const engine = bed.engine();
  await engine.reconciler.apply({ services: [ftp({ helper: 'ftp', mode: 'dsr', endpoints: [] })] });
  t.regex(engine.reconciler.shortcomings()[0]!.reason, /helper ftp.*dsr/);
  await engine.stop();
});
