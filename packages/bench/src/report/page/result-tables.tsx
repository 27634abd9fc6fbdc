import type { VNode } from 'preact';
import { cohortTable } from '../cohort-table.js';
import { columnsOf, ownNetworkNote, studentRow, teacherCells } from '../columns.js';
import { byAccuracy } from '../accuracy-plot.js';
import { count, magnitude, percent } from '../format.js';
import { clearPlaces } from '../ranking.js';
import { RACE_HEAD, raceRows } from '../race-words.js';
import { tuningTable } from '../tuning-table.js';
import type { Report } from '../report-data.js';
import { teacherWords } from '../words.js';
import { DataTable } from './data-table.js';
import { Details, Section } from './parts.js';

/** Every method's numbers, the highest mean first. */
export function ResultTable({ report }: { readonly report: Report }): VNode {
  const [best] = clearPlaces(report);
  const note = ownNetworkNote(report);
  const columns = columnsOf(report);
  return (
    <Section
      id="results"
      title="Results"
      isBroad
      note={
        <>
          Means and standard deviations over seeds, in per cent.
          <span class="screen"> A click on a heading sorts.</span>
        </>
      }
    >
      <DataTable
        label="Results by method"
        head={columns.map(({ title: name, meaning }) => ({ name, meaning }))}
        rows={[
          ...byAccuracy(report).map((row) => ({
            kind: row.method === best ? 'best' : undefined,
            cells: columns.map(({ cell }) => cell(row)),
          })),
          { kind: 'teacher', cells: teacherCells(report, columns) },
        ]}
        isSortable
        isFiltered
      />
      {note === undefined ? null : <p class="note">{note}</p>}
      <Details summary="What the columns mean">
        <ul class="note">
          {columns.slice(1).map(({ title: name, meaning }) => (
            <li key={name}>
              <b>{name}</b>: {meaning}.
            </li>
          ))}
        </ul>
      </Details>
    </Section>
  );
}

/** How a race went; nothing for a run without one. */
export function RaceSection({ report: { race } }: { readonly report: Report }): VNode | null {
  if (race === null) return null;
  return (
    <Section
      id="race"
      title="The race"
      note="After each seed, a method is dropped when another one is better beyond doubt, on the validation images. Evidence is an e-value: what was reached, of what was needed."
    >
      <DataTable
        label="The race, method by method"
        head={RACE_HEAD.map((name) => ({ name }))}
        rows={raceRows(race).map((cells) => ({ cells }))}
      />
    </Section>
  );
}

/** Networks that were trained together, one by one. */
export function CohortTable({ report }: { readonly report: Report }): VNode | null {
  const cohorts = cohortTable(report);
  if (cohorts === undefined) return null;
  const label = 'Networks trained together';
  return (
    <Section title={label}>
      <DataTable
        label={label}
        head={cohorts.head.map((name) => ({ name }))}
        rows={cohorts.rows.map((cells) => ({ cells }))}
      />
    </Section>
  );
}

/** How large the teacher and the student are, and how the teacher was asked. */
export function NetworkTable({ report }: { readonly report: Report }): VNode {
  const { config, teacher } = report;
  const student = studentRow(report);
  const rows = [
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
  return (
    <Section title="Networks" note={teacherWords(config)}>
      <DataTable
        label="Networks"
        head={['role', 'network', 'parameters', 'MACs per image', 'test %'].map((name) => ({ name }))}
        rows={rows.map((cells) => ({ cells }))}
      />
    </Section>
  );
}

/** What was tried on the validation images before the comparison. */
export function TuningSection({ report }: { readonly report: Report }): VNode | null {
  const table = tuningTable(report);
  if (table === undefined) return null;
  return (
    <Section title="How options were chosen" note={table.notes.join(' ')}>
      <DataTable
        label="Options that were tried"
        head={table.head.map((name) => ({ name }))}
        rows={table.rows.map((cells) => ({ cells }))}
      />
    </Section>
  );
}
