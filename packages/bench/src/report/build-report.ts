import type { RunConfig } from '../config/index.js';
import { comparePaired, comparePairs, pooledPower, summarize } from '../statistics/index.js';
import type { PairedComparison, Summary } from '../statistics/index.js';
import type { KeptPredictions } from './figures.js';
import { omissions } from './omissions.js';
import { ranking } from './ranking.js';
import type { RankedMethod } from './ranking.js';
import { rowCorruptions, rowCost, rowMetrics, seedScores, teacherCost } from './row-figures.js';
import { REPORT_SCHEMA } from './report-data.js';
import type {
  CohortRow,
  MethodResult,
  Report,
  ReportRow,
  RunEnvironment,
  RunFacts,
  TeacherResult,
} from './report-data.js';

/**
 * Builds the report of a run from its results. Pure: the same results give the same report, in any order.
 *
 * @param results any number of seeds per method; methods without any get no row
 * @param facts what the results do not contain
 */
export function buildReport(
  config: RunConfig,
  environment: RunEnvironment,
  teacher: TeacherResult,
  results: readonly MethodResult[],
  {
    testImages,
    ownNetworks = [],
    predictions = NO_PREDICTIONS,
    tuning = [],
    race = null,
    embeddings = null,
  }: RunFacts = {},
): Report {
  const ordered = [...results].sort((a, b) => a.seed - b.seed);
  const methods = config.methods
    .map(({ as }) => ordered.filter(({ method }) => method === as))
    .filter((runs) => runs.length > 0);
  const { model, testAccuracy, validationAccuracy, parameters, macs, source } = teacher;
  const rows = methods.map((runs) => reportRow(runs, ordered, ownNetworks, predictions));
  const ranked = ranking({ rows }).methods;
  const pairwise = comparePairs(ranked.map((each) => ({ ...each, correct: correctOf(each, predictions) })));
  return {
    schema: REPORT_SCHEMA,
    config,
    environment,
    engine: environment.engine,
    teacher: {
      ...{ model, testAccuracy, validationAccuracy, parameters, macs, source },
      metrics:
        predictions.teacher === undefined ? null : rowMetrics([{ seed: 0, networks: [predictions.teacher] }]),
      cost: teacherCost(teacher),
      corruptions: rowCorruptions(predictions.corruptions?.get('teacher')),
    },
    rows,
    testImages: testImages ?? config.dataset.testSize ?? null,
    warnings: [...sharedMachine(ordered), ...ownWarnings(methods.flat())],
    tuning,
    race,
    teachers: new Set(ordered.flatMap(({ origin }) => origin?.teacher ?? [])).size,
    threads: [...new Set(ordered.flatMap(({ madeWith }) => madeWith?.threads ?? []))].sort((a, b) => a - b),
    classNames: predictions.classNames ?? null,
    pairwise,
    power: pooledPower(pairwise, ranked.length, hoursPerSeed(rows, ranked)),
    embeddings,
    omitted: omissions(config, ordered, predictions, embeddings),
  };
}

const NO_PREDICTIONS: KeptPredictions = { seeds: new Map(), missing: [] };

/** Correctness per test image, for the ranking's seeds. */
function correctOf(
  { method, accuracies }: RankedMethod,
  { seeds }: KeptPredictions,
): ReadonlyMap<number, Float32Array> {
  const kept = (seeds.get(method) ?? []).filter(({ seed }) => accuracies.has(seed));
  return new Map(kept.map(({ seed, correct }) => [seed, correct]));
}

function hoursPerSeed(rows: readonly ReportRow[], ranked: readonly RankedMethod[]): number {
  const own = rows.filter((row) => ranked.some(({ method }) => method === row.method));
  return own.reduce((sum, { cost }) => sum + (cost?.trainSeconds ?? 0) / 3600, 0);
}

/** Merges equal warnings of several trainings into one that names them. */
function ownWarnings(results: readonly MethodResult[]): string[] {
  const sources = new Map<string, Map<string, Set<number>>>();
  for (const { method, seed, warnings } of results)
    for (const warning of warnings) {
      const methods = sources.get(warning) ?? new Map<string, Set<number>>();
      sources.set(warning, methods.set(method, (methods.get(method) ?? new Set()).add(seed)));
    }
  const named = ([method, seeds]: readonly [string, ReadonlySet<number>]): string =>
    `${method}, ${seeds.size === 1 ? 'seed' : 'seeds'} ${[...seeds].join(', ')}`;
  return [...sources].map(([warning, methods]) => `${[...methods].map(named).join('; ')}: ${warning}`);
}

