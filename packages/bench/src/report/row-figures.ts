import type { CalibrationBin, CellScores } from '../predictions/index.js';
import { summarize } from '../statistics/index.js';
import type { Summary } from '../statistics/index.js';
import type {
  Mistake,
  RowCorruptions,
  RowCost,
  RowMetrics,
  SeedCorruptions,
  SeedMetrics,
} from './figures.js';
import type { MethodResult, TeacherResult } from './report-data.js';

/** Most classes with a full confusion matrix. */
const MOST_CLASSES = 30;
const MOST_MISTAKES = 20;
const NAMES = ['top1', 'top5', 'nll', 'ece', 'brier', 'agreement', 'kl'] as const;

/** The scores of one training; for a cohort, means over the networks that count. */
export function seedScores({ networks }: Pick<SeedMetrics, 'networks'>): CellScores {
  const of = (name: keyof CellScores): number | null => {
    const values = networks.flatMap((network) => network[name] ?? []);
    return values.length === 0 ? null : mean(values);
  };
  return Object.fromEntries(NAMES.map((name) => [name, of(name)])) as unknown as CellScores;
}

/** A method's figures over its seeds. @returns null without any */
export function rowMetrics(seeds: readonly Pick<SeedMetrics, 'seed' | 'networks'>[]): RowMetrics | null {
  const networks = seeds.flatMap((seed) => seed.networks);
  const [first] = networks;
  if (first === undefined) return null;
  const scores = seeds.map(seedScores);
  const over = (name: keyof CellScores): Summary | null => {
    const values = scores.flatMap((score) => score[name] ?? []);
    return values.length === 0 ? null : summarize(values);
  };
  const confusion = first.confusion.map((row, label) =>
    row.map((_, predicted) => sum(networks.map((network) => network.confusion[label]?.[predicted] ?? 0))),
  );
  return {
    seeds: seeds.map(({ seed }) => seed),
    scores: Object.fromEntries(NAMES.map((name) => [name, over(name)])) as RowMetrics['scores'],
    perClass: first.perClass.map((_, label) => {
      const shares = networks.flatMap(({ perClass }) => perClass[label] ?? []);
      return shares.length === 0 ? null : mean(shares);
    }),
    calibration: first.calibration.map((_, bin) =>
      pooled(networks.flatMap(({ calibration }) => calibration[bin] ?? [])),
    ),
    confusion: confusion.length > MOST_CLASSES ? null : confusion,
    mistakes: mistakesOf(confusion),
  };
}

function pooled(bins: readonly CalibrationBin[]): CalibrationBin {
  const images = sum(bins.map((bin) => bin.images));
  const weighed = (name: 'confidence' | 'accuracy'): number | null =>
    images === 0 ? null : sum(bins.map((bin) => bin.images * (bin[name] ?? 0))) / images;
  return { images, confidence: weighed('confidence'), accuracy: weighed('accuracy') };
}

function mistakesOf(confusion: readonly (readonly number[])[]): readonly Mistake[] {
  return confusion
    .flatMap((row, label) => {
      const images = Math.max(1, sum(row));
      return row.flatMap((count, predicted) =>
        count === 0 || predicted === label ? [] : [{ label, predicted, share: count / images, count }],
      );
    })
    .sort((a, b) => b.count - a.count || b.share - a.share)
    .slice(0, MOST_MISTAKES)
    .map(({ label, predicted, share }) => ({ label, predicted, share }));
}

/** Accuracy on corrupted images over seeds. @returns null without any */
export function rowCorruptions(seeds: readonly Omit<SeedCorruptions, 'noise'>[] = []): RowCorruptions | null {
  const [first] = seeds;
  if (first === undefined) return null;
  const names = Object.keys(first.accuracy).filter((name) => seeds.every(({ accuracy }) => name in accuracy));
  const means = seeds.map(({ accuracy }) => mean(names.flatMap((name) => accuracy[name] ?? [])));
  return {
    seeds: seeds.map(({ seed }) => seed),
    accuracy: Object.fromEntries(
      names.map((name) => [
        name,
        (first.accuracy[name] ?? []).map((_, at) =>
          summarize(seeds.map(({ accuracy }) => accuracy[name]?.[at] ?? 0)),
        ),
      ]),
    ),
    mean: summarize(means),
    relative: seeds.every(({ clean }) => clean > 0)
      ? summarize(means.map((value, at) => value / (seeds[at]?.clean ?? 1)))
      : null,
  };
}

/** What a method costs. @param student the results of the student alone; empty without such a row */
export function rowCost(runs: readonly MethodResult[], student: readonly MethodResult[]): RowCost {
  const trainSeconds = mean(runs.map(secondsOf));
  const alone = mean(student.map(secondsOf));
  return {
    trainSeconds,
    methodShare: student.length === 0 || trainSeconds === 0 ? null : Math.max(0, 1 - alone / trainSeconds),
    ...keptCost(runs.flatMap(({ cost }) => cost ?? [])),
  };
}

/** What the teacher costs; a loaded one was not trained here. */
export function teacherCost({ epochs, cost }: TeacherResult): RowCost {
  return {
    trainSeconds: secondsOf({ epochs }),
    methodShare: null,
    ...keptCost(cost === undefined ? [] : [cost]),
  };
}

type Kept = NonNullable<MethodResult['cost']>;

function keptCost(costs: readonly Kept[]): Omit<RowCost, 'trainSeconds' | 'methodShare'> {
  const peaks = costs.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  return {
    modelBytes: costs[0]?.modelBytes ?? null,
    peakMemoryBytes: peaks.length === 0 ? null : Math.max(...peaks),
    latency: costs.flatMap(({ latency }) => (latency === undefined ? [] : [latency]))[0] ?? [],
  };
}

const secondsOf = ({ epochs }: Pick<MethodResult, 'epochs'>): number =>
  sum(epochs.map(({ seconds }) => seconds));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
