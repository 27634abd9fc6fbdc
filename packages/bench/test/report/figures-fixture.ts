import { createRandom } from '@distilljs/core';
import type { Report, RowCorruptions, RowCost, RowFigures, RowMetrics } from '../../src/report/index.js';
import { comparePaired, holmAdjusted, summarize } from '../../src/statistics/index.js';
import type { Pair, Summary } from '../../src/statistics/index.js';

const CORRUPTIONS = ['noise', 'blur', 'contrast', 'jpeg', 'brightness'];
const STRENGTHS = [1, 2, 3, 4, 5];
const BINS = 15;

/** The report with every figure that needs kept predictions, made up to fit its accuracies. */
export function withFigures(report: Report, classNames: readonly string[]): Report {
  const rows = report.rows.map((row) => ({
    ...row,
    ...figures(
      row.method,
      row.perSeed.map(({ testAccuracyLast }) => testAccuracyLast),
      classNames.length,
      cost(row.secondsPerEpoch * 60, row.overheadVsStudent),
    ),
  }));
  const teacher = {
    ...report.teacher,
    ...figures('teacher', [report.teacher.testAccuracy], classNames.length, cost(3600, null)),
  };
  return {
    ...report,
    rows,
    teacher,
    classNames,
    pairwise: pairs(report),
    power: {
      seeds: 5,
      sd: 0.0031,
      detectable: 0.0048,
      seedsForOnePoint: 3,
      moreTrainings: 0,
      moreHours: 0,
    },
    omitted: ['Latency is missing: `distill-bench measure RUN` brings it.'],
  };
}

function figures(name: string, accuracies: readonly number[], classes: number, of: RowCost): RowFigures {
  return {
    metrics: metrics(name, accuracies, classes),
    cost: of,
    corruptions: corruptions(name, accuracies),
  };
}

function cost(trainSeconds: number, overhead: number | null): RowCost {
  return {
    modelBytes: 1_140_000,
    trainSeconds,
    methodShare: overhead === null ? null : overhead / (1 + overhead),
    peakMemoryBytes: 612_000_000,
    latency: [1, 64].map((batch) => ({
      batch,
      p50: 1.9 * batch ** 0.7,
      p95: 2.3 * batch ** 0.7,
      passes: 50,
    })),
  };
}

function metrics(name: string, accuracies: readonly number[], classes: number): RowMetrics {
  const random = createRandom(7).fork(name);
  const mean = summarize([...accuracies]).mean;
  const over = (value: (accuracy: number) => number): Summary => summarize(accuracies.map(value));
  const isTeacher = name === 'teacher';
  const confusion = Array.from({ length: classes }, (_, label) =>
    Array.from({ length: classes }, (_, predicted) =>
      label === predicted ? Math.round(100 * mean) : Math.floor(random.uniform() ** 6 * 12),
    ),
  );
  return {
    seeds: accuracies.map((_, seed) => seed),
    scores: {
      top1: over((accuracy) => accuracy),
      top5: over((accuracy) => 1 - (1 - accuracy) / 4),
      nll: over((accuracy) => 1.6 * (1 - accuracy) + 0.6),
      ece: over((accuracy) => 0.18 - 0.1 * accuracy),
      brier: over((accuracy) => 1.4 * (1 - accuracy)),
      agreement: isTeacher ? null : over((accuracy) => accuracy + 0.06),
      kl: isTeacher ? null : over((accuracy) => 1.2 * (1 - accuracy)),
    },
    perClass: Array.from({ length: classes }, (_, index) =>
      Math.min(1, Math.max(0, mean + 0.22 * Math.sin(1.7 * index) + 0.02 * random.normal())),
    ),
    calibration: Array.from({ length: BINS }, (_, bin) => {
      const confidence = (bin + 0.5) / BINS;
      return { images: 10 + 15 * bin ** 2, confidence, accuracy: confidence - 0.12 * confidence ** 2 };
    }),
    confusion: classes <= 30 ? confusion : null,
    mistakes: Array.from({ length: Math.min(6, classes - 1) }, (_, at) => ({
      label: at,
      predicted: (at + 1) % classes,
      share: 0.2 / (at + 1),
    })),
  };
}

function corruptions(name: string, accuracies: readonly number[]): RowCorruptions {
  const loss = name === 'teacher' ? 0.05 : 0.06;
  const at = (place: number, strength: number): Summary =>
    summarize(accuracies.map((accuracy) => accuracy * (1 - loss * strength * (0.5 + 0.25 * place))));
  const all = CORRUPTIONS.map((_, place) => STRENGTHS.map((strength) => at(place, strength)));
  const mean = all.flat().reduce((sum, one) => sum + one.mean, 0) / all.flat().length;
  const clean = summarize([...accuracies]).mean;
  return {
    seeds: accuracies.map((_, seed) => seed),
    accuracy: Object.fromEntries(CORRUPTIONS.map((corruption, place) => [corruption, all[place] ?? []])),
    mean: summarize(accuracies.map((accuracy) => accuracy - clean + mean)),
    relative: summarize(accuracies.map((accuracy) => (accuracy - clean + mean) / accuracy)),
  };
}

/** Every pair as it is compared in a report, with an interval over images that is a little wider. */
function pairs({ rows }: Report): Pair[] {
  const ordered = [...rows].sort((a, b) => b.testAccuracyLast.mean - a.testAccuracyLast.mean);
  const all = ordered.flatMap((first, at) => ordered.slice(at + 1).map((second) => [first, second] as const));
  const bySeed = (row: Report['rows'][number]): ReadonlyMap<number, number> =>
    new Map(row.perSeed.map(({ seed, testAccuracyLast }) => [seed, testAccuracyLast]));
  const compared = all.flatMap(([first, second]) => {
    const comparison = comparePaired(bySeed(first), bySeed(second));
    return comparison === null ? [] : [{ first, second, comparison }];
  });
  const corrected = holmAdjusted(compared.map(({ comparison: { p } }) => p ?? 1));
  return compared.map(({ first, second, comparison: { seeds, mean, ci95, p } }, at) => {
    const differences = seeds.map((seed) => (bySeed(first).get(seed) ?? 0) - (bySeed(second).get(seed) ?? 0));
    return {
      first: first.method,
      second: second.method,
      seeds,
      mean,
      ci95,
      ci95WithImages: ci95 === null ? null : [ci95[0] - 0.002, ci95[1] + 0.002],
      p,
      correctedP: corrected[at] ?? null,
      wins: differences.filter((difference) => difference > 0).length,
      ties: differences.filter((difference) => difference === 0).length,
      losses: differences.filter((difference) => difference < 0).length,
      effect: 0.8,
      power: null,
    };
  });
}
