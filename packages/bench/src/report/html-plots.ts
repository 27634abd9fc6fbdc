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
<figcaption>Dots: one seed each, after the last epoch. Diamond and bar: their mean and its 95 % interval. Dashed: the teacher, with the weights it taught with.</figcaption>
</figure>
</section>`;
}

/** The section with one card of curves per method. */
export async function curveSection(report: Report, results: readonly MethodResult[]): Promise<string> {
  const cards = await Promise.all(report.rows.map((row, place) => card(row, place, results)));
  return `<section>
<h2>Learning curves</h2>
<p class="note">Above: accuracy on the validation images by epoch; thin lines are seeds, the strong one is their mean, pale lines are the other methods; the lowest quarter of all values is cut off. Below: what each term adds to the loss, mean over seeds; networks that are trained together have a line each; then what is watched beside the loss.</p>
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
      label: `What ${method} watches beside its loss, by epoch.`,
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
