import { count, meanAndDeviation } from './format.js';
import type { Report, ReportRow } from './report-data.js';

/** Networks that were trained together as a table: a line per network, then one for all of them. */
export interface CohortTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What is compared with what, where methods train several networks; undefined where none does. */
export function cohortWords({ rows, config }: Report): string | undefined {
  const cohorts = rows.flatMap(({ method, cohort }) => (cohort === null ? [] : [{ method, ...cohort }]));
  if (cohorts.length === 0) return undefined;
  const counted = cohorts.map(({ method, networks }) => {
    const own = networks.filter((network) => network.counted).length;
    return `${method} ${own} of ${networks.length}`;
  });
  const { model } = config.student;
  return `Methods that train several networks together have as their accuracy the mean over those that are a ${model} (${counted.join(', ')}), each standing alone; differences are to the one ${model} that the other method trained with the same seed. Such a mean varies less between seeds than one network does. The ensemble is the mean of all networks' logits: as many forward passes as networks.`;
}

/** Undefined where no method trains several networks. */
export function cohortTable(report: Report): CohortTable | undefined {
  const rows = report.rows.flatMap(cohortLines);
  if (rows.length === 0) return undefined;
  return { head: ['method', 'network', 'parameters', 'test %, last', 'test %, best'], rows };
}

function cohortLines({ method, cohort }: ReportRow): (readonly string[])[] {
  if (cohort === null) return [];
  const { networks, ensembleAccuracyLast, ensembleAccuracyBest } = cohort;
  const total = networks.reduce((sum, { parameters }) => sum + parameters, 0);
  return [
    ...networks.map(({ model, parameters, testAccuracyLast, testAccuracyBest }, place) => [
      method,
      `${place + 1}: ${model}`,
      count(parameters),
      meanAndDeviation(testAccuracyLast),
      meanAndDeviation(testAccuracyBest),
    ]),
    [
      method,
      'ensemble',
      count(total),
      meanAndDeviation(ensembleAccuracyLast),
      meanAndDeviation(ensembleAccuracyBest),
    ],
  ];
}
