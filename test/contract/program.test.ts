/** The built program as people start it: what it says, and to whom. Needs `npm run build`. */

import { execFile } from 'node:child_process';
import test from 'ava';
import { builtProgram } from '../../src/shell/programs.js';

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const relevo = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [builtProgram('bin/relevo.js'), ...args],
      { timeout: 60_000 },
      (error, stdout, stderr) => resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

for (const command of ['agent', 'witness', 'nftlb']) {
  test(`${command}: a configuration that is not there is named on standard error`, async (t) => {
    const { status, stderr } = await relevo(command, '-c', '/nonexistent/file');
    t.is(status, 1);
    t.regex(stderr, /\/nonexistent\/file: no such file/);
  });
}
