import type { InspectedAxis, InspectedExhibit, Inspection } from '@distilljs/core';
import type { VNode } from 'preact';
import { figure } from '../format.js';
import { colourScale, heatMapImage } from '../heat-map.js';
import type { ColourScale } from '../heat-map.js';
import { HeatTable } from './heat-table.js';
import { Section } from './parts.js';

/** What one method showed of itself in its first seed. */
export interface MethodInspections {
  readonly method: string;
  readonly seed: number;
  readonly inspections: readonly Inspection[];
}

/** Up to this many rows and columns a matrix is a table with its numbers; a larger one is a picture. */
const LEGIBLE = 16;

interface Moment {
  readonly phase: string;
  readonly epoch: number;
  readonly exhibit: InspectedExhibit;
}

/** What techniques show of themselves, epoch by epoch; nothing where none shows anything. */
export function Exhibits({ shown }: { readonly shown: readonly MethodInspections[] }): VNode | null {
  const all = shown.filter(({ inspections }) => inspections.length > 0);
  if (all.length === 0) return null;
  return (
    <Section
      id="exhibits"
      title="What the methods look at"
      note="After the first, middle and last epoch of each phase, on one fixed batch of training images sorted by class. Dark means high; all epochs of a figure share one scale."
    >
      {all.map(({ method, seed, inspections }) => (
        <div key={`${method}/${seed}`} class="card">
          <h3>
            {method}, seed {seed}
          </h3>
          {namesIn(inspections).map((name) => (
            <ExhibitFigure
              key={name}
              moments={inspections.flatMap(({ phase, epoch, exhibits }) =>
                exhibits
                  .filter((exhibit) => exhibit.name === name)
                  .map((exhibit) => ({ phase, epoch, exhibit })),
              )}
            />
          ))}
        </div>
      ))}
    </Section>
  );
}

const namesIn = (inspections: readonly Inspection[]): readonly string[] => [
  ...new Set(inspections.flatMap(({ exhibits }) => exhibits.map(({ name }) => name))),
];

/** One exhibit over the epochs. `moments` is not empty. */
function ExhibitFigure({ moments }: { readonly moments: readonly Moment[] }): VNode {
  const { title, rows, columns } = (moments[0] as Moment).exhibit;
  const scale = colourScale(moments.flatMap(({ exhibit }) => exhibit.panels.map(({ values }) => values)));
  return (
    <figure>
      <h4>{title}</h4>
      <div class="moments" tabIndex={0} role="region" aria-label={title}>
        {moments.map(({ phase, epoch, exhibit }) => (
          <div key={`${phase} ${epoch}`}>
            <h4>{`${phase}, epoch ${epoch + 1}`}</h4>
            <Panels exhibit={exhibit} scale={scale} />
          </div>
        ))}
      </div>
      <figcaption>
        {`Rows: ${described(rows)}; columns: ${described(columns)}. From ${figure(scale.low, 3)} to ${figure(scale.high, 3)}.`}
      </figcaption>
    </figure>
  );
}

function Panels({
  exhibit: { panels, rows, columns, title },
  scale,
}: {
  readonly exhibit: InspectedExhibit;
  readonly scale: ColourScale;
}): VNode {
  return (
    <div class="panels">
      {panels.map(({ name, values }, at) => {
        const isLegible = values.length <= LEGIBLE && (values[0]?.length ?? 0) <= LEGIBLE;
        return (
          <div key={at} class="panel">
            {name === undefined ? null : <p class="note">{name}</p>}
            {isLegible ? (
              <HeatTable
                values={values}
                scale={scale}
                rowNames={rows.labels}
                columnNames={columns.labels}
                text={(value) => figure(value, 2)}
              />
            ) : (
              <img
                class="heat"
                alt={name === undefined ? title : `${title}, ${name}`}
                src={heatMapImage(values, scale)}
              />
            )}
          </div>
        );
      })}
    </div>
  );
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
