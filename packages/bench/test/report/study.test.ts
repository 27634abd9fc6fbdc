import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderStudyHtml, studyFiles } from '../../src/report/index.js';
import { missingChromium, onPaper, openBrowser, openPage, overflows, seriousFaults } from './browser.js';
import { studyFixture } from './study-fixture.js';

const PAGE = renderStudyHtml(studyFixture(12, 10));

describe('the page of a study', () => {
  it('leads with the method that ranks first over the tasks, and whether the tasks can tell', () => {
    expect(PAGE).toContain('method-1 ranks first: mean rank 1.25 of 10 over 12 tasks.');
    expect(PAGE).toContain(
      'On average over tasks method-1 is 0.20 points above method-2: better in 11, equal in 1, worse in 0.',
    );
    expect(PAGE).toContain('The tasks cannot tell the two apart');
    expect(PAGE).toContain('<td>1.25 (1.00 to 1.75)</td><td>1200 (1150 to 1260)</td>');
  });

  it('marks the best and the second of a task only where the seeds make it clear, and leads to its report', () => {
    const study = studyFixture(1, 3);
    const withClear = (...clear: readonly string[]): string =>
      renderStudyHtml({ ...study, tasks: study.tasks.map((task) => ({ ...task, clear })) });
    const cells = (page: string, mark: string): readonly (string | undefined)[] =>
      [...page.matchAll(new RegExp(`<td><${mark}>([^<]+)</${mark}></td>`, 'g'))].map(([, text]) => text);
    expect(cells(withClear(), 'b')).toEqual([]);
    expect(cells(withClear(), 'u')).toEqual([]);
    const means = study.tasks[0]?.cells.map(({ testAccuracyLast }) => testAccuracyLast?.mean ?? 0) ?? [];
    const texts = means.map((mean) => `${(100 * mean).toFixed(2)} ± 0.16`);
    expect(cells(withClear('method-2', 'method-3'), 'b')).toEqual([texts[1]]);
    expect(cells(withClear('method-2', 'method-3'), 'u')).toEqual([texts[2]]);
    expect(withClear()).toContain(
      '<a href="../tasks/cifar1+resnet56-resnet20/report/index.html">cifar1+resnet56-resnet20</a>',
    );
  });

  it('stands in a matrix of all pairs from both sides', () => {
    expect(PAGE).toContain(
      'method-1 minus method-3: +0.40 points, p &lt;0.001, corrected 0.004, 11 tasks won, 1 tied, 0 lost',
    );
    expect(PAGE).toContain(
      'method-3 minus method-1: −0.40 points, p &lt;0.001, corrected 0.004, 0 tasks won, 1 tied, 11 lost',
    );
  });

  it('says less where the tasks were not compared, and nothing of ranks', () => {
    const { statistics, ...study } = studyFixture(2, 2);
    expect(statistics?.methods).toHaveLength(2);
    const page = renderStudyHtml({
      ...study,
      tasks: study.tasks.map((task, at) =>
        at === 0 ? task : { ...task, page: null, teacher: null, cells: [] },
      ),
    });
    expect(page).toContain('1 of 2 tasks have results so far.');
    expect(page).not.toContain('<section id="ranks"');
    expect(page).not.toContain('<section id="pairwise"');
  });

  it('is also a table for papers', () => {
    const study = studyFixture(2, 3);
    const [clear, open] = study.tasks;
    if (clear === undefined || open === undefined) throw new Error('fixture');
    const tasks = [{ ...clear, clear: ['method-1', 'method-2'] }, open];
    const [file] = studyFiles({ ...study, tasks }, 'latex');
    const lines = String(file?.content)
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toContain('Task & Teacher & method-1 & method-2 & method-3 \\\\');
    const [first = '', second = '', ...others] = lines.filter((line) => line.startsWith('cifar'));
    expect(others).toEqual([]);
    expect(first).toMatch(/ & \$\\mathbf\{[\d.]+\} \\pm [\d.]+\$ & \$\\underline\{[\d.]+\} \\pm /);
    expect(first.match(/\\(mathbf|underline)/g)).toHaveLength(2);
    // Open which is best: nothing stands out.
    expect(second).not.toMatch(/mathbf|underline/);
    expect(studyFiles(studyFixture(2, 3), 'tensorboard')).toEqual([]);
  });

  it('says in every form which trainings are missing, and which networks cannot be compared', () => {
    const study = studyFixture(1, 3);
    const [task] = study.tasks;
    if (task === undefined) throw new Error('fixture');
    const [first, second, third] = task.cells.map((cell) => ({ ...cell }));
    if (first === undefined || second === undefined || third === undefined) throw new Error('fixture');
    const cells = [
      { ...first, seeds: [0], missing: [1, 2, 3, 4] },
      { ...second, testAccuracyLast: null, seeds: [], missing: [0] },
      { ...third, ownNetwork: true },
    ];
    const told = { ...study, tasks: [{ ...task, cells }] };
    const [latex, markdown] = (['latex', 'md'] as const).map((format) =>
      String(studyFiles(told, format)[0]?.content),
    );
    expect(latex).toMatch(/ \(1 of 5 seeds\) & missing & \$/);
    expect(latex).toMatch(/^% 5 trainings are not done/m);
    expect(latex).toContain('& method-3* \\\\');
    for (const text of [markdown, renderStudyHtml(told)]) {
      expect(text).toContain('method-3 †');
      expect(text).toContain('is neither ranked nor compared.');
      expect(text).toContain('(1 of 5 seeds)');
    }
  });
});

describe.skipIf(missingChromium !== '')(
  `the page of a study in Chromium${missingChromium}`,
  { timeout: 180_000 },
  () => {
    it('sorts its tasks, fits every width, and has no serious fault', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'study-page-'));
      const file = join(folder, 'index.html');
      writeFileSync(file, PAGE);
      const browser = await openBrowser();
      try {
        const { page, errors } = await openPage(browser, pathToFileURL(file).href);
        expect(PAGE.length).toBeLessThan(5e6);
        const tasks = page.locator('#tasks tbody th');
        expect(await tasks.first().textContent()).toBe('cifar1+resnet56-resnet20');
        const head = page
          .locator('#tasks')
          .getByRole('columnheader', { name: 'teacher' })
          .getByRole('button');
        await head.click();
        await head.click();
        expect(await tasks.first().textContent()).toBe('cifar12+resnet56-resnet20');
        const widths = [320, 480, 768, 1024, 1280, 1600];
        expect(await overflows(page, widths)).toEqual(widths.map(() => 0));
        expect(errors).toEqual([]);
        expect(await seriousFaults(page)).toEqual([]);
        writeFileSync(file, renderStudyHtml(studyFixture(8, 20)));
        await page.reload();
        const printed = await onPaper(page);
        expect(printed.cut).toEqual([]);
        const methods = Array.from({ length: 20 }, (_, at) => `method-${at + 1}`);
        expect(printed.heads['tasks']).toEqual(['task', 'teacher', ...methods]);
        expect(printed.heads['pairwise']).toEqual(methods);
      } finally {
        await browser.close();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
