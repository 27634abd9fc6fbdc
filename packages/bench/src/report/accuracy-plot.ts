import type { TopLevelSpec } from 'vega-lite';
import { percent } from './format.js';
import { ranking, undecided } from './ranking.js';
import type { RaceReport } from './race-data.js';
import type { Report, ReportRow } from './report-data.js';

type Accuracies = Pick<Report, 'rows' | 'teacher' | 'race'>;

/** A method's standing: first, not distinguishable from the first by the seeds, or neither. */
type Standing = 'first' | 'open' | 'other';

/**
 * How far beyond the seeds an interval is drawn, in spreads of the seeds: an interval over two seeds can dwarf everything.
 */
const BEYOND = 1;
/** Heights in pixels: of a method's line with its name beside it, with its name above it, and of each further line of the name. */
const LINE = { beside: 34, above: 52, further: 15 };
/** Names with more letters than this are placed above their lines. */
const BESIDE = 24;
/** Width of a letter of a name above its line, pixels. */
const LETTER = 8;

/**
 * Test accuracy after the last epoch in per cent, one line per method, the highest mean first. A line shows the mean and its
 * 95 % interval, with each seed as a dot below; the teacher and the student alone are vertical rules.
 *
 * @param width of the plot without its labels, pixels
 * @param isNarrow places names above their lines instead of beside them, as long names always are; no name is shortened
 */
export function accuracyPlot(report: Accuracies, width: number, isNarrow: boolean): TopLevelSpec {
  const rows = byAccuracy(report);
  const isAbove = isNarrow || rows.some(({ method }) => method.length > BESIDE);
  const standings = standingsOf(report);
  const domain = accuracyDomain(report);
  const methods = rows.map(({ method }) => method);
  const x = { type: 'quantitative', scale: { domain, zero: false, nice: false } } as const;
  // A `sort` by names fails on names of Object.prototype, such as valueOf.
  const y = { field: 'method', type: 'nominal', scale: { domain: methods }, title: null } as const;
  const of = (standing: Standing): string => `datum.standing === '${standing}'`;
  const color = {
    condition: { test: `!(${of('other')})`, value: ACCENT },
    value: 'currentColor',
  };
  const filled = {
    condition: [
      { test: of('open'), value: 'var(--paper)' },
      { test: of('first'), value: ACCENT },
    ],
    value: 'currentColor',
  };
  const axis = isAbove
    ? null
    : ({
        grid: false,
        ticks: false,
        domain: false,
        labelPadding: 10,
        labelFontSize: 13,
        labelLimit: 0,
      } as const);
  const means = rows.map(({ method, testAccuracyLast: { mean } }) => ({
    method,
    mean: 100 * mean,
    text: isAbove ? linesOf(`${method}  ${percent(mean)}`, width / LETTER) : [percent(mean)],
    standing: standings.get(method),
  }));
  const further = LINE.further * (Math.max(1, ...means.map(({ text }) => text.length)) - 1);
  const middle = isAbove ? 6 + further / 2 : -4;
  return {
    width,
    height: { step: isAbove ? LINE.above + further : LINE.beside },
    layer: [
      ...references(report).map(({ name, accuracy, level }) => ({
        data: { values: [{ accuracy, text: `${name} ${accuracy.toFixed(2)}` }] },
        encoding: { x: { field: 'accuracy', ...x } },
        layer: [
          {
            mark: {
              type: 'rule' as const,
              strokeDash: name === 'teacher' ? [5, 3] : [1.5, 2.5],
              color: 'currentColor',
              opacity: 0.55,
            },
            encoding: {
              x: {
                field: 'accuracy',
                ...x,
                title: 'test accuracy, %',
                axis: { tickCount: Math.round(width / 80), grid: true, gridOpacity: 0.1, domain: false },
              },
            },
          },
          {
            mark: {
              type: 'text' as const,
              y: -7 - 15 * level,
              align: nearRight(accuracy, domain) ? ('right' as const) : ('left' as const),
              dx: nearRight(accuracy, domain) ? -4 : 4,
              opacity: 0.75,
            },
            encoding: { text: { field: 'text' } },
          },
        ],
      })),
      {
        data: {
          values: rows.flatMap((row) =>
            intervalValues(row).map((one) => ({ ...one, standing: standings.get(row.method) })),
          ),
        },
        mark: { type: 'rule', strokeWidth: 1.75, yOffset: middle, clip: true },
        encoding: { y: { ...y, axis }, x: { field: 'low', ...x }, x2: { field: 'high' }, color },
      },
      {
        data: { values: means },
        mark: { type: 'point', shape: 'circle', size: 58, opacity: 1, strokeWidth: 1.75, yOffset: middle },
        encoding: {
          y,
          x: { field: 'mean', ...x },
          stroke: color,
          // A hollow mark covers the line below it.
          fill: filled,
        },
      },
      {
        data: { values: rows.flatMap(seedValues) },
        mark: {
          type: 'circle',
          size: 26,
          color: 'currentColor',
          opacity: 0.5,
          yOffset: middle + 11,
          aria: true,
        },
        encoding: { y, x: { field: 'accuracy', ...x }, description: { field: 'words', type: 'nominal' } },
      },
      // The last line of a name is placed on the method's line.
      ...Array.from({ length: 1 + further / LINE.further }, (_, above) => ({
        data: { values: means.map(({ text, ...one }) => ({ ...one, text: text.at(-1 - above) ?? '' })) },
        mark: isAbove
          ? ({
              type: 'text',
              x: 0,
              align: 'left',
              fontSize: 13,
              yOffset: middle - 18 - LINE.further * above,
            } as const)
          : ({ type: 'text', x: width + 14, align: 'left', yOffset: middle + 3 } as const),
        encoding: { y, text: { field: 'text' }, color },
      })),
    ],
  };
}

