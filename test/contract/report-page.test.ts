/** A report's page in a real browser: light and dark, wide and narrow, nothing sticks out and nothing is drawn outside the drawing. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import anyTest from 'ava';
import { drillPage } from '../../src/drill/page/page.js';
import { storedReportFor } from '../support/drill-report.js';

const chromium = '/usr/bin/chromium';
// Not among what CI installs: it is as large as everything else together.
const test = existsSync(chromium) ? anyTest : anyTest.skip;

/** Runs in the page, and leaves what it measured in an attribute. */
const measure = `<script>
const svg = document.querySelector('svg'), frame = svg.getBoundingClientRect();
const parts = [...svg.querySelectorAll('rect, line, text')].map((each) => each.getBoundingClientRect());
const style = getComputedStyle(document.body);
document.documentElement.dataset.measured = JSON.stringify({
  ground: style.backgroundColor, ink: style.color, parts: parts.length,
  outside: parts.filter((one) => !(one.left >= frame.left - 1 && one.right <= frame.right + 1 && one.top >= frame.top - 1 && one.bottom <= frame.bottom + 1)).length,
  page: document.documentElement.scrollWidth, window: innerWidth, verdict: document.querySelector('.verdict').textContent,
  worse: getComputedStyle(document.querySelector('td.worse')).color, loaded: performance.getEntriesByType('resource').length,
});
</script>`;

interface Measured {
  readonly ground: string;
  readonly ink: string;
  readonly parts: number;
  readonly outside: number;
  readonly page: number;
  readonly window: number;
  readonly verdict: string;
  readonly worse: string;
  readonly loaded: number;
}

const lightness = (colour: string): number =>
  (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, each) => sum + Number(each), 0) / 3;

for (const [name, scheme, width] of [
  ['light', 1, 1200],
  ['dark', 0, 600],
] as const) {
  test(`a report in Chromium, ${name}, ${width} pixels wide (skipped: ${chromium} is not installed)`, async (t) => {
    t.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), 'relevo-page-'));
    try {
      const page = drillPage(storedReportFor(900), storedReportFor(400));
      writeFileSync(join(folder, 'report.html'), page.replace('</body>', `${measure}</body>`));
      const flags = [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', `--user-data-dir=${folder}/profile`],
        ...[`--window-size=${width},900`, `--blink-settings=preferredColorScheme=${scheme}`],
      ];
      const { stdout } = await promisify(execFile)(chromium, [...flags, `file://${folder}/report.html`], {
        timeout: 100_000,
      });
      const [, text = ''] = /data-measured="([^"]*)"/.exec(stdout) ?? [];
      const measured = JSON.parse(text.replaceAll('&quot;', '"')) as Measured;
      t.log(measured);
      t.is(measured.verdict, 'FAIL');
      t.is(measured.loaded, 0, 'nothing is fetched');
      t.true(measured.parts > 100);
      t.is(measured.outside, 0);
      t.true(measured.page <= measured.window, 'the page itself never scrolls sideways');
      const [ground, ink] = [lightness(measured.ground), lightness(measured.ink)];
      t.true(name === 'light' ? ground > 200 && ink < 80 : ground < 60 && ink > 180);
      t.not(measured.worse, measured.ink);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
