import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  askTeacher,
  channelStatistics,
  DistillError,
  loadBatch,
  resolveEngine,
  writeWhole,
} from '@distilljs/core';
import type { Images, Labels, Logits, Normalization } from '@distilljs/core';
import { explain, explainVam } from '@distilljs/vam';
import type { KdExplainerOptions } from '@distilljs/vam';
import { allSeeds } from '../config/index.js';
import type { MethodConfig, RunConfig } from '../config/index.js';
import { dataFingerprints, loadRunData } from '../run/datasets.js';
import { expectSameData } from '../run/open-folder.js';
import type { RunData } from '../run/datasets.js';
import { loadForeign } from '../run/foreign-sources.js';
import { loadTeacher, seeing } from '../run/load-teacher.js';
import type { LoadedTeacher } from '../run/load-teacher.js';
import { findMethod } from '../run/method-catalog.js';
import { missingRun, runFolder, UnfinishedRun } from '../run/run-folder.js';
import type { RunFolder } from '../run/run-folder.js';
import { readMethodResult, readRun } from '../run/stored.js';
import { tunedMethod } from '../run/tuning.js';
import { inputsFor } from '../run/student-input.js';
import { writeJson } from '../run/write-json.js';
import { conflictImages } from './conflict-images.js';
import { explainFindings } from './explain-findings.js';
import { explainMaps, hasAdversary } from './explain-maps.js';
import { explainPage } from './explain-page.js';
import { EXPLAIN_SCHEMA } from './explained.js';
import type { ExplainedRun, ExplainedTraining } from './explained.js';
import { lastNetwork } from './last-network.js';
import { mapsComparisons, mapsFindings, mapsOverSeeds } from './maps-over-seeds.js';
import { overSeeds, seedsComparisons } from './over-seeds.js';

/** Number of test images for gradients. */
const CONFLICT_IMAGES = 128;

/**
 * Explains every finished training of a run whose student has attention (KDExplainer's mixtures of experts, students with virtual
 * attention), and in a run with an adversary the feature maps of all methods. Writes report/explain.html and report/explain.json.
 *
 * @returns the path of the page, and its content
 * @throws DistillError code `data` when the folder holds no run, no teacher yet, or no training to explain
 */
export async function explainRun(root: string): Promise<{ page: string; explained: ExplainedRun }> {
  const folder = runFolder(root);
  const run = await readRun(folder);
  if (run === undefined) throw missingRun(root);
  const { config } = run;
  await resolveEngine(config.engine);
  await loadForeign(config);
  const attending = config.methods.filter(({ name }) => findMethod(name)?.student !== undefined);
  const plays = config.methods.some((method) => hasAdversary(method, config));
  if (attending.length === 0 && !plays) {
    const hint =
      'Run with --methods kdexplainer,kdexplainer-plain,kdexplainer-label-smoothing, METHOD+vam, or kd,afd-offline.';
    throw new DistillError({
      code: 'data',
      where: root,
      expected: 'a run with a method that attends, or one with an adversary',
      got: config.methods.map(({ as }) => as).join(', '),
      hint,
    });
  }
  if (attending.length > 0 && !existsSync(folder.teacher.result))
    throw new UnfinishedRun(root, 'a run with a trained teacher');
  const data = await loadRunData(config);
  expectSameData(folder, run, dataFingerprints(data));
  const { trainings, lost } =
    attending.length === 0
      ? { trainings: [], lost: [] }
      : await explainTrainings(config, attending, folder, data);
  const maps = plays ? await explainMaps(config, folder, data) : [];
  if (trainings.length + maps.length === 0)
    throw lost.length === 0 ? new UnfinishedRun(root) : withoutCheckpoints(root);
  const seeds = { summaries: overSeeds(trainings), comparisons: seedsComparisons(trainings) };
  const compared = mapsComparisons(maps);
  const explained: ExplainedRun = {
    schema: EXPLAIN_SCHEMA,
    classNames: classNames(data),
    conflictImages: conflictImages(data.test, CONFLICT_IMAGES).length,
    trainings,
    ...seeds,
    ...{ maps, mapsSummaries: mapsOverSeeds(maps), mapsComparisons: compared },
    findings: [...explainFindings(seeds), ...mapsFindings(maps, compared), ...leftOut(lost)],
  };
  const page = join(folder.report, 'explain.html');
  await writeJson(join(folder.report, 'explain.json'), explained);
  await writeWhole(page, explainPage(explained));
  return { page, explained };
}

const leftOut = (lost: readonly string[]): readonly string[] =>
  lost.length === 0
    ? []
    : [`Left out, because their checkpoints are not in this folder: ${lost.join(', ')}.`];

function withoutCheckpoints(root: string): DistillError {
  const expected = 'checkpoints of the trainings to explain';
  const hint = 'Explain the folders that were merged: `merge` copies no checkpoints.';
  return new DistillError({ code: 'data', where: root, expected, got: 'none', hint });
}

/**
 * Explains every finished training whose student has attention.
 *
 * @returns also the names of those without a checkpoint, as `METHOD/SEED`
 */
async function explainTrainings(
  config: RunConfig,
  methods: readonly MethodConfig[],
  folder: RunFolder,
  data: RunData,
): Promise<{ readonly trainings: readonly ExplainedTraining[]; readonly lost: readonly string[] }> {
  const teacher = (await loadTeacher(config, data, folder.teacher)) as LoadedTeacher;
  const inputs = await inputsFor(config.student, data.train, teacher.input);
  const batch = await conflictBatch(
    data,
    { network: teacher.network, input: inputs.teacherInput ?? {} },
    inputs.normalization ?? (await channelStatistics(data.train)),
  );
  const trainings: ExplainedTraining[] = [];
  const lost: string[] = [];
  try {
    for (const method of methods) {
      for (const seed of allSeeds(config)) {
        const place = folder.student(method.as, seed);
        const result = await readMethodResult(place, method.as, seed);
        if (result === undefined) continue;
        const network = await lastNetwork(
          await tunedMethod(folder, config, method),
          result,
          config,
          data,
          place,
        );
        if (network === undefined) {
          lost.push(`${method.as}/${seed}`);
          continue;
        }
        const { training, temperature, smoothing } = result.options as Partial<KdExplainerOptions>;
        trainings.push({
          method: method.as,
          seed,
          testAccuracy: result.testAccuracyLast,
          training,
          experts:
            training === undefined
              ? undefined
              : await explain(network, { batch: { ...batch, temperature, smoothing } }),
          layers: await explainVam(network),
        });
        network.dispose();
      }
    }
  } finally {
    tf.dispose([batch.images, batch.labels, batch.teacher]);
    teacher.network.dispose();
  }
  return { trainings, lost };
}

async function conflictBatch(
  data: RunData,
  teacher: Pick<LoadedTeacher, 'network' | 'input'>,
  normalization: Normalization,
): Promise<{ images: Images; labels: Labels; teacher: Logits }> {
  const { test } = data;
  const positions = conflictImages(test, CONFLICT_IMAGES);
  const pixels = await loadBatch(test, positions, { normalization });
  const images = tf.tensor4d(pixels, [positions.length, ...test.imageShape]);
  const labels = tf.tensor1d(
    Array.from(positions, (position) => test.labels?.[position] ?? 0),
    'int32',
  );
  const { logits } = await askTeacher(seeing(teacher, data, normalization), images);
  return { images, labels, teacher: logits };
}

function classNames({ train }: RunData): readonly string[] {
  return train.classNames ?? Array.from({ length: train.classes }, (_, index) => String(index));
}