/** Breaks a text into lines of at most `most` letters, after a space or a hyphen where possible. */
function linesOf(text: string, most: number): readonly string[] {
  if (text.length <= most) return [text];
  const head = text.slice(0, Math.floor(most));
  const end = Math.max(head.lastIndexOf(' '), head.lastIndexOf('-')) + 1;
  const at = end > most / 3 ? end : head.length;
  return [text.slice(0, at).trimEnd(), ...linesOf(text.slice(at).trimStart(), most)];
}

/** The page's accent colour; outside a page, that of light paper. */
export const ACCENT = 'var(--accent)';

/** The rows, the highest mean first. */
export function byAccuracy({ rows }: Pick<Report, 'rows'>): readonly ReportRow[] {
  return [...rows].sort((a, b) => b.testAccuracyLast.mean - a.testAccuracyLast.mean);
}

/** Each method's standing relative to the first. */
export function standingsOf(report: Pick<Report, 'rows' | 'race'>): ReadonlyMap<string, Standing> {
  if (report.race !== null) return racedStandings(report.race, byAccuracy(report));
  const ranked = ranking(report);
  const first = new Set(ranked.first.map(({ method }) => method));
  const open = new Set(undecided(ranked).map(({ method }) => method));
  return new Map(
    report.rows.map(({ method }) => [
      method,
      first.has(method) ? 'first' : open.has(method) ? 'open' : 'other',
    ]),
  );
}

/** Standings in a race: the most accurate remaining method is first, other remaining ones are open. */
function racedStandings({ left }: RaceReport, rows: readonly ReportRow[]): ReadonlyMap<string, Standing> {
  const first = rows.find(({ method }) => left.includes(method))?.method;
  return new Map(
    rows.map(({ method }) => [method, method === first ? 'first' : left.includes(method) ? 'open' : 'other']),
  );
}

/** Reference lines: the teacher, and the student alone where the report has it. */
function references({
  teacher,
  rows,
}: Accuracies): readonly { readonly name: string; readonly accuracy: number; readonly level: number }[] {
  const student = rows.find(({ method }) => method === 'student');
  return [
    { name: 'teacher', accuracy: 100 * teacher.testAccuracy, level: 0 },
    ...(student === undefined
      ? []
      : [{ name: 'student alone', accuracy: 100 * student.testAccuracyLast.mean, level: 1 }]),
  ];
}

function intervalValues({ method, testAccuracyLast: { ci95 } }: ReportRow): object[] {
  return ci95 === null ? [] : [{ method, low: 100 * ci95[0], high: 100 * ci95[1] }];
}

function seedValues({ method, perSeed }: ReportRow): object[] {
  return perSeed.map(({ seed, testAccuracyLast }) => ({
    method,
    accuracy: 100 * testAccuracyLast,
    words: `${method}, seed ${seed}: ${percent(testAccuracyLast)} %`,
  }));
}

/** The axis range in per cent: all drawn values, with a margin. */
function accuracyDomain({ rows, teacher }: Accuracies): [number, number] {
  const seeds = rows.flatMap(({ perSeed }) => perSeed.map((seed) => 100 * seed.testAccuracyLast));
  const drawn = [...seeds, 100 * teacher.testAccuracy];
  const spread = Math.max(...drawn) - Math.min(...drawn);
  const bounds = [Math.min(...drawn) - BEYOND * spread, Math.max(...drawn) + BEYOND * spread] as const;
  const ends = rows.flatMap(({ testAccuracyLast: { ci95 } }) =>
    ci95 === null ? [] : ci95.map((end) => 100 * end),
  );
  const all = [...drawn, ...ends.map((end) => Math.min(bounds[1], Math.max(bounds[0], end)))];
  const air = 0.04 * (Math.max(...all) - Math.min(...all)) + 0.1;
  return [Math.max(0, Math.min(...all) - air), Math.min(100, Math.max(...all) + air)];
}

function nearRight(value: number, [low, high]: readonly [number, number]): boolean {
  return value > low + 0.75 * (high - low);
}
