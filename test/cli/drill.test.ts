/** What is wrong with a drill's options is told before any lab is looked for. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createProgram } from '../../src/cli/program.js';
import { reportJson } from '../../src/drill/report.js';
import { storedReportFor } from '../support/drill-report.js';

for (const [words, pattern] of [
  ['drill run handover --for 10s', /--for is for idle: handover lasts as long as it does/],
  ['drill run node-off --load 3', /--load is for idle/],
  ['drill run node-off --to lb2', /--to is for handover/],
  ['drill plan node-off --to lb2', /--to is for handover/],
  ['drill run meteor', /no fault 'meteor': one of handover, /],
  ['drill run handover --max-outage 5', /'5': give a time as 500ms/],
  ['drill run handover --node lb1', /--node lb1: write it as lb1=/],
  ['drill suite /', /\/ failed: it is a folder: name a file/],
  ['drill judge /nowhere.json', /\/nowhere\.json: no such report/],
] as const) {
  test(`refused: ${words}`, async (t) => {
    const program = createProgram({}, { print: () => t.fail('something was printed'), fail: () => t.fail() });
    const error = await t.throwsAsync(program.parseAsync(['node', 'relevo', ...words.split(' ')]));
    t.regex(error?.message ?? '', pattern);
  });
}

test('reports of two faults are not compared', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-reports-'));
  try {
    const [one, other] = [join(folder, 'one.json'), join(folder, 'other.json')];
    const text = reportJson(storedReportFor(400));
    writeFileSync(one, text);
    writeFileSync(other, text.replaceAll('"fault":"node-off"', '"fault":"partition"'));
    const relevo = (...words: string[]) =>
      createProgram({}, { print: () => undefined, fail: () => undefined }).parseAsync([
        ...['node', 'relevo', 'drill'],
        ...words,
      ]);
    const pattern = /is of node-off, and this is partition: compare reports of the same fault/;
    await t.throwsAsync(relevo('compare', one, other), { message: pattern });
    await t.throwsAsync(relevo('judge', other, one, '--html', join(folder, 'page.html')), {
      message: pattern,
    });
    await t.notThrowsAsync(relevo('compare', one, one));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
