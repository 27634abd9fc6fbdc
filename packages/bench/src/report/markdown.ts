import { markdownTable } from 'markdown-table';
import { cohortTable } from './cohort-table.js';
import { columnsOf, ownNetworkNote, studentRow, teacherCells } from './columns.js';
import { findings } from './findings.js';
import { count, magnitude, printable } from './format.js';
import type { Report } from './report-data.js';
import { RACE_HEAD, raceRows } from './race-words.js';
import { tuningTable } from './tuning-table.js';
import { REPRODUCTION, teacherWords, title } from './words.js';

/** The report as GitHub-flavoured Markdown, for a README or an issue. */
export function renderMarkdown(given: Report): string {
  const report = printable(given);
  const { headline, verdicts, caveats } = findings(report);
  const columns = columnsOf(report);
  const table = markdownTable(
    [
      columns.map(({ title: column }) => column),
      ...report.rows.map((row) => columns.map(({ cell }) => escaped(cell(row)))),
      teacherCells(report, columns).map(escaped),
    ],
    { align: columns.map(({ numeric }) => (numeric ? 'right' : 'left')) },
  );
  const { teacher, engine } = report;
  const student = studentRow(report);
  const cohorts = cohortTable(report);
  const tuning = tuningTable(report);
  const networks = [
    `Teacher ${escaped(teacher.model)}: ${count(teacher.parameters)} parameters, ${magnitude(teacher.macs)} MACs per image.`,
    ...(student === undefined
      ? []
      : [
          `Student ${report.config.student.model}: ${count(student.studentParameters)} parameters, ${magnitude(student.studentMacs)} MACs per image.`,
        ]),
    teacherWords(report.config),
    `Engine ${escaped(`${engine.name} (${engine.version})`)}.`,
  ];
  return [
    `# ${escaped(title(report))}`,
    escaped([headline, ...verdicts].join(' ')),
    table,
    escaped(ownNetworkNote(report) ?? ''),
    ...(cohorts === undefined
      ? []
      : [
          'Networks trained together:',
          markdownTable([cohorts.head, ...cohorts.rows].map((row) => row.map(escaped))),
        ]),
    ...(report.race === null
      ? []
      : ['The race:', markdownTable([RACE_HEAD, ...raceRows(report.race)].map((row) => row.map(escaped)))]),
    ...(tuning === undefined
      ? []
      : [
          escaped(tuning.notes.join(' ')),
          markdownTable([tuning.head, ...tuning.rows].map((row) => row.map(escaped))),
        ]),
    caveats.map((caveat) => `- ${escaped(caveat)}`).join('\n'),
    networks.join(' '),
    `Run it again:\n\n\`\`\`sh\n${REPRODUCTION}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** Escapes text for Markdown and its tables, also at the start of a line or list item. */
export function escaped(text: string): string {
  return text
    .trimStart()
    .replace(/[\\|*_`<>[\]~&]/g, '\\$&')
    .replace(/^(\d*)([-+#.)])(?=[\s#]|$)/, '$1\\$2');
}
