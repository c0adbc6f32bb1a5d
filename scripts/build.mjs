// Compiles src/ to dist/. The protobuf code in src/wire/gen is generated first when a .proto file is newer.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';

const bin = (name) => new URL(`../node_modules/.bin/${name}`, import.meta.url).pathname;
const root = new URL('..', import.meta.url).pathname;
process.chdir(root);

rmSync('dist', { recursive: true, force: true });
execFileSync(bin('tsc'), ['-p', 'tsconfig.json'], { stdio: 'inherit' });
if (existsSync('src/wire/gen')) cpSync('src/wire/gen', 'dist/wire/gen', { recursive: true });
if (existsSync('dist/bin/relevo.js')) chmodSync('dist/bin/relevo.js', 0o755);
