import { join } from 'node:path';
import { DistillError } from '@distilljs/core';
import { expectFolderPath } from './places.js';

/** Paths of a run folder; its layout is a contract with its readers. */
export interface RunFolder {
  readonly root: string;
  readonly config: string;
  readonly environment: string;
  /** Fingerprints of the run's images, so that no others are mixed in later. */
  readonly data: string;
  readonly report: string;
  /** A race's time and diverged trainings. */
  readonly race: string;
  readonly teacher: TrainingFolder;
  student(method: string, seed: number): TrainingFolder;
  /** The folder of a trial, by its index. */
  trial(method: string, trial: number, seed: number): TrainingFolder;
}

/** Paths of one training: the teacher's, or one method with one seed. */
export interface TrainingFolder {
  readonly root: string;
  readonly metrics: string;
  readonly result: string;
  /** The method's inspections; only for a method's first seed, if it records any. */
  readonly inspections: string;
  readonly checkpoint: string;
  /** The teacher's outputs, where they are cached on disk. */
  readonly outputs: string;
  /** The saved network's predictions on the test images; a cohort's files have `-1`, `-2`, … before the extension. */
  readonly predictions: string;
  /** The network's accuracy on corrupted test images, where measured. */
  readonly corruptions: string;
  /** Folder of the saved model; a cohort's folders end in `-1`, `-2`, … */
  readonly model: string;
}

/**
 * The paths of a run.
 *
 * @throws DistillError code `config` for a path where no run can be kept; an empty path would mean the working directory
 */
export function runFolder(root: string): RunFolder {
  expectFolderPath(root, 'run folder');
  const training = (folder: string, model: string): TrainingFolder => ({
    root: folder,
    metrics: join(folder, 'metrics.jsonl'),
    result: join(folder, 'result.json'),
    inspections: join(folder, 'inspections.jsonl'),
    checkpoint: join(folder, 'checkpoint'),
    outputs: join(folder, 'outputs'),
    predictions: join(folder, 'predictions.safetensors'),
    corruptions: join(folder, 'corruptions.json'),
    model: join(folder, model),
  });
  return {
    root,
    config: join(root, 'config.json'),
    environment: join(root, 'environment.json'),
    data: join(root, 'data.json'),
    report: join(root, 'report'),
    race: join(root, 'race.json'),
    teacher: training(join(root, 'teacher'), 'model'),
    student: (method, seed) => training(join(root, method, String(seed)), 'student'),
    trial: (method, trial, seed) =>
      training(join(root, 'tune', method, String(trial), String(seed)), 'student'),
  };
}

/** Where a training's models are saved: one, or one per network of a cohort. */
export function modelFolders({ model }: TrainingFolder, networks: number): readonly string[] {
  return networks === 1 ? [model] : Array.from({ length: networks }, (_, at) => `${model}-${at + 1}`);
}

/** The files of predictions beside {@link modelFolders}. */
export function predictionFiles({ predictions }: TrainingFolder, networks: number): readonly string[] {
  if (networks === 1) return [predictions];
  return Array.from({ length: networks }, (_, at) =>
    predictions.replace(/\.safetensors$/, `-${at + 1}.safetensors`),
  );
}

/** The error of a command that needs a run where the folder holds none. */
export const missingRun = (root: string, got = 'none'): DistillError =>
  new DistillError({
    code: 'data',
    where: root,
    expected: 'a run folder',
    got,
    hint: 'Make one with `distill-bench run`.',
  });

/** The error of a command that needs more of a run than is finished. */
export class UnfinishedRun extends DistillError {
  constructor(root: string, expected = 'a finished training') {
    const hint = 'Continue with `distill-bench run --resume`.';
    super({ code: 'data', where: root, expected, got: 'none yet', hint });
  }
}

/**
 * Works on several runs, such as the tasks of a study, one after the other. Those with nothing finished are named and left out.
 *
 * @throws DistillError code `data` where none of them has anything finished
 */
export async function eachFinished<Done>(
  folders: readonly string[],
  work: (folder: string) => Promise<Done>,
  say: (text: string) => void,
): Promise<readonly Done[]> {
  const all: Done[] = [];
  const refused: unknown[] = [];
  for (const folder of folders) {
    try {
      all.push(await work(folder));
    } catch (error) {
      if (!(error instanceof UnfinishedRun)) throw error;
      refused.push(error);
      if (folders.length > 1) say(`Left out: ${folder} has no finished training yet.`);
    }
  }
  if (all.length === 0) throw refused[0];
  return all;
}
