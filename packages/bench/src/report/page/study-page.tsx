import type { VNode } from 'preact';
import { printable } from '../format.js';
import { studyNotes, studyTable } from '../study-data.js';
import type { StudyReport } from '../study-data.js';
import { studyTitle } from '../study-text.js';
import { renderPage } from './document.js';
import { Scroll } from './parts.js';

/** A study as one page: every task by every method, with links to the tasks' own pages. */
export function renderStudyHtml(given: StudyReport): string {
  const report = printable(given);
  const title = studyTitle(report);
  return renderPage(
    { title },
    <>
      <h1>{title}</h1>
      <StudyTable report={report} />
      {studyNotes(report).map((note) => (
        <p key={note}>{note}</p>
      ))}
    </>,
  );
}

function StudyTable({ report }: { readonly report: StudyReport }): VNode {
  const { head, rows } = studyTable(report);
  return (
    <Scroll label="Tasks and methods">
      <table>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name = '', ...others], at) => {
            const page = report.tasks[at]?.page ?? null;
            return (
              <tr key={name}>
                <th scope="row">{page === null ? name : <a href={encodeURI(page)}>{name}</a>}</th>
                {others.map((cell, place) => (
                  <td key={place}>{cell}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