function sharedMachine(results: readonly MethodResult[]): string[] {
  const most = Math.max(...results.map(({ trainingsAtATime = 1 }) => trainingsAtATime));
  return most > 1
    ? [
        `Up to ${most} trainings shared the machine, so seconds per epoch and overheads are not the methods' alone.`,
      ]
    : [];
}

/** The row of one method over its seeds. `runs` is not empty. */
function reportRow(
  runs: readonly MethodResult[],
  all: readonly MethodResult[],
  ownNetworks: readonly string[],
  predictions: KeptPredictions,
): ReportRow {
  const [first] = runs as readonly [MethodResult, ...MethodResult[]];
  const student = all.filter(({ method }) => method === 'student');
  const ownNetwork = ownNetworks.includes(first.method);
  const kept = predictions.seeds.get(first.method) ?? [];
  const scores = new Map(kept.map((seed) => [seed.seed, seedScores(seed)]));
  return {
    method: first.method,
    options: first.options,
    ownNetwork,
    seeds: runs.map(({ seed }) => seed),
    testAccuracyLast: summarize(runs.map((run) => run.testAccuracyLast)),
    testAccuracyBest: summarize(runs.map((run) => run.testAccuracyBest)),
    cohort: cohortRow(runs),
    deltaVsKd: ownNetwork ? null : versus('kd', runs, all),
    deltaVsStudent: ownNetwork ? null : versus('student', runs, all),
    studentParameters: first.studentParameters,
    studentMacs: first.studentMacs,
    extraTrainParameters: first.extraTrainParameters,
    secondsPerEpoch: mean(runs.map((run) => run.secondsPerEpoch)),
    overheadVsStudent: student.length === 0 ? null : meanSeconds(runs) / meanSeconds(student) - 1,
    perSeed: runs.map((run) => ({
      seed: run.seed,
      testAccuracyLast: run.testAccuracyLast,
      testAccuracyBest: run.testAccuracyBest,
      validationAccuracyBest: run.validationAccuracyBest ?? null,
      ensembleAccuracyLast: run.cohort?.ensembleAccuracyLast ?? null,
      secondsPerEpoch: run.secondsPerEpoch,
      scores: scores.get(run.seed) ?? null,
    })),
    metrics: rowMetrics(kept),
    cost: rowCost(runs, student),
    corruptions: rowCorruptions(predictions.corruptions?.get(first.method)),
  };
}

function cohortRow(runs: readonly MethodResult[]): CohortRow | null {
  const cohorts = runs.flatMap(({ cohort }) => cohort ?? []);
  const [first] = cohorts;
  if (first === undefined) return null;
  return {
    networks: first.networks.map(({ model, counted, parameters, macs }, place) => {
      const of = (when: 'testAccuracyLast' | 'testAccuracyBest'): Summary =>
        summarize(cohorts.flatMap(({ networks }) => networks[place]?.[when] ?? []));
      const accuracies = {
        testAccuracyLast: of('testAccuracyLast'),
        testAccuracyBest: of('testAccuracyBest'),
      };
      return { model, counted, parameters, macs, ...accuracies };
    }),
    ensembleAccuracyLast: summarize(cohorts.map((cohort) => cohort.ensembleAccuracyLast)),
    ensembleAccuracyBest: summarize(cohorts.map((cohort) => cohort.ensembleAccuracyBest)),
  };
}

function versus(
  baseline: string,
  runs: readonly MethodResult[],
  all: readonly MethodResult[],
): PairedComparison | null {
  if (runs[0]?.method === baseline) return null;
  const others = all.filter(({ method }) => method === baseline);
  return comparePaired(accuracies(runs), accuracies(others));
}

function accuracies(runs: readonly MethodResult[]): ReadonlyMap<number, number> {
  return new Map(runs.map((run) => [run.seed, run.testAccuracyLast]));
}

/** Mean seconds of a whole training, including a method's extra phases. */
function meanSeconds(runs: readonly MethodResult[]): number {
  return mean(runs.map(({ secondsPerEpoch, epochs }) => secondsPerEpoch * epochs.length));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
