import type { TopLevelSpec } from 'vega-lite';
import type { Report, ReportRow } from './report-data.js';

/** Height of a method's line, pixels. */
const LINE = 36;
/**
 * An interval over two seeds can dwarf everything: it is drawn so many spreads of the seeds beyond them, no further.
 */
const BEYOND = 1;

/**
 * Test accuracy after the last epoch, one line per method: each seed as a dot, their mean and its 95 % interval
 * above, the teacher as a dashed rule. Per cent from left to right.
 *
 * @param width of the plot without its labels, pixels
 */
export function accuracyPlot(report: Report, width: number): TopLevelSpec {
  const methods = report.rows.map(({ method }) => method);
  const teacher = 100 * report.teacher.testAccuracy;
  const domain = accuracyDomain(report);
  const x = { type: 'quantitative', scale: { domain, zero: false, nice: false } } as const;
  // A `sort` by names fails on those that JavaScript's objects have, such as valueOf.
  const y = { field: 'method', type: 'nominal', scale: { domain: methods }, title: null } as const;
  return {
    width,
    height: { step: LINE },
    layer: [
      {
        data: { values: [{ teacher }] },
        mark: { type: 'rule', strokeDash: [4, 3], color: 'currentColor', opacity: 0.6 },
        encoding: {
          x: {
            field: 'teacher',
            ...x,
            title: 'test accuracy, %',
            axis: { tickCount: Math.round(width / 70) },
          },
        },
      },
      {
        data: { values: [{ teacher }] },
        mark: {
          type: 'text',
          y: -6,
          align: nearRight(teacher, domain) ? 'right' : 'center',
          text: 'teacher',
        },
        encoding: { x: { field: 'teacher', ...x } },
      },
      {
        data: { values: report.rows.flatMap(intervalValues) },
        mark: { type: 'rule', strokeWidth: 2, color: ACCENT, yOffset: -6, clip: true },
        encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' } },
      },
      {
        data: {
          values: report.rows.map(({ method, testAccuracyLast: { mean } }) => ({ method, mean: 100 * mean })),
        },
        mark: {
          type: 'point',
          shape: 'diamond',
          size: 70,
          filled: true,
          opacity: 1,
          color: ACCENT,
          yOffset: -6,
        },
        encoding: { y, x: { field: 'mean', ...x } },
      },
      {
        data: { values: report.rows.flatMap(seedValues) },
        mark: { type: 'circle', size: 34, color: 'currentColor', opacity: 0.55, yOffset: 7 },
        encoding: {
          y: { ...y, axis: { grid: false, ticks: false, domain: false, labelPadding: 8 } },
          x: { field: 'accuracy', ...x },
        },
      },
    ],
  };
}

/** Readable on white and on black. */
const ACCENT = '#2f7fc1';

function intervalValues({ method, testAccuracyLast: { ci95 } }: ReportRow): object[] {
  return ci95 === null ? [] : [{ method, low: 100 * ci95[0], high: 100 * ci95[1] }];
}

function seedValues({ method, perSeed }: ReportRow): object[] {
  return perSeed.map(({ testAccuracyLast }) => ({ method, accuracy: 100 * testAccuracyLast }));
}

/** From the lowest to the highest that is drawn, per cent, with some air. */
function accuracyDomain({ rows, teacher }: Report): [number, number] {
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
  return value > low + 0.9 * (high - low);
}
