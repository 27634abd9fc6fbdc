import { render } from 'preact-render-to-string';
import type { RunConfig } from '../../src/config/index.js';
import { cellMetrics, correctness } from '../../src/predictions/cell-metrics.js';
import type { CellMetrics } from '../../src/predictions/cell-metrics.js';
import { decodePredictions } from '../../src/predictions/decode-predictions.js';
import { buildReport } from '../../src/report/build-report.js';
import { reportContent } from '../../src/report/page/report-page.js';
import { REPORT_SCHEMA, RESULT_SCHEMA } from '../../src/report/report-data.js';
import type { MethodResult, Report, RunEnvironment, TeacherResult } from '../../src/report/report-data.js';
import { secondsPerEpoch } from '../../src/statistics/seconds-per-epoch.js';
import { ReportClosing } from './report-closing.js';
import { recipeOf } from './recipe.js';
import { cellsOf, TEACHER } from './types.js';
import type { Finished, JobName, StoredRun } from './types.js';

/** A run and what its trainings came to; those that are not done are missing. */
export interface RunResults {
  readonly run: StoredRun;
  readonly finished: Readonly<Record<JobName, Finished | undefined>>;
  /** What the page knows of the machine. */
  readonly machine: Machine;
}

export interface Machine {
  readonly browser: string;
  readonly system: string;
  readonly cores: number;
  readonly memoryGib: number;
}

/** The same report as the bench's, of results in memory. */
export async function reportHtml(results: RunResults): Promise<string> {
  const { report, methods } = reportOf(results);
  return render(await reportContent(report, methods, [], ReportClosing({ report })));
}

/** @throws Error where the teacher or every student is missing */
export function reportOf({ run, finished, machine }: RunResults): {
  readonly report: Report;
  readonly teacher: TeacherResult;
  readonly methods: readonly MethodResult[];
} {
  const taught = finished[TEACHER];
  if (taught === undefined) throw new Error('The teacher is not ready yet.');
  const config = configOf(run, taught);
  const done = cellsOf(run).flatMap((cell) => {
    const result = finished[cell.name];
    return result === undefined ? [] : [{ ...cell, result }];
  });
  const methods = done.map(({ method, seed, result }) => resultOf(method, seed, result, run));
  const [first] = done;
  if (first === undefined) throw new Error('No student is trained yet.');
  const teacherPredictions = decodePredictions(taught.measured.predictions, TEACHER);
  const seeds = new Map<string, { seed: number; networks: CellMetrics[]; correct: Float32Array }[]>();
  for (const { method, seed, name, result } of done) {
    const kept = decodePredictions(result.measured.predictions, name);
    const networks = [cellMetrics(kept, teacherPredictions)];
    const known = seeds.get(method) ?? [];
    seeds.set(method, [...known, { seed, networks, correct: Float32Array.from(correctness(kept)) }]);
  }
  const teacher = teacherOf(taught, run);
  const { engine } = first.result.measured;
  const report = buildReport(config, environmentOf(machine, engine), teacher, methods, {
    testImages: run.data.test.labels.length,
    predictions: {
      classNames: run.data.classNames,
      teacher: cellMetrics(teacherPredictions),
      seeds,
      missing: [],
    },
  });
  return { report, teacher, methods };
}

function teacherOf({ measured, files }: Finished, run: StoredRun): TeacherResult {
  const { model, best, validationBest = NaN, parameters, macs, source, history, latency } = measured;
  const modelBytes = bytesOf(files, run);
  return {
    model,
    testAccuracy: best,
    validationAccuracy: validationBest,
    parameters,
    macs,
    source,
    epochs: history,
    ...(modelBytes !== undefined && { cost: { modelBytes, latency } }),
  };
}

function resultOf(method: string, seed: number, { measured, files }: Finished, run: StoredRun): MethodResult {
  const { last, best, validationBest, bestEpoch, history, parameters, macs, latency } = measured;
  return {
    schema: RESULT_SCHEMA,
    method,
    options: measured.options,
    seed,
    testAccuracyLast: last,
    testAccuracyBest: best,
    bestEpoch,
    validationAccuracyBest: validationBest,
    epochs: history,
    secondsPerEpoch: secondsPerEpoch(history),
    studentParameters: parameters,
    studentMacs: macs,
    extraTrainParameters: measured.trainParameters,
    warnings: measured.warnings,
    cost: { modelBytes: bytesOf(files, run) ?? 0, latency },
  };
}

/** Of a model that was brought, its files; of CLIP there are none here. */
function bytesOf(files: Finished['files'], { teacher }: Pick<StoredRun, 'teacher'>): number | undefined {
  if (files !== undefined) return files.json.length + files.weights.byteLength;
  return teacher.kind === 'own' ? teacher.files.reduce((sum, { size }) => sum + size, 0) : undefined;
}

const environmentOf = (machine: Machine, engine: Report['engine']): RunEnvironment => ({
  node: machine.browser,
  system: machine.system,
  processor: 'unknown (a browser does not say)',
  cores: machine.cores,
  memoryGib: machine.memoryGib,
  engine,
  packages: { '@distilljs/bench': `playground, report format ${REPORT_SCHEMA}` },
});

/** What the bench would call this run. */
function configOf({ data, settings }: StoredRun, { measured: { model, source } }: Finished): RunConfig {
  const { batchSize, optimizer, augment } = recipeOf(data, settings);
  const trainSize = data.train.labels.length + data.validation.labels.length;
  const isTrained = source === 'trained';
  return {
    engine: settings.engine,
    dataset:
      data.sample === undefined
        ? { name: 'given', title: data.title, trainSize, testSize: data.test.labels.length }
        : { name: 'synthetic', ...data.sample },
    validationFraction: 0.1,
    augmentation: { padCrop: 0, flip: false, ...augment } as RunConfig['augmentation'],
    teacher: {
      ...(isTrained && { model: model as NonNullable<RunConfig['teacher']['model']> }),
      ...(!isTrained && { given: true }),
      epochs: settings.teacherEpochs,
      learningRate: optimizer.learningRate,
    },
    student: { model: settings.student },
    methods: settings.methods.map((name) => ({ name, as: name, options: {} })),
    seeds: Array.from({ length: settings.seeds }, (_, at) => settings.seed + at),
    epochs: settings.epochs,
    batchSize: Math.min(batchSize, data.train.labels.length),
    optimizer: { name: 'sgd', ...optimizer },
    schedule: { name: 'cosine', warmupEpochs: 1, milestones: [], factor: 1 },
  };
}
