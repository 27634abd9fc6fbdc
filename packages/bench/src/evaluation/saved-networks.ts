import { channelStatistics, createNetwork, modelMetadata, resolveEngine } from '@distilljs/core';
import type { Classifier, Normalization } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { allSeeds } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import { dataFingerprints, loadRunData } from '../run/datasets.js';
import type { RunData } from '../run/datasets.js';
import { loadForeign } from '../run/foreign-sources.js';
import { keptPredictions, measuredModels, teacherDigest, teacherPredictions } from '../run/kept-files.js';
import type { KeptFile } from '../run/kept-files.js';
import { loadTeacher, seeing } from '../run/load-teacher.js';
import { readMatrix } from '../run/matrix.js';
import type { MatrixRun } from '../run/matrix.js';
import { expectSameData } from '../run/open-folder.js';
import { missingRun, UnfinishedRun } from '../run/run-folder.js';
import type { TrainingFolder } from '../run/run-folder.js';
import { loadSavedStudent } from '../run/saved-student.js';
import { readMethodResult, readTeacherResult } from '../run/stored.js';
import type { Surroundings } from '../dataset/index.js';

/** A finished training of a run. */
export interface SavedTraining {
  /** `teacher`, or `METHOD/SEED`; in a study prefixed with the task. */
  readonly name: string;
  readonly folder: TrainingFolder;
  readonly config: RunConfig;
  readonly data: RunData;
  /** Joint digest of its networks; undefined in folders of older versions. */
  readonly digest: string | undefined;
  /** Its single network, or a cohort's. */
  readonly networks: readonly SavedNetwork[];
}

/** A network as it was saved. */
export interface SavedNetwork {
  /** The file of its predictions. */
  readonly predictions: KeptFile;
  /** The test accuracy measured at training. */
  readonly testAccuracy: number;
  /** Loads it, ready for `evaluate`. */
  readonly open: () => Promise<OpenNetwork>;
}

export interface OpenNetwork {
  readonly classifier: Classifier;
  readonly normalization: Normalization;
  readonly dispose: () => void;
}

export interface EvaluationLog {
  readonly say?: ((text: string) => void) | undefined;
  readonly meter?: Surroundings['meter'];
}

/**
 * Visits the finished trainings of a run or a study one after the other, the teacher first.
 *
 * @throws DistillError code `data` when the folder holds no run, no training is finished, or a model is not the one that was measured
 */
export async function eachTraining(
  root: string,
  log: EvaluationLog,
  visit: (training: SavedTraining) => Promise<void>,
): Promise<void> {
  const matrix = await readMatrix(root);
  if (matrix === undefined) throw missingRun(root);
  let isEmpty = true;
  for (const run of matrix.runs) {
    for await (const training of trainingsOf(run, log)) {
      isEmpty = false;
      await visit(training);
    }
  }
  if (isEmpty) throw new UnfinishedRun(root);
}

async function* trainingsOf(
  { name: task, folder, run }: MatrixRun,
  log: EvaluationLog,
): AsyncGenerator<SavedTraining> {
  const { config } = run;
  const teacher = await readTeacherResult(folder.teacher);
  if (teacher === undefined) return;
  await resolveEngine(config.engine);
  await loadForeign(config);
  const data = await loadRunData(config, log);
  expectSameData(folder, run, dataFingerprints(data));
  const statistics = await channelStatistics(data.train);
  const named = (cell: string): string => (task === '' ? cell : `${task}/${cell}`);
  const ofTeacher: SavedNetwork = {
    predictions: teacherPredictions(folder.teacher, teacher),
    testAccuracy: teacher.testAccuracy,
    async open() {
      const loaded = await loadTeacher(config, data, folder.teacher);
      if (loaded === undefined) throw new Error('a teacher with a result has no model');
      return {
        classifier: seeing(loaded, data, statistics),
        normalization: statistics,
        dispose: () => {
          loaded.network.dispose();
        },
      };
    },
  };
  const digest = teacherDigest(teacher);
  yield { name: named('teacher'), folder: folder.teacher, config, data, digest, networks: [ofTeacher] };
  for (const seed of allSeeds(config)) {
    for (const { as } of config.methods) {
      const place = folder.student(as, seed);
      const result = await readMethodResult(place, as, seed);
      if (result === undefined) continue;
      const cohort = result.cohort?.networks ?? [];
      const models = await measuredModels(place, result);
      const networks = keptPredictions(place, result).map((predictions, at): SavedNetwork => ({
        predictions,
        testAccuracy: cohort[at]?.testAccuracyLast ?? result.testAccuracyLast,
        open: async () => {
          const path = models[at] ?? place.model;
          return openStudent(await loadSavedStudent(path, config, data.train), path, statistics);
        },
      }));
      const digest = result.modelDigest;
      yield { name: named(`${as}/${seed}`), folder: place, config, data, digest, networks };
    }
  }
}

function openStudent(model: LayersModel, place: string, statistics: Normalization): OpenNetwork {
  const network = createNetwork(model);
  return {
    classifier: network,
    normalization: modelMetadata(model, place)?.normalization ?? statistics,
    dispose: () => {
      network.dispose();
    },
  };
}
