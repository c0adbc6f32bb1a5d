/** Kernel settings by /proc/sys: reads, writes and checks exactly the keys it is given. In a network namespace, that namespace's. */

import { readFile, writeFile } from 'node:fs/promises';
import { type SysctlSetting, sysctlAcceptable } from '../conntrack/sysctls.js';

export interface SysctlReport {
  readonly key: string;
  readonly ok: boolean;
  /** What was there before; undefined if the kernel has no such key. */
  readonly before: string | undefined;
  readonly changed: boolean;
  /** Only when not ok: what is wrong, and the remedy. */
  readonly reason?: string;
}

/** Interface names may contain dots (VLANs: `eth0.5`), and stay one folder: only the known ends of a key are split. */
export const sysctlPath = (key: string): string => {
  const perInterface = /^net\.(ipv4|ipv6)\.conf\.(.+)\.([a-z_0-9]+)$/.exec(key);
  return perInterface
    ? `/proc/sys/net/${perInterface[1]}/conf/${perInterface[2]}/${perInterface[3]}`
    : `/proc/sys/${key.replaceAll('.', '/')}`;
};

const readKey = async (key: string): Promise<string | undefined> => {
  try {
    return (await readFile(sysctlPath(key), 'utf8')).trim();
  } catch {
    return undefined;
  }
};

const absent = (key: string): string =>
  key.startsWith('net.netfilter.')
    ? `${key} does not exist: load the kernel module nf_conntrack`
    : `${key} does not exist on this node`;

/** Compares without changing anything. */
export const checkSysctls = async (settings: readonly SysctlSetting[]): Promise<SysctlReport[]> => {
  const reports: SysctlReport[] = [];
  for (const setting of settings) {
    const { key } = setting;
    const before = await readKey(key);
    if (before === undefined) {
      reports.push({ key, ok: false, before, changed: false, reason: absent(key) });
    } else if (sysctlAcceptable(setting, before)) {
      reports.push({ key, ok: true, before, changed: false });
    } else {
      const reason = `${key} is ${before}, needs ${setting.value}: ${setting.why}`;
      reports.push({ key, ok: false, before, changed: false, reason });
    }
  }
  return reports;
};

/** Writes what is not acceptable, then reads back. A refusal is a report, not an error: the node runs, not ready. */
export const applySysctls = async (settings: readonly SysctlSetting[]): Promise<SysctlReport[]> => {
  const reports: SysctlReport[] = [];
  for (const [index, report] of (await checkSysctls(settings)).entries()) {
    const setting = settings[index]!;
    if (report.ok || report.before === undefined) {
      reports.push(report);
      continue;
    }
    try {
      await writeFile(sysctlPath(setting.key), setting.value);
      const [after] = await checkSysctls([setting]);
      reports.push({ ...after!, before: report.before, changed: after!.ok });
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      reports.push({ ...report, reason: `${report.reason} (writing it failed: ${why})` });
    }
  }
  return reports;
};
