/** Kernel settings of a namespace: set, read back, and told from those that are missing. */

import test from 'ava';
import type { SysctlReport } from '../../src/shell/sysctl.js';
import { createNamespaces } from '../support/netns.js';

const root = new URL('../../', import.meta.url);

test('settings are applied, checked, left alone when acceptable, and missing ones named', async (t) => {
  const namespaces = createNamespaces();
  try {
    const a = namespaces.add('a');
    const b = namespaces.add('b');
    namespaces.link({ ns: a, dev: 'front0' }, { ns: b, dev: 'front0' });
    const call = (what: string): SysctlReport[] => {
      const script = `
        const { applySysctls, checkSysctls } = await import('${new URL('src/shell/sysctl.ts', root).href}');
        const { nodeSysctls, interfaceSysctls } = await import('${new URL('src/conntrack/sysctls.ts', root).href}');
        const settings = [...nodeSysctls, ...interfaceSysctls('front0'), ...interfaceSysctls('nosuch0')];
        console.log(JSON.stringify(await ${what}(settings)));`;
      const tsx = new URL('node_modules/tsx/dist/loader.mjs', root).href;
      const args = ['--input-type=module', `--import=${tsx}`, '-e', script];
      return JSON.parse(namespaces.run(a, process.execPath, ...args)) as SysctlReport[];
    };
    const before = call('checkSysctls');
    t.like(
      before.find((each) => each.key === 'net.ipv4.ip_forward'),
      { ok: false, before: '0' },
    );

    const applied = call('applySysctls');
    const forward = applied.find((each) => each.key === 'net.ipv4.ip_forward');
    t.like(forward, { ok: true, before: '0', changed: true });
    t.is(forward?.reason, undefined);
    t.true(applied.find((each) => each.key.endsWith('front0.rp_filter'))?.ok);

    const missing = applied.filter((each) => !each.ok);
    t.is(missing.length, 3);
    t.true(
      missing.every((each) => each.key.includes('.nosuch0.') && /does not exist/.test(each.reason ?? '')),
    );

    t.true(call('applySysctls').every((each) => !each.changed));
    t.is(namespaces.run(b, 'cat', '/proc/sys/net/ipv4/ip_forward').trim(), '0');
  } finally {
    await namespaces.dispose();
  }
});
