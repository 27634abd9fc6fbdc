import type { VNode } from 'preact';
import { count, listed, magnitude, percent } from '../format.js';
import type { Findings } from '../findings.js';
import { studentRow } from '../columns.js';
import type { Report } from '../report-data.js';
import { title } from '../words.js';

/** The top of the page: what was compared, which method comes out first, and whether chance could explain that. */
export function Answer({
  report,
  findings: { headline, verdicts, caveats },
}: {
  readonly report: Report;
  readonly findings: Findings;
}): VNode {
  return (
    <div class="lead">
      <Facts report={report} />
      <div class="answer">
        <h1>{title(report)}</h1>
        <p class="headline">{unbroken(headline)}</p>
        {verdicts.map((verdict) => (
          <p key={verdict}>{unbroken(verdict)}</p>
        ))}
        {caveats.length === 0 ? null : (
          <p class="note">
            <a href="#limits">
              {caveats.length === 1 ? 'One thing limits' : `${caveats.length} things limit`} these numbers.
            </a>
          </p>
        )}
      </div>
    </div>
  );
}

/** No line ends between a number and its sign. */
const unbroken = (text: string): string =>
  text.replace(/(\d) %/g, '$1\u00a0%').replace(/\bp ([=<]) /g, 'p\u00a0$1\u00a0');

/** What was compared, in the margin. */
function Facts({ report }: { readonly report: Report }): VNode {
  const { config, teacher, rows, testImages, engine } = report;
  const student = studentRow(report);
  const seeds = [...new Set(rows.map((row) => row.seeds.length))].sort((a, b) => a - b).map(String);
  const facts: readonly (readonly [string, readonly (string | false)[]])[] = [
    [
      'Student',
      [
        config.student.model,
        student !== undefined && `${count(student.studentParameters)} parameters`,
        student !== undefined && `${magnitude(student.studentMacs)} MACs per image`,
      ],
    ],
    [
      'Teacher',
      [
        teacher.model,
        `${percent(teacher.testAccuracy)} % test accuracy`,
        `${count(teacher.parameters)} parameters`,
      ],
    ],
    [
      'Compared',
      [
        `${rows.length} ${rows.length === 1 ? 'method' : 'methods'}, ${listed(seeds)} ${seeds.join() === '1' ? 'seed' : 'seeds'} each`,
        testImages !== null && `${count(testImages)} test images`,
      ],
    ],
    ['Engine', [engine.name]],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, lines]) => (
        <div key={name}>
          <dt>{name}</dt>
          {lines
            .filter((line) => line !== false)
            .map((line) => (
              <dd key={line}>{line}</dd>
            ))}
        </div>
      ))}
    </dl>
  );
}
