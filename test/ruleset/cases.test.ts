/**
 * Golden cases: test/cases/<name>/services.json becomes expected.nft. Write them again with UPDATE_CASES=1 and read the difference.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { diffText, renderText } from '../../src/app/documents.js';
import type { EngineContext } from '../../src/ruleset/context.js';

const folder = new URL('../cases/', import.meta.url);
const context: EngineContext = { logGroup: 5, floating: [], protect: false };

/** Long element lists one to a line: a person reads these. */
const readable = (text: string): string =>
  text.replace(/^(.* element .*) \{ (.*) \}$/gm, (line, start: string, elements: string) =>
    line.length < 110 ? line : `${start} {\n  ${elements.replaceAll(', ', ',\n  ')}\n}`,
  );

const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

for (const name of readdirSync(folder)
  .filter((one) => /^\d/.test(one))
  .sort()) {
  test(name, (t) => {
    const rendered = renderText(read(`${name}/services.json`), context);
    if ('problems' in rendered) return t.fail(JSON.stringify(rendered.problems));
    const text = readable(rendered.text);
    if (process.env.UPDATE_CASES) writeFileSync(new URL(`${name}/expected.nft`, folder), text);
    t.is(text, read(`${name}/expected.nft`));
  });
}

test('diff: what one document tells a kernel that holds the other, and nothing for the same', (t) => {
  const five = read('05-persistence/services.json');
  const same = diffText(five, five, context);
  t.deepEqual(same, { changed: [], text: '' });
  const changed = diffText(
    five,
    five
      .replace('"name": "b1",', '"name": "b1", "state": "down",')
      .replace('"port": "8080",\n          "state": "up"', '"port": "8080"'),
    context,
  );
  if ('problems' in changed) return t.fail(JSON.stringify(changed.problems));
  t.deepEqual(changed.changed, ['web']);
  t.is(
    changed.text,
    `# 1 services change
delete element ip relevo slots { 192.0.2.1 . tcp . 80 . 0 }
delete element ip relevo record_300s_log { 192.0.2.1 . tcp . 80 . 10.1.0.1 . 8080 }
# and purges the persistence entries of 1 backends that leave
`,
  );
  const bad = diffText('{', five, context);
  t.true('problems' in bad && bad.problems[0]?.path === '(current) (document)');
});
