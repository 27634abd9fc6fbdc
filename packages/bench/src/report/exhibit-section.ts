import escapeHtml from 'escape-html';
import type { InspectedAxis, InspectedExhibit, Inspection } from '@distilljs/core';
import { colourScale, heatMapImage } from './heat-map.js';
import type { ColourScale } from './heat-map.js';

/** What one method showed of itself in its first seed. */
export interface MethodInspections {
  readonly method: string;
  readonly seed: number;
  readonly inspections: readonly Inspection[];
}

/** Up to this many rows and columns a matrix is a table with its numbers; a larger one is a picture. */
const LEGIBLE = 16;

/** The section with what techniques show of themselves, epoch by epoch; empty where none shows anything. */
export function exhibitSection(shown: readonly MethodInspections[]): string {
  const cards = shown.flatMap(({ method, seed, inspections }) =>
    inspections.length === 0 ? [] : [methodExhibits(method, seed, inspections)],
  );
  if (cards.length === 0) return '';
  return `<section>
<h2>What the methods look at</h2>
<p class="note">After the first, middle and last epoch of each phase, on one fixed batch of training images sorted by class. Dark means high; all epochs of a figure share one scale.</p>
${cards.join('\n')}
</section>`;
}

function methodExhibits(method: string, seed: number, inspections: readonly Inspection[]): string {
  const names = [...new Set(inspections.flatMap(({ exhibits }) => exhibits.map(({ name }) => name)))];
  const figures = names.map((name) => {
    const moments = inspections.flatMap(({ phase, epoch, exhibits }) =>
      exhibits.filter((exhibit) => exhibit.name === name).map((exhibit) => ({ phase, epoch, exhibit })),
    );
    const { title, rows, columns } = (moments[0] as { exhibit: InspectedExhibit }).exhibit;
    const scale = colourScale(moments.flatMap(({ exhibit }) => exhibit.panels.map(({ values }) => values)));
    const strip = moments.map(
      ({ phase, epoch, exhibit }) =>
        `<div><h4>${escapeHtml(phase)}, epoch ${epoch + 1}</h4><div class="panels">${panels(exhibit, scale)}</div></div>`,
    );
    const caption = `Rows: ${described(rows)}; columns: ${described(columns)}. From ${scale.low.toPrecision(3)} to ${scale.high.toPrecision(3)}.`;
    return `<figure><h4>${escapeHtml(title)}</h4>
<div class="moments" tabindex="0" role="region" aria-label="${escapeHtml(title)}">${strip.join('\n')}</div>
<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
  });
  return `<div class="card"><h3>${escapeHtml(method)}, seed ${seed}</h3>\n${figures.join('\n')}</div>`;
}

/** The title, and where a picture shows no names, how many of which class follow one another. */
function described({ title, labels = [] }: InspectedAxis): string {
  if (labels.length <= LEGIBLE) return title;
  const runs: { label: string; count: number }[] = [];
  for (const label of labels) {
    const last = runs.at(-1);
    if (last?.label === label) last.count += 1;
    else runs.push({ label, count: 1 });
  }
  return `${title} (${runs.map(({ label, count }) => `${count} ${label}`).join(', ')})`;
}

function panels({ panels: all, rows, columns, title }: InspectedExhibit, scale: ColourScale): string {
  return all
    .map(({ name, values }) => {
      const heading = name === undefined ? '' : `<p class="note">${escapeHtml(name)}</p>`;
      const legible = values.length <= LEGIBLE && (values[0]?.length ?? 0) <= LEGIBLE;
      const label = name === undefined ? title : `${title}, ${name}`;
      return `<div class="panel">${heading}${
        legible
          ? heatTable(values, rows, columns, scale)
          : `<img class="heat" alt="${escapeHtml(label)}" src="${heatMapImage(values, scale)}">`
      }</div>`;
    })
    .join('\n');
}

function heatTable(
  values: readonly (readonly number[])[],
  rows: InspectedAxis,
  columns: InspectedAxis,
  scale: ColourScale,
): string {
  const nameOf = ({ labels }: InspectedAxis, place: number): string =>
    escapeHtml(labels?.[place] ?? String(place + 1));
  const head = (values[0] ?? []).map((_, place) => `<th scope="col">${nameOf(columns, place)}</th>`);
  const body = values.map((row, place) => {
    const cells = row.map((value) => {
      const { colour, ink } = scale.at(value);
      return `<td style="background:${colour};color:${ink}">${value.toPrecision(2)}</td>`;
    });
    return `<tr><th scope="row">${nameOf(rows, place)}</th>${cells.join('')}</tr>`;
  });
  return `<table class="heat"><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table>`;
}
