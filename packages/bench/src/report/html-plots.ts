import escapeHtml from 'escape-html';
import { accuracyPlot } from './accuracy-plot.js';
import { termPlot, validationAccuracy, validationPlot, watchedPlot } from './curve-plot.js';
import { interval, meanAndDeviation, percent } from './format.js';
import { renderPlot } from './plot.js';
import type { MethodResult, Report, ReportRow } from './report-data.js';

/**
 * Widths of the accuracy plot without labels, pixels: for a desk and for a telephone. A scaled plot is no plot to
 * read.
 */
const WIDE = 800;
const NARROW = 220;

/** The section with every seed's accuracy. */
export async function accuracySection(report: Report): Promise<string> {
  const words = report.rows.map(
    ({ method, testAccuracyLast }) =>
      `${method} ${meanAndDeviation(testAccuracyLast)} (95 % interval ${interval(testAccuracyLast)})`,
  );
  const label = `Test accuracy in per cent: ${words.join('; ')}; teacher ${percent(report.teacher.testAccuracy)}.`;
  const wide = await renderPlot('accuracy-wide', accuracyPlot(report, WIDE));
  const narrow = await renderPlot('accuracy-narrow', accuracyPlot(report, NARROW));
  return `<section>
<h2>Accuracy per seed</h2>
<figure>
<div class="wide" role="img" aria-label="${escapeHtml(label)}">${wide}</div>
<div class="narrow" role="img" aria-label="${escapeHtml(label)}">${narrow}</div>
<figcaption>Dots: seeds, after the last epoch. Diamond and bar: mean and 95 % interval. Dashed line: the teacher.</figcaption>
</figure>
</section>`;
}

/** The section with one card of curves per method. */
export async function curveSection(report: Report, results: readonly MethodResult[]): Promise<string> {
  const cards = await Promise.all(report.rows.map((row, place) => card(row, place, results)));
  return `<section>
<h2>Learning curves</h2>
<p class="note">Top: validation accuracy by epoch. Thin lines are seeds, the thick line is their mean, grey lines are the other methods; the axis leaves out the lowest quarter of all values. Below: the weighted terms of the loss, averaged over seeds, with one line per network where several are trained; then values that are monitored but not trained on.</p>
<div class="cards">
${cards.join('\n')}
</div>
</section>`;
}

async function card({ method }: ReportRow, place: number, results: readonly MethodResult[]): Promise<string> {
  const plots = [
    { id: 'validation', spec: validationPlot(method, results), label: validationLabel(method, results) },
    { id: 'terms', spec: termPlot(method, results), label: `Loss terms of ${method} by epoch.` },
    {
      id: 'watched',
      spec: watchedPlot(method, results),
      label: `Values that ${method} monitors beside its loss, by epoch.`,
    },
  ];
  const figures = await Promise.all(
    plots.map(async ({ id, spec, label }) => {
      if (spec === null) return '';
      return `<figure role="img" aria-label="${escapeHtml(label)}">${await renderPlot(`${id}-${place}`, spec)}</figure>`;
    }),
  );
  const drawn = figures.filter((figure) => figure !== '').join('\n');
  return `<div class="card"><h3>${escapeHtml(method)}</h3>${drawn === '' ? '<p class="note">Nothing was logged.</p>' : drawn}</div>`;
}

function validationLabel(method: string, results: readonly MethodResult[]): string {
  const last = results
    .filter((result) => result.method === method)
    .flatMap(({ epochs, cohort }) => validationAccuracy(epochs.at(-1)?.validation ?? [], cohort) ?? []);
  const range =
    last.length === 0
      ? ''
      : `: ${percent(Math.min(...last))} to ${percent(Math.max(...last))} per cent at the end`;
  return `Validation accuracy of ${method} by epoch${range}.`;
}
