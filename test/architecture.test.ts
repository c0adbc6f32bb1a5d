/** The direction of imports (docs/ARCHITECTURE.md, Layout) and the size of files, enforced. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import test from 'ava';

const root = new URL('../src', import.meta.url).pathname;
const generated = 'wire/gen/';

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => !file.startsWith(generated))
  .sort();

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|import\('([^']+)'\)/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );

const folderOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '(top)');

const pure = [
  'model',
  'config',
  'ruleset',
  'netlink',
  'election',
  'replication',
  'wire',
  'health',
  'conntrack',
];
const topShared = ['errors.ts', 'limits.ts'];

/** Which folders a folder may import; `(shared)` is errors.ts and limits.ts, `(ports)` is ports.ts. */
const allowed: Record<string, readonly string[]> = {
  ...Object.fromEntries(pure.map((folder) => [folder, [...pure, '(shared)']])),
  app: ['app', ...pure, '(shared)', '(ports)'],
  shell: ['shell', ...pure, '(shared)', '(ports)'],
  api: ['api', 'app', 'web', ...pure, '(shared)', '(ports)'],
  web: ['web', ...pure, '(shared)'],
  cli: ['cli', 'api', 'app', 'shell', 'lab', 'drill', ...pure, '(shared)', '(ports)', '(daemon)'],
  lab: ['lab', 'shell', 'app', ...pure, '(shared)', '(ports)'],
  drill: ['drill', 'lab', 'shell', 'app', ...pure, '(shared)', '(ports)'],
  bin: ['cli', 'shell', '(shared)'],
};

/** Packages a pure folder may use: parsers and codecs, nothing that reaches outside. */
const purePackages: Record<string, readonly string[]> = {
  config: ['zod', 'yaml'],
  wire: ['protobufjs/minimal.js'],
};
/** Packages that reach outside: only where the outside is. */
const outsidePackages = ['ws', 'netlink', 'koffi', 'execa', 'node-arp', 'pino', 'etcd3'];
const outsideFolders = ['shell', 'bin'];
/** Programs that a lab or a drill starts inside a namespace are processes of their own. */
const isProcess = (file: string): boolean => /^(lab|drill)\/.*-process\.ts$/.test(file);

const targetOf = (file: string, specifier: string): string => {
  const path = normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts');
  if (topShared.includes(path)) return '(shared)';
  if (path === 'ports.ts') return '(ports)';
  if (['daemon.ts', 'witness.ts', 'nftlb-node.ts'].includes(path)) return '(daemon)';
  return folderOf(path);
};

test('imports point inward', (t) => {
  const wrong: string[] = [];
  for (const file of files) {
    const folder = folderOf(file);
    if (folder === '(top)') continue;
    const rules = allowed[folder];
    if (!rules) {
      wrong.push(`${file}: folder '${folder}' has no rule here`);
      continue;
    }
    for (const specifier of importsOf(readFileSync(join(root, file), 'utf8'))) {
      if (specifier.startsWith('.')) {
        const target = targetOf(file, specifier);
        if (!rules.includes(target)) wrong.push(`${file} imports ${specifier} (${target})`);
      } else if (pure.includes(folder)) {
        if (!purePackages[folder]?.includes(specifier))
          wrong.push(`${file} imports ${specifier}: pure folder`);
      } else if (specifier.startsWith('node:') || outsidePackages.includes(specifier)) {
        if (!outsideFolders.includes(folder) && !isProcess(file))
          wrong.push(`${file} imports ${specifier}: not in shell/`);
      }
    }
  }
  t.deepEqual(wrong, []);
});

test('pure folders take time and chance as arguments', (t) => {
  const forbidden = /\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\b|\bprocess\./;
  const wrong = files
    .filter((file) => pure.includes(folderOf(file)))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (forbidden.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
  t.deepEqual(wrong, []);
});

/** Longest file allowed, and the ratchet: the files that are longer today may only shrink. */
const longestLines = 350;
const longerToday: Record<string, number> = {};

test('files stay small', (t) => {
  const wrong: string[] = [];
  for (const file of files) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1;
    const bound = longerToday[file] ?? (file === 'daemon.ts' ? 150 : longestLines);
    if (lines > bound) wrong.push(`${file}: ${lines} lines, ${bound} allowed`);
  }
  t.deepEqual(wrong, []);
});

test('a file opens with what it owns', (t) => {
  const wrong = files.filter((file) => !/^(#!.*\n)?\/\*\*/.test(readFileSync(join(root, file), 'utf8')));
  t.deepEqual(wrong, []);
});

test('nothing names a path of one machine or leaves a task behind', (t) => {
  const leftOver = new RegExp(['TO', 'DO|FIX', 'ME|HA', 'CK|\\bX', 'XX\\b'].join(''));
  t.deepEqual(
    files.filter((file) => leftOver.test(readFileSync(join(root, file), 'utf8'))),
    [],
  );
});
