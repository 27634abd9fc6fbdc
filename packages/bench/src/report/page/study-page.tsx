import type { VNode } from 'preact';
import type { Estimate, TaskMethod, TaskPair, TaskStatistics } from '../../statistics/index.js';
import { listed, NONE, percent, points, printable, probability } from '../format.js';
import { SIGNIFICANT } from '../ranking.js';
import { studyNotes, studyTable } from '../study-data.js';
import type { StudyReport, StudyTaskReport } from '../study-data.js';
import { studyTitle } from '../study-text.js';
import { renderPage } from './document.js';
import { Matrix } from './matrix.js';
import type { MatrixPair } from './matrix.js';
import { DataTable } from './data-table.js';
import { Details, Section } from './parts.js';
import { WideTable, widthOf } from './wide-table.js';

/** A study as one page: what its tasks say together, and every task by every method with links to the tasks' own pages. */
export function renderStudyHtml(given: StudyReport): string {
  const report = printable(given);
  return renderPage({ title: studyTitle(report) }, studyContent(report));
}

/** The parts of such a page, for a page that shows more. */
export function studyContent(given: StudyReport): VNode {
  const report = printable(given);
  const { statistics } = report;
  return (
    <>
      <StudyAnswer report={report} />
      {statistics == null ? null : <Ranks statistics={statistics} />}
      <StudyTable report={report} />
      {statistics == null ? null : <TaskPairs statistics={statistics} />}
      <Section id="limits" title="What limits these numbers">
        <ul>
          {[...studyNotes(report), ...(statistics?.omitted ?? [])].map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      </Section>
    </>
  );
}

function StudyAnswer({ report }: { readonly report: StudyReport }): VNode {
  const { tasks, methods, statistics } = report;
  const datasets = [...new Set(tasks.map(({ dataset }) => dataset))];
  const students = [...new Set(tasks.map(({ student }) => student))];
  const facts = [
    ['Tasks', String(tasks.length)],
    ['Methods', String(methods.length)],
    ['Data', listed(datasets)],
    ['Students', listed(students)],
  ] as const;
  return (
    <div class="lead">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="answer">
        <h1>{studyTitle(report)}</h1>
        <p class="headline">{headline(report)}</p>
        {statistics == null ? null : <p>{verdict(statistics)}</p>}
      </div>
    </div>
  );
}

function headline({ tasks, statistics }: StudyReport): string {
  const [best, next] = statistics?.methods ?? [];
  const done = tasks.filter(({ page }) => page !== null).length;
  if (best === undefined || statistics == null)
    return done < tasks.length
      ? `${done} of ${tasks.length} tasks have results so far.`
      : 'Every task has results.';
  const level = statistics.methods.filter(({ meanRank }) => meanRank.value === best.meanRank.value);
  const rank = `mean rank ${best.meanRank.value.toFixed(2)} of ${statistics.methods.length} over ${statistics.tasks.length} ${statistics.tasks.length === 1 ? 'task' : 'tasks'}`;
  if (next === undefined) return `${best.method} is the only method on all tasks.`;
  return level.length === 1
    ? `${best.method} ranks first: ${rank}.`
    : `${listed(level.map(({ method }) => method))} share the first place: ${rank}.`;
}

/** Whether the tasks can tell the first from the next. */
function verdict({ methods: [best, next], pairs }: TaskStatistics): string {
  if (best === undefined || next === undefined) return '';
  const pair = pairs.find(({ first, second }) => first === best.method && second === next.method);
  if (pair === undefined) return '';
  const { difference, wins, ties, losses, correctedP } = pair;
  const ahead = difference.value < 0 ? 'below' : 'above';
  const size = `On average over tasks ${best.method} is ${percent(Math.abs(difference.value))} points ${ahead} ${next.method}: better in ${wins}, equal in ${ties}, worse in ${losses}.`;
  if (correctedP === null) return `${size} Too few tasks for a test.`;
  return correctedP < SIGNIFICANT
    ? `${size} That is more than chance over tasks would give (Wilcoxon's signed-rank test, p ${probability(correctedP)} after correction).`
    : `${size} The tasks cannot tell the two apart (Wilcoxon's signed-rank test, p ${probability(correctedP)} after correction).`;
}

const withInterval = ({ value, ci95 }: Estimate, digits: number): string =>
  ci95 === null
    ? value.toFixed(digits)
    : `${value.toFixed(digits)} (${ci95[0].toFixed(digits)} to ${ci95[1].toFixed(digits)})`;

function Ranks({ statistics: { methods } }: { readonly statistics: TaskStatistics }): VNode {
  const row = ({ method, mean, meanRank, elo, wins, ties, losses }: TaskMethod): readonly string[] => [
    method,
    withInterval(meanRank, 2),
    withInterval(elo, 0),
    `${wins}–${ties}–${losses}`,
    percent(mean),
  ];
  return (
    <Section
      id="ranks"
      title="Over all tasks"
      note="Ranks by mean accuracy within each task, 1 the best. Elo: 1000 on average, 400 more for odds of ten to one. In brackets: 95 % intervals, bootstrap over tasks."
    >
      <DataTable
        label="Methods over all tasks"
        head={[
          { name: 'method' },
          { name: 'mean rank' },
          { name: 'Elo' },
          { name: 'won–tied–lost', meaning: 'against the other methods, task by task' },
          { name: 'mean test %', meaning: 'mean over tasks of the mean accuracy over seeds' },
        ]}
        rows={methods.map((method) => ({ cells: row(method) }))}
        isSortable
      />
    </Section>
  );
}

/** The cell of a method whose place in its task is clear stands out. */
function emphasized(
  text: string,
  method: string | undefined,
  { clear: [first, second] }: StudyTaskReport,
): VNode | string {
  if (method === undefined) return text;
  return method === first ? <b>{text}</b> : method === second ? <u>{text}</u> : text;
}

function StudyTable({ report }: { readonly report: StudyReport }): VNode {
  const { head, rows } = studyTable(report);
  const [corner, ...others] = head;
  return (
    <Section
      id="tasks"
      title="Task by task"
      isBroad
      note="Test accuracy after the last epoch in per cent, mean and standard deviation over seeds. Bold: better than every other method in paired t-tests over seeds. Underlined: better than every method below it. A task's name leads to its own report."
    >
      <WideTable
        label="Tasks and methods"
        heading={widthOf(rows.map(([name = '']) => name)).letters}
        columns={others.map((name, at) => widthOf([name, ...rows.map((cells) => cells[at + 1] ?? '')]))}
        table={(shown, style, isCopy) => (
          <table style={style} data-sortable={!isCopy || undefined} data-filtered={!isCopy || undefined}>
            <thead>
              <tr>
                {[corner, ...shown.map((at) => others[at])].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {report.tasks.map((task, at) => {
                const [name = '', ...cells] = rows[at] ?? [];
                return (
                  <tr key={name}>
                    <th scope="row">
                      {task.page === null ? name : <a href={encodeURI(task.page)}>{name}</a>}
                    </th>
                    {shown.map((column) => (
                      <td key={column}>{emphasized(cells[column] ?? '', others[column], task)}</td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      />
    </Section>
  );
}

function TaskPairs({
  statistics: { methods, pairs },
}: {
  readonly statistics: TaskStatistics;
}): VNode | null {
  if (pairs.length === 0) return null;
  const head = ['pair', 'points', 'won–tied–lost', 'better in a random training, %', 'p', 'p, corrected'];
  const chance = (p: number | null): string => (p === null ? NONE : probability(p));
  return (
    <Section
      id="pairwise"
      title="Pair by pair"
      note={`Row minus column, in percentage points, mean over tasks. Bold: p below ${SIGNIFICANT} in Wilcoxon's signed-rank test over tasks, after Holm's correction. The stronger the colour, the larger the lead of the row.`}
    >
      <Matrix
        label="Differences of every pair of methods over tasks"
        names={methods.map(({ method }) => method)}
        pairs={pairs.map((pair) => ({
          first: pair.first,
          second: pair.second,
          mean: pair.difference.value,
          isSure: pair.correctedP !== null && pair.correctedP < SIGNIFICANT,
          words: wordsOf(pair),
        }))}
      />
      <Details summary="All pairs with probabilities and p-values">
        <DataTable
          label="All pairs"
          head={head.map((name) => ({ name }))}
          rows={pairs.map((pair) => ({
            cells: [
              `${pair.first} − ${pair.second}`,
              points(pair.difference.value),
              `${pair.wins}–${pair.ties}–${pair.losses}`,
              percent(pair.improvement.value),
              chance(pair.p),
              chance(pair.correctedP),
            ],
          }))}
          isSortable
        />
      </Details>
    </Section>
  );
}

function wordsOf({ wins, ties, losses, p, correctedP }: TaskPair): MatrixPair['words'] {
  const tests = `${p === null ? '' : `p ${probability(p)}, `}${correctedP === null ? '' : `corrected ${probability(correctedP)}, `}`;
  return [
    `${tests}${wins} tasks won, ${ties} tied, ${losses} lost`,
    `${tests}${losses} tasks won, ${ties} tied, ${wins} lost`,
  ];
}
