import { stringify } from 'csv-stringify/sync';
import type { CellScores } from '../predictions/index.js';
import type { PairedComparison, Summary } from '../statistics/index.js';
import type { Report } from './report-data.js';

/** One line per method, with numbers in full precision. Accuracies and differences are fractions, not per cent. */
export function renderCsv(report: Report): string {
  return stringify(
    report.rows.map((row) => ({
      method: row.method,
      seeds: row.seeds.join(' '),
      ...summaryCells('testAccuracyLast', row.testAccuracyLast),
      ...summaryCells('testAccuracyBest', row.testAccuracyBest),
      'ensembleAccuracyLast.mean': row.cohort?.ensembleAccuracyLast.mean ?? null,
      'ensembleAccuracyLast.sd': row.cohort?.ensembleAccuracyLast.sd ?? null,
      ...comparisonCells('deltaVsKd', row.deltaVsKd),
      ...comparisonCells('deltaVsStudent', row.deltaVsStudent),
      ownNetwork: String(row.ownNetwork),
      studentParameters: row.studentParameters,
      studentMacs: row.studentMacs,
      extraTrainParameters: row.extraTrainParameters,
      secondsPerEpoch: row.secondsPerEpoch,
      overheadVsStudent: row.overheadVsStudent,
    })),
    { header: true },
  );
}

/** One line per method and seed. */
export function renderSeedsCsv(report: Report): string {
  return stringify(
    report.rows.flatMap(({ method, perSeed }) =>
      perSeed.map(({ scores, ...seed }) => ({ method, ...seed, ...scoreCells(scores) })),
    ),
    { header: true },
  );
}

const SCORES = ['top5', 'nll', 'ece', 'brier', 'agreement', 'kl'] as const;

const scoreCells = (scores: CellScores | null): Readonly<Record<string, number | null>> =>
  Object.fromEntries(SCORES.map((name) => [name, scores?.[name] ?? null]));

function summaryCells(name: string, { mean, sd, ci95 }: Summary): Readonly<Record<string, number | null>> {
  return {
    [`${name}.mean`]: mean,
    [`${name}.sd`]: sd,
    [`${name}.ci95.low`]: ci95?.[0] ?? null,
    [`${name}.ci95.high`]: ci95?.[1] ?? null,
  };
}

function comparisonCells(
  name: string,
  comparison: PairedComparison | null,
): Readonly<Record<string, number | null>> {
  return {
    [`${name}.mean`]: comparison?.mean ?? null,
    [`${name}.ci95.low`]: comparison?.ci95?.[0] ?? null,
    [`${name}.ci95.high`]: comparison?.ci95?.[1] ?? null,
    [`${name}.p`]: comparison?.p ?? null,
  };
}
