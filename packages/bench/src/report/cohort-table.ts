import { count, meanAndDeviation } from './format.js';
import type { Report, ReportRow } from './report-data.js';

/** A table of networks that were trained together: one line per network, then one for their ensemble. */
export interface CohortTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** How methods that train several networks are compared; undefined where there are none. */
export function cohortWords({ rows, config }: Report): string | undefined {
  const cohorts = rows.flatMap(({ method, cohort }) => (cohort === null ? [] : [{ method, ...cohort }]));
  if (cohorts.length === 0) return undefined;
  const counted = cohorts.map(({ method, networks }) => {
    const own = networks.filter((network) => network.counted).length;
    return `${method} ${own} of ${networks.length}`;
  });
  const { model } = config.student;
  return `For methods that train several networks together, the accuracy is the mean over their ${model} networks, each used alone (${counted.join(', ')}). Such a mean varies less between seeds than a single network. Differences are to the single ${model} of the other method with the same seed. The ensemble averages the logits of all networks and costs one forward pass for each.`;
}

/** The table of cohorts; undefined where no method trains several networks. */
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
