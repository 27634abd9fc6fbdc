import type { VNode } from 'preact';
import type { CellScores } from '../../predictions/index.js';
import type { Summary } from '../../statistics/index.js';
import { byAccuracy } from '../accuracy-plot.js';
import { corruptionNames } from '../figure-plots.js';
import type { RowCost, RowFigures } from '../figures.js';
import { figure, magnitude, meanAndDeviation, NONE, overhead, percent, seconds } from '../format.js';
import type { Report } from '../report-data.js';
import { DataTable } from './data-table.js';
import { Details, PlotCards, Section } from './parts.js';
import type { FindPlot } from './parts.js';

/** A network and what was measured of it. */
type Measured = RowFigures & { readonly name: string };

/** The methods, the highest accuracy first, and the teacher. */
const networksOf = (report: Report): readonly Measured[] => [
  ...byAccuracy(report).map((row) => ({ ...row, name: row.method })),
  { ...report.teacher, name: 'teacher' },
];

const number = (summary: Summary): string =>
  summary.sd === null ? summary.mean.toFixed(3) : `${summary.mean.toFixed(3)} ± ${summary.sd.toFixed(3)}`;

/** Scores of predictions, beside accuracy. */
const SCORES: readonly {
  readonly key: keyof CellScores;
  readonly title: string;
  readonly meaning: string;
  readonly text: (summary: Summary) => string;
}[] = [
  {
    key: 'top5',
    title: 'top-5 %',
    meaning: 'share of images whose class is among the five most probable',
    text: meanAndDeviation,
  },
  {
    key: 'agreement',
    title: 'agreement %',
    meaning: 'share of images for which the method and the teacher predict the same class',
    text: meanAndDeviation,
  },
  {
    key: 'kl',
    title: 'KL to teacher',
    meaning: 'mean Kullback–Leibler divergence from the teacher’s probabilities to the method’s, in nats',
    text: number,
  },
  {
    key: 'nll',
    title: 'NLL',
    meaning: 'negative log-likelihood of the true class, in nats; lower is better',
    text: number,
  },
  {
    key: 'ece',
    title: 'ECE',
    meaning:
      'expected calibration error: mean distance of confidence and accuracy over 15 bins; lower is better',
    text: number,
  },
  {
    key: 'brier',
    title: 'Brier',
    meaning: 'mean squared distance of the probabilities from the truth, 0 to 2; lower is better',
    text: number,
  },
];

/** How far probabilities can be trusted: nothing where no predictions are kept. */
export function Calibration({
  report,
  find,
}: {
  readonly report: Report;
  readonly find: FindPlot;
}): VNode | null {
  const networks = networksOf(report).filter(({ metrics }) => metrics !== null);
  if (networks.length === 0) return null;
  const scores = SCORES.filter(({ key }) => networks.some(({ metrics }) => metrics?.scores[key] != null));
  return (
    <Section
      id="calibration"
      title="Calibration and agreement"
      note="What the probabilities are worth, and how alike student and teacher are. Mean and standard deviation over seeds."
    >
      <DataTable
        label="Scores of the predictions"
        head={[{ name: 'method' }, ...scores.map(({ title: name, meaning }) => ({ name, meaning }))]}
        rows={networks.map(({ name, metrics }) => ({
          kind: name === 'teacher' ? 'teacher' : undefined,
          cells: [
            name,
            ...scores.map(({ key, text }) => {
              const summary = metrics?.scores[key];
              return summary == null ? NONE : text(summary);
            }),
          ],
        }))}
        isSortable
      />
      <Details summary="Reliability diagrams, and what the scores mean">
        <ul class="note">
          {scores.map(({ title, meaning }) => (
            <li key={title}>
              <b>{title}</b>: {meaning}.
            </li>
          ))}
        </ul>
        <p class="note">
          Below: how often predictions of a confidence are correct, over the images of all seeds. Below the
          dashed line a network is surer than it should be. The larger a dot, the more images.
        </p>
        <PlotCards of="calibration" names={networks.map(({ name }) => name)} find={find} />
      </Details>
    </Section>
  );
}

