import { DistillError } from '@distilljs/core';
import type { Inspection } from '@distilljs/core';
import { z } from 'zod';
import { isRunConfig } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import { RESULT_SCHEMA } from '../report/index.js';
import type { MethodResult, RunEnvironment, TeacherResult } from '../report/index.js';
import type { DataFingerprints } from './datasets.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';
import { inForm, readJson, readText } from './write-json.js';

/** The run that a run folder holds. */
export interface FoundRun {
  readonly config: RunConfig;
  /** The machine and versions at its start. */
  readonly environment: RunEnvironment;
  /** Undefined in folders of older versions. */
  readonly data: DataFingerprints | undefined;
}

const RESTORE =
  'Restore it from a copy (report/report.json has one, as `config` and `environment`), or use another folder.';
const RESTORE_DATA =
  'Restore it from a copy, or remove it: `distill-bench run --resume` records the images that it finds.';
const AGAIN = 'Remove the file; `distill-bench run --resume` makes it again.';

/** JSON has no NaN: a measure without a value is written as null. */
const measure = z.number().nullable();
const share = z.number().min(0).max(1);
const count = z.number().int().min(0);

const part = z.object({ size: count, fingerprint: z.string().min(1) });
const data = z.object({
  ...{ train: part, validation: part, test: part },
  classNames: z.array(z.string()).optional(),
});
const engine = z.looseObject({ name: z.string(), version: z.string() });
/** The fields that identify a run folder. */
const environment = z.looseObject({ engine, packages: z.record(z.string(), z.string()) });
/** The fields that a report uses. */
const wholeEnvironment = environment.extend({
  node: z.string(),
  system: z.string(),
  processor: z.string(),
  cores: z.number(),
  memoryGib: z.number(),
  engine: engine.extend({
    backend: z.string(),
    reproducible: z.boolean(),
    refused: z.array(z.looseObject({ name: z.string(), reason: z.string() })),
  }),
});
const epoch = z.looseObject({
  phase: z.string(),
  epoch: count,
  globalEpoch: count,
  steps: count,
  learningRate: z.record(z.string(), measure),
  terms: z.record(z.string(), z.object({ value: measure, weight: measure })),
  trainAccuracy: z.array(measure),
  validation: z.array(z.looseObject({ accuracy: share, loss: measure })),
  seconds: z.number(),
});
const digest = z.string().optional();
const network = z.object({
  model: z.string(),
  counted: z.boolean(),
  testAccuracyLast: measure,
  testAccuracyBest: measure,
  parameters: count,
  macs: count,
});
const cost = z.object({
  modelBytes: count,
  peakMemoryBytes: count.optional(),
  latency: z.array(z.object({ batch: count, p50: z.number(), p95: z.number(), passes: count })).optional(),
});
const methodResult = z.looseObject({
  schema: z.literal(RESULT_SCHEMA),
  method: z.string(),
  options: z.looseObject({}),
  seed: count,
  testAccuracyLast: share,
  testAccuracyBest: share,
  cohort: z
    .looseObject({
      networks: z.array(network),
      ensembleAccuracyLast: measure,
      ensembleAccuracyBest: measure,
    })
    .optional(),
  bestEpoch: count.optional(),
  validationAccuracyBest: share.optional(),
  epochs: z.array(epoch),
  secondsPerEpoch: measure,
  studentParameters: count,
  studentMacs: count,
  extraTrainParameters: z.number(),
  warnings: z.array(z.string()),
  trainingsAtATime: count.optional(),
  madeWith: z
    .looseObject({
      engine: z.string(),
      threads: count.optional(),
      node: z.string(),
      packages: z.record(z.string(), z.string()),
    })
    .optional(),
  modelDigest: digest,
  inspectionsDigest: digest,
  cost: cost.optional(),
  sources: z.object({ method: digest, student: digest }).optional(),
  origin: z.object({ data: z.string(), teacher: z.string(), firstWeights: digest }).optional(),
});
const teacherResult = z.looseObject({
  model: z.string(),
  testAccuracy: share,
  validationAccuracy: share,
  parameters: measure,
  macs: measure,
  source: z.string(),
  facts: z
    .looseObject({
      classes: z.array(z.string()).optional(),
      logitsFrom: z.enum(['output', 'softmax']).optional(),
    })
    .optional(),
  fingerprint: digest,
  stages: z.array(z.string()).optional(),
  epochs: z.array(epoch),
  modelDigest: digest,
  cost: cost.optional(),
});
const axis = z.looseObject({ title: z.string(), labels: z.array(z.string()).optional() });
const inspection = z.looseObject({
  phase: z.string(),
  epoch: count,
  globalEpoch: count,
  exhibits: z.array(
    z.looseObject({
      name: z.string(),
      title: z.string(),
      rows: axis,
      columns: axis,
      panels: z.array(z.looseObject({ values: z.array(z.array(measure)) })),
    }),
  ),
});

