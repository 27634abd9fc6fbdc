import {
  channelStatistics,
  createNetwork,
  DistillError,
  loadModel,
  modelMetadata,
  resolveEngine,
} from '@distilljs/core';
import type { Classifier, Normalization } from '@distilljs/core';
import { allSeeds } from '../config/index.js';
import { loadRunData } from '../run/datasets.js';
import type { RunData } from '../run/datasets.js';
import { loadForeign } from '../run/foreign-sources.js';
import { loadTeacher, seeing } from '../run/load-teacher.js';
import { readMatrix } from '../run/matrix.js';
import type { MatrixRun } from '../run/matrix.js';
import { modelFolders, predictionFiles } from '../run/run-folder.js';
import type { TrainingFolder } from '../run/run-folder.js';
import { expectModels, readMethodResult, readTeacherResult } from '../run/stored.js';
import type { Surroundings } from '../dataset/index.js';

/** A finished training of a run. */
export interface SavedTraining {
  /** `teacher`, or `METHOD/SEED`; of a study with the task before it. */
  readonly name: string;
  readonly folder: TrainingFolder;
  readonly data: RunData;
  /** One, or a cohort's. */
  readonly networks: readonly SavedNetwork[];
}

/** A network as it was saved. */
export interface SavedNetwork {
  /** It counts in the method's accuracy. */
  readonly counted: boolean;
  /** The file of its predictions. */
  readonly predictions: string;
  /** What was measured when it was trained. */
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
 * Goes through the finished trainings of a run or a study, the teacher first, one after the other.
 *
 * @throws DistillError code `data` when the folder holds no run, or none that is finished, or a model is not the one that was measured
 */
export async function eachTraining(
  root: string,
  log: EvaluationLog,
  visit: (training: SavedTraining) => Promise<void>,
): Promise<void> {
  const missing = (expected: string, got: string, hint: string): DistillError =>
    new DistillError({ code: 'data', where: root, expected, got, hint });
  const matrix = await readMatrix(root);
  if (matrix === undefined) throw missing('a run folder', 'none', 'Make one with `distill-bench run`.');
  let isEmpty = true;
  for (const run of matrix.runs) {
    for await (const training of trainingsOf(run, log)) {
      isEmpty = false;
      await visit(training);
    }
  }
  if (isEmpty) throw missing('a finished training', 'none yet', 'Go on with `distill-bench run --resume`.');
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
  const statistics = await channelStatistics(data.train);
  const named = (cell: string): string => (task === '' ? cell : `${task}/${cell}`);
  const ofTeacher: SavedNetwork = {
    counted: true,
    predictions: folder.teacher.predictions,
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
  yield { name: named('teacher'), folder: folder.teacher, data, networks: [ofTeacher] };
  for (const seed of allSeeds(config)) {
    for (const { as } of config.methods) {
      const place = folder.student(as, seed);
      const result = await readMethodResult(place, as, seed);
      if (result === undefined) continue;
      const cohort = result.cohort?.networks ?? [];
      const models = modelFolders(place, Math.max(1, cohort.length));
      await expectModels(
        models,
        result.modelDigest,
        `Remove ${place.result}: --resume then trains it again.`,
      );
      const files = predictionFiles(place, models.length);
      const networks = models.map((model, at): SavedNetwork => ({
        counted: cohort[at]?.counted !== false,
        predictions: files[at] ?? place.predictions,
        testAccuracy: cohort[at]?.testAccuracyLast ?? result.testAccuracyLast,
        open: () => openStudent(model, statistics),
      }));
      yield { name: named(`${as}/${seed}`), folder: place, data, networks };
    }
  }
}

async function openStudent(place: string, statistics: Normalization): Promise<OpenNetwork> {
  const model = await loadModel(place);
  const network = createNetwork(model);
  return {
    classifier: network,
    normalization: modelMetadata(model, place)?.normalization ?? statistics,
    dispose: () => {
      network.dispose();
    },
  };
}
