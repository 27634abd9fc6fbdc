import escapeHtml from 'escape-html';
import { cohortTable } from './cohort-table.js';
import { columnsOf, ownNetworkNote, studentRow, teacherCells } from './columns.js';
import { findings } from './findings.js';
import { count, magnitude, percent, printable } from './format.js';
import { exhibitSection } from './exhibit-section.js';
import type { MethodInspections } from './exhibit-section.js';
import { accuracySection, curveSection } from './html-plots.js';
import { clearWinner, ranking } from './ranking.js';
import { STYLE } from './html-style.js';
import type { MethodResult, Report } from './report-data.js';
import { REPRODUCTION, configText, teacherWords, title } from './words.js';

/**
 * The report as one page that stands alone: no script, no request, readable on light and dark, on paper and by ear.
 *
 * @param givenResults what the report was made of: the learning curves are drawn from them
 * @param givenInspections what the methods showed of themselves
 */
export async function renderHtml(
  given: Report,
  givenResults: readonly MethodResult[],
  givenInspections: readonly MethodInspections[] = [],
): Promise<string> {
  const [report, results, shown] = printable([given, givenResults, givenInspections] as const);
  const heading = escapeHtml(title(report));
  const { headline, verdicts, caveats } = findings(report);
  const body = [
    `<h1>${heading}</h1>`,
    `<p class="headline">${escapeHtml(headline)}</p>`,
    ...verdicts.map((verdict) => `<p>${escapeHtml(verdict)}</p>`),
    caveats.length === 0
      ? ''
      : `<h2>What limits these numbers</h2>\n<ul>${caveats.map((caveat) => `<li>${escapeHtml(caveat)}</li>`).join('')}</ul>`,
    resultTable(report),
    cohortSection(report),
    await accuracySection(report),
    await curveSection(report, results),
    exhibitSection(shown),
    networkTable(report),
    section('Run it again', `<p>In the folder of this run:</p>\n${code(REPRODUCTION)}`),
    section('Configuration', code(configText(report.config))),
    environmentSection(report),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${heading}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

function resultTable(report: Report): string {
  const best = clearWinner(ranking(report))?.method;
  const note = ownNetworkNote(report);
  const columns = columnsOf(report);
  const names = columns.map(({ title: name }) => name);
  const head = columns.map(
    ({ title: name, meaning }) => `<th scope="col" title="${escapeHtml(meaning)}">${escapeHtml(name)}</th>`,
  );
  const rows = report.rows.map((row) =>
    tableRow(
      row.method === best ? 'best' : '',
      columns.map(({ cell }) => cell(row)),
      names,
    ),
  );
  const meanings = columns
    .slice(2, -1)
    .map(({ title: name, meaning }) => `<b>${escapeHtml(name)}</b>: ${escapeHtml(meaning)}`);
  return section(
    'Results',
    `${scrollable(
      'Results by method',
      `<table class="results">
<thead><tr>${head.join('')}</tr></thead>
<tbody>${[...rows, tableRow('teacher', teacherCells(report, columns), names)].join('\n')}</tbody>
</table>`,
    )}
${note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>\n`}<p class="note">${meanings.join('; ')}.</p>`,
  );
}

function cohortSection(report: Report): string {
  const cohorts = cohortTable(report);
  if (cohorts === undefined) return '';
  const title = 'Networks trained together';
  const head = cohorts.head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = cohorts.rows.map((cells) => tableRow('', cells)).join('\n');
  const table = `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return section(title, scrollable(title, table));
}

function networkTable(report: Report): string {
  const { config, teacher } = report;
  const student = studentRow(report);
  const lines = [
    [
      'teacher',
      teacher.model,
      count(teacher.parameters),
      magnitude(teacher.macs),
      percent(teacher.testAccuracy),
    ],
    ...(student === undefined
      ? []
      : [
          [
            'student',
            config.student.model,
            count(student.studentParameters),
            magnitude(student.studentMacs),
            '',
          ],
        ]),
  ];
  const head = ['', 'network', 'parameters', 'MACs per image', 'test %'].map(
    (name) => `<th scope="col">${name}</th>`,
  );
  return section(
    'Networks',
    `${scrollable(
      'Networks',
      `<table><thead><tr>${head.join('')}</tr></thead><tbody>${lines.map((cells) => tableRow('', cells)).join('\n')}</tbody></table>`,
    )}
<p class="note">${teacherWords(config)}</p>`,
  );
}

function environmentSection({ environment, schema }: Report): string {
  const { engine, packages } = environment;
  const entries: readonly (readonly [string, string])[] = [
    ['Engine', `${engine.name} (${engine.version})`],
    ...engine.refused.map(({ name, reason }) => [`Not ${name}`, reason] as const),
    ['Node', environment.node],
    ['System', environment.system],
    ['Processor', `${environment.cores} × ${environment.processor}, ${environment.memoryGib} GiB of memory`],
    [
      'Packages',
      Object.entries(packages)
        .map((entry) => entry.join(' '))
        .join(', '),
    ],
    ['Report format', String(schema)],
  ];
  const list = entries.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return section('Environment', `<dl>${list.join('\n')}</dl>`);
}

/** @param names of the columns, for a page too narrow for them: cells then stand below each other, empty ones left out */
function tableRow(
  kind: string,
  [first = '', ...others]: readonly string[],
  [, ...names]: readonly string[] = [],
): string {
  const cells = others.map((cell, place) => {
    const name = names[place];
    return `<td${name === undefined ? '' : ` data-name="${escapeHtml(name)}"`}>${escapeHtml(cell)}</td>`;
  });
  return `<tr${kind === '' ? '' : ` class="${kind}"`}><th scope="row">${escapeHtml(first)}</th>${cells.join('')}</tr>`;
}

/** A wide table scrolls by itself, by keyboard too, and leaves the page in place. */
function scrollable(label: string, content: string): string {
  return `<div class="scroll" role="region" aria-label="${escapeHtml(label)}" tabindex="0">${content}</div>`;
}

function section(heading: string, content: string): string {
  return `<section>\n<h2>${escapeHtml(heading)}</h2>\n${content}\n</section>`;
}

function code(text: string): string {
  return `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>`;
}