/**
 * Reads a folder's run. Many programs write a config.json; a run folder's has the run's fields, with an environment.json beside it.
 *
 * @returns undefined when the folder holds no run
 * @throws DistillError code `data` for a damaged file
 */
export async function readRun(folder: RunFolder): Promise<FoundRun | undefined> {
  const config = await readJson(folder.config, RESTORE);
  const found = await readEnvironment(folder);
  if (!isRunConfig(config)) return undefined;
  if (found === undefined) {
    const other = await readJson(folder.environment, RESTORE);
    // Only a run has such a configuration, so the file beside it is its own.
    if (other !== undefined) inForm(folder.environment, environment, other, RESTORE);
    return undefined;
  }
  const known = await readJson(folder.data, RESTORE_DATA);
  if (known !== undefined) inForm(folder.data, data, known, RESTORE_DATA);
  return { config, environment: found, data: known as DataFingerprints | undefined };
}

/**
 * The environment in which a folder's run was started; undefined where there is none, or the file is another program's.
 *
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readEnvironment(folder: RunFolder): Promise<RunEnvironment | undefined> {
  const found = await readJson(folder.environment, RESTORE);
  if (!environment.safeParse(found).success) return undefined;
  inForm(folder.environment, wholeEnvironment, found, RESTORE);
  return found as RunEnvironment;
}

/**
 * The result of one method with one seed; undefined where there is none yet.
 *
 * @throws DistillError code `data` for a file that is damaged, or that is another training's
 */
export async function readMethodResult(
  { result: file }: TrainingFolder,
  method: string,
  seed: number,
): Promise<MethodResult | undefined> {
  const found = await readJson(file, AGAIN);
  if (found === undefined) return undefined;
  inForm(file, methodResult, found, AGAIN);
  const result = found as MethodResult;
  if (result.method === method && result.seed === seed) return result;
  throw damaged(
    file,
    `the result of ${method} with seed ${seed}`,
    `that of ${result.method} with seed ${result.seed}`,
    AGAIN,
  );
}

/** @throws DistillError code `data` for a file that is damaged */
export async function readTeacherResult({
  result: file,
}: TrainingFolder): Promise<TeacherResult | undefined> {
  const hint = 'Remove the folder `teacher`; `distill-bench run --resume` trains the teacher again.';
  const found = await readJson(file, hint);
  if (found === undefined) return undefined;
  inForm(file, teacherResult, found, hint);
  return found as TeacherResult;
}

/**
 * A training's inspections, epoch by epoch; empty where it recorded none.
 *
 * @throws DistillError code `data` for a damaged line
 */
export async function readInspections({ inspections: file }: TrainingFolder): Promise<readonly Inspection[]> {
  const hint = 'Remove the file: the report is then written without its heat maps.';
  const text = (await readText(file, hint)) ?? '';
  const lines = text.split('\n');
  return lines.flatMap((line, at): Inspection[] => {
    if (line === '') return [];
    const where = `${file}:${at + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw damaged(where, 'a line of JSON', error instanceof Error ? error.message : String(error), hint);
    }
    inForm(where, inspection, value, hint);
    return [value as Inspection];
  });
}

const damaged = (where: string, expected: string, got: string, hint: string): DistillError =>
  new DistillError({ code: 'data', where, expected, got, hint });
