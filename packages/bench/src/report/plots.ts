import type { TopLevelSpec } from 'vega-lite';
import { accuracyPlot, byAccuracy } from './accuracy-plot.js';
import { costPlot, costPoints } from './cost-plot.js';
import { termPlot, validationAccuracy, validationPlot, watchedPlot } from './curve-plot.js';
import { calibrationPlot, corruptionNames, corruptionPlot } from './figure-plots.js';
import { figure, interval, meanAndDeviation, percent } from './format.js';
import type { MethodResult, Report } from './report-data.js';

/** A drawing of a report. */
export interface Plot {
  /** The name of its file, by which a page also finds it. */
  readonly name: string;
  /** A text alternative for those who cannot see it. */
  readonly words: string;
  readonly spec: TopLevelSpec;
}

/** Widths without labels, pixels, for desktops and for phones: a plot scaled down would be illegible. */
const WIDE = 700;
const NARROW = 272;

/** Every plot of a report that has data. `accuracy-narrow` and `cost-narrow` are for phones. */
export function reportPlots(report: Report, results: readonly MethodResult[]): readonly Plot[] {
  const costs = costPoints(report, results);
  const accuracy = accuracyWords(report);
  const cost = `Test accuracy over training time: ${costs.map(({ method, minutes, accuracy: reached }) => `${method} ${reached.toFixed(2)} % in ${figure(minutes, 3)} minutes`).join('; ')}.`;
  const all: readonly (readonly [name: string, words: string, spec: TopLevelSpec | null])[] = [
    ['accuracy', accuracy, accuracyPlot(report, WIDE, false)],
    ['accuracy-narrow', accuracy, accuracyPlot(report, NARROW, true)],
    ['cost', cost, costPlot(report, costs, WIDE)],
    ['cost-narrow', cost, costPlot(report, costs, NARROW - 40)],
    ...report.rows.flatMap(({ method }) => [
      [`validation-${method}`, validationWords(method, results), validationPlot(method, results)] as const,
      [`terms-${method}`, `Loss terms of ${method} by epoch.`, termPlot(method, results)] as const,
      [
        `watched-${method}`,
        `Values that ${method} monitors beside its loss, by epoch.`,
        watchedPlot(method, results),
      ] as const,
    ]),
    ...[
      ...report.rows.map((row) => ({ ...row, name: row.method })),
      { ...report.teacher, name: 'teacher' },
    ].map(
      (network) =>
        [
          `calibration-${network.name}`,
          `How often predictions of ${network.name} are correct, by confidence.`,
          calibrationPlot(network),
        ] as const,
    ),
    ...corruptionNames(report).map(
      (name) =>
        [
          `corruption-${name}`,
          `Accuracy by strength of the corruption ${name}.`,
          corruptionPlot(report, name),
        ] as const,
    ),
  ];
  return all.flatMap(([name, words, spec]) => (spec === null ? [] : [{ name, words, spec }]));
}

/** The text alternative of the accuracy plot. */
export function accuracyWords(report: Pick<Report, 'rows' | 'teacher'>): string {
  const words = byAccuracy(report).map(
    ({ method, testAccuracyLast }) =>
      `${method} ${meanAndDeviation(testAccuracyLast)} (95 % interval ${interval(testAccuracyLast)})`,
  );
  return `Test accuracy in per cent: ${words.join('; ')}; teacher ${percent(report.teacher.testAccuracy)}.`;
}

function validationWords(method: string, results: readonly MethodResult[]): string {
  const last = results
    .filter((result) => result.method === method)
    .flatMap(({ epochs, cohort }) => validationAccuracy(epochs.at(-1)?.validation ?? [], cohort) ?? []);
  const range =
    last.length === 0
      ? ''
      : `: ${percent(Math.min(...last))} to ${percent(Math.max(...last))} per cent at the end`;
  return `Validation accuracy of ${method} by epoch${range}.`;
}
