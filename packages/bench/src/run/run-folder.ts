import { join } from 'node:path';
import { DistillError } from '@distilljs/core';
import { expectFolderPath } from './places.js';

/** Paths of a run folder; the layout is a contract with whoever reads it. */
export interface RunFolder {
  readonly root: string;
  readonly config: string;
  readonly environment: string;
  /** What the run's images are, so that no others are mixed in later. */
  readonly data: string;
  readonly report: string;
  /** Of a race: its time, and what diverged. */
  readonly race: string;
  readonly teacher: TrainingFolder;
  student(method: string, seed: number): TrainingFolder;
  /** What tuning tries, by its position. */
  trial(method: string, trial: number, seed: number): TrainingFolder;
}

/** Paths of one training: the teacher's, or one method with one seed. */
export interface TrainingFolder {
  readonly root: string;
  readonly metrics: string;
  readonly result: string;
  /** What the method showed of itself; there for a method's first seed, if it shows anything. */
  readonly inspections: string;
  readonly checkpoint: string;
  /** What the network says as a teacher, where that is cached on disk. */
  readonly outputs: string;
  /** What the saved network said of each test image; those of a cohort have `-1`, `-2`, … before the ending. */
  readonly predictions: string;
  /** Its accuracy on corrupted test images, where that was measured. */
  readonly corruptions: string;
  /** Folder of the saved model; those of a cohort have `-1`, `-2`, … behind it. */
  readonly model: string;
}

/**
 * The paths of a run.
 *
 * @throws DistillError code `config` for a path that no run can be kept under: an empty one would be whatever folder the
 * process stands in
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

/** A command needs a run, and the folder holds none. */
export const missingRun = (root: string, got = 'none'): DistillError =>
  new DistillError({
    code: 'data',
    where: root,
    expected: 'a run folder',
    got,
    hint: 'Make one with `distill-bench run`.',
  });

/** A command needs more of a run than is finished. */
export const unfinishedRun = (root: string, expected = 'a finished training'): DistillError =>
  new DistillError({
    code: 'data',
    where: root,
    expected,
    got: 'none yet',
    hint: 'Continue with `distill-bench run --resume`.',
  });
