// Generates src/wire/gen from proto/relevo/v1: static code, so that nothing is compiled or read at run time.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);
const run = (name, ...args) =>
  execFileSync(`${root}node_modules/.bin/${name}`, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const generate = (target, ...options) =>
  run(
    'pbjs',
    ...['-t', 'static-module', '-w', 'es6', '--es6', '--force-number', '--no-create', '--no-verify'],
    ...['--no-convert', '--no-delimited', '--no-typeurl', '--no-service', ...options],
    ...['--dependency', 'protobufjs/minimal.js', '-o', target, 'proto/relevo/v1/sync.proto'],
  );
const code = 'src/wire/gen/sync.js';
const commented = 'src/wire/gen/commented.js';

mkdirSync('src/wire/gen', { recursive: true });
// The declarations are made of the comments; the code that runs does without them.
generate(commented);
run('pbts', '-o', 'src/wire/gen/sync.d.ts', commented);
rmSync(commented);
generate(code, '--no-comments');
// protobufjs is CommonJS and fills its exports in a way that Node's lexer does not see: only the default import is complete.
writeFileSync(
  code,
  readFileSync(code, 'utf8').replace('import * as $protobuf from', 'import $protobuf from'),
);
