import type { VNode } from 'preact';
import { byAccuracy } from '../accuracy-plot.js';
import type { RowMetrics } from '../figures.js';
import { count, percent } from '../format.js';
import { colourScale } from '../heat-map.js';
import type { Report } from '../report-data.js';
import { HeatTable } from './heat-table.js';
import { DataTable } from './data-table.js';
import { Details, Section } from './parts.js';

/** More columns than this nobody compares; the others are in report.json. */
const MOST_CLASSES = 100;
/** Of each network, the mistakes that are listed. */
const MISTAKES = 5;

interface ClassRow {
  readonly name: string;
  readonly metrics: RowMetrics;
}

/** Which classes are hard, and for whom: nothing where no predictions are kept. */
export function Classes({ report }: { readonly report: Report }): VNode | null {
  const networks = [
    ...byAccuracy(report).map(({ method, metrics }) => ({ name: method, metrics })),
    { name: 'teacher', metrics: report.teacher.metrics },
  ].filter((row): row is ClassRow => row.metrics !== null);
  const [first] = networks;
  if (first === undefined) return null;
  const classes = first.metrics.perClass.length;
  const shown = hardestClasses(networks);
  const nameOf = (index: number): string => report.classNames?.[index] ?? `class ${index}`;
  const values = networks.map(({ metrics }) => shown.map((index) => metrics.perClass[index] ?? null));
  const scale = colourScale([values.map((row) => row.filter((value) => value !== null))]);
  const chosen =
    shown.length < classes
      ? `The ${count(shown.length)} hardest of ${count(classes)} classes; report.json has all.`
      : 'The hardest class comes first.';
  return (
    <Section
      id="classes"
      title="Class by class"
      isBroad
      note={`Accuracy on the test images of each class in per cent, mean over seeds. ${chosen} Dark is high.`}
    >
      <HeatTable
        label="Accuracy by class and method"
        isUpright
        values={values}
        scale={scale}
        rowNames={networks.map(({ name }) => name)}
        columnNames={shown.map(nameOf)}
        text={(value) => (100 * value).toFixed(0)}
        tip={(row, column) =>
          `${networks[row]?.name ?? ''}, ${nameOf(shown[column] ?? 0)}: ${percent(values[row]?.[column] ?? 0)} %`
        }
      />
      <Details summary="The most frequent mistakes, by method">
        <DataTable
          label="The most frequent mistakes"
          head={['method', 'class', 'taken for', 'of its images, %'].map((name) => ({ name }))}
          rows={networks.flatMap(({ name, metrics: { mistakes } }) =>
            mistakes.slice(0, MISTAKES).map(({ label, predicted, share }) => ({
              cells: [name, nameOf(label), nameOf(predicted), percent(share)],
            })),
          )}
          isSortable
        />
      </Details>
      {first.metrics.confusion === null ? null : (
        <Details summary={`Confusion of ${first.name}, in images over all seeds`}>
          <Confusion name={first.name} confusion={first.metrics.confusion} nameOf={nameOf} />
        </Details>
      )}
    </Section>
  );
}

/** Indices of classes with test images, those that the methods get wrong most first. */
function hardestClasses(networks: readonly ClassRow[]): readonly number[] {
  const [first] = networks;
  return (first?.metrics.perClass ?? [])
    .flatMap((_, index) => {
      const all = networks.flatMap(({ metrics }) => metrics.perClass[index] ?? []);
      return all.length === 0
        ? []
        : [{ index, mean: all.reduce((sum, value) => sum + value, 0) / all.length }];
    })
    .sort((a, b) => a.mean - b.mean)
    .slice(0, MOST_CLASSES)
    .map(({ index }) => index);
}

function Confusion({
  name,
  confusion,
  nameOf,
}: {
  readonly name: string;
  readonly confusion: readonly (readonly number[])[];
  readonly nameOf: (index: number) => string;
}): VNode {
  const shares = confusion.map((row) => {
    const all = row.reduce((sum, images) => sum + images, 0);
    return row.map((images) => (all === 0 ? 0 : images / all));
  });
  const names = confusion.map((_, index) => nameOf(index));
  return (
    <HeatTable
      label={`Confusion of ${name}: rows are true classes, columns predicted ones`}
      isUpright
      values={shares}
      scale={colourScale([[[0, 1]]])}
      rowNames={names}
      columnNames={names}
      text={(value) => (value === 0 ? '' : (100 * value).toFixed(0))}
      tip={(row, column) =>
        `${names[row] ?? ''} taken for ${names[column] ?? ''}: ${count(confusion[row]?.[column] ?? 0)} images, ${percent(shares[row]?.[column] ?? 0)} %`
      }
    />
  );
}
