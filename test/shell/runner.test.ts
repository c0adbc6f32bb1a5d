import test from 'ava';
import { RelevoError } from '../../src/errors.js';
import { createRunner, runOrThrow } from '../../src/shell/runner.js';

const runner = createRunner();

test('a status other than zero is a result', async (t) => {
  t.deepEqual(await runner.run('sh', ['-c', 'echo out; echo err >&2; exit 3']), {
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('input reaches the program, without it stdin is empty', async (t) => {
  t.is((await runner.run('cat', [], { input: 'given' })).stdout, 'given');
  t.is((await runner.run('cat', [])).stdout, '');
});

test('arguments are never read by a shell', async (t) => {
  t.is((await runner.run('echo', ['$(id)', ';', '`id`'])).stdout, '$(id) ; `id`\n');
});

test('PATH holds system folders only', async (t) => {
  t.is((await runner.run('sh', ['-c', 'echo $PATH'])).stdout, '/usr/sbin:/usr/bin:/sbin:/bin\n');
});

test('a program that does not end is killed and classified', async (t) => {
  const error = await t.throwsAsync(runner.run('sleep', ['30'], { timeoutMs: 50 }), {
    instanceOf: RelevoError,
  });
  t.is((error as RelevoError).code, 'timeout');
});

test('a program that is not there is classified', async (t) => {
  const error = await t.throwsAsync(runner.run('relevo-no-such-program', []), { instanceOf: RelevoError });
  t.is((error as RelevoError).code, 'not-found');
});

test('a program that dies of a signal is an error', async (t) => {
  const error = await t.throwsAsync(runner.run('sh', ['-c', 'kill -9 $$']), { instanceOf: RelevoError });
  t.is((error as RelevoError).code, 'command-failed');
});

test('runOrThrow says what the program said', async (t) => {
  const error = await t.throwsAsync(runOrThrow(runner, 'ls', ['/relevo-no-such']), {
    instanceOf: RelevoError,
  });
  t.regex(error?.message ?? '', /No such file/);
});