/** What noise, blur and the like leave of the accuracy: nothing where it was not measured. */
export function Corruptions({
  report,
  find,
}: {
  readonly report: Report;
  readonly find: FindPlot;
}): VNode | null {
  const names = corruptionNames(report);
  if (names.length === 0) return null;
  const networks = networksOf(report).filter(({ corruptions }) => corruptions !== null);
  return (
    <Section
      id="corruptions"
      title="Corrupted images"
      note="Accuracy on the test images after seeded corruptions of five strengths; 0 is clean. In colour: the method that ranks first. Dashed: the teacher. Grey: the other methods."
    >
      <PlotCards of="corruption" names={names} find={find} />
      <DataTable
        label="Accuracy on corrupted images"
        head={[
          { name: 'method' },
          { name: 'mean %', meaning: 'over corruptions and strengths' },
          { name: 'of clean %', meaning: 'this mean relative to the accuracy on clean images' },
          ...names.map((name) => ({ name: `${name} %`, meaning: 'mean over five strengths' })),
        ]}
        rows={networks.map(({ name, corruptions }) => ({
          kind: name === 'teacher' ? 'teacher' : undefined,
          cells: [
            name,
            ...(corruptions === null
              ? []
              : [
                  meanAndDeviation(corruptions.mean),
                  corruptions.relative === null ? NONE : meanAndDeviation(corruptions.relative),
                  ...names.map((of) => meanOf(corruptions.accuracy[of] ?? [])),
                ]),
          ],
        }))}
        isSortable
      />
    </Section>
  );
}

const bytes = (size: number | null): string => (size === null ? NONE : `${magnitude(size)}B`);

const meanOf = (summaries: readonly Summary[]): string =>
  summaries.length === 0
    ? NONE
    : percent(summaries.reduce((sum, { mean }) => sum + mean, 0) / summaries.length);

const costly = (report: Report): readonly (Measured & { readonly cost: RowCost })[] =>
  networksOf(report).filter((row): row is Measured & { readonly cost: RowCost } => row.cost !== null);

export const hasCosts = (report: Report): boolean => costly(report).length > 0;

/** What training and use cost, of the networks for which it was measured. */
export function CostTable({ report }: { readonly report: Report }): VNode {
  const networks = costly(report);
  const batches = [...new Set(networks.flatMap(({ cost }) => cost.latency.map(({ batch }) => batch)))].sort(
    (a, b) => a - b,
  );
  return (
    <DataTable
      label="Cost"
      head={[
        { name: 'method' },
        { name: 'training, s', meaning: 'seconds of training steps of a whole training, mean over seeds' },
        {
          name: 'method’s share',
          meaning: 'share of these seconds that the student alone would not take',
        },
        { name: 'peak memory', meaning: 'most memory of the process at the end of a training step' },
        { name: 'model size', meaning: 'size of the saved network' },
        ...batches.map((batch) => ({
          name: `ms, batch ${batch}`,
          meaning: 'milliseconds of one forward pass on the engine of the run: median, then 95th percentile',
        })),
      ]}
      rows={networks.map(({ name, cost }) => ({
        kind: name === 'teacher' ? 'teacher' : undefined,
        cells: [
          name,
          cost.trainSeconds === 0 ? NONE : seconds(cost.trainSeconds),
          overhead(cost.methodShare).replace('+', ''),
          bytes(cost.peakMemoryBytes),
          bytes(cost.modelBytes),
          ...batches.map((batch) => {
            const found = cost.latency.find((one) => one.batch === batch);
            return found === undefined ? NONE : `${figure(found.p50, 3)}, ${figure(found.p95, 3)}`;
          }),
        ],
      }))}
      isSortable
    />
  );
}
