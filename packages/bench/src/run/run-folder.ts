import { join } from 'node:path';

/** Paths of a run folder; the layout is a contract with whoever reads it. */
export interface RunFolder {
  readonly root: string;
  readonly config: string;
  readonly environment: string;
  /** What the run's images are, so that no others are mixed in later. */
  readonly data: string;
  readonly report: string;
  readonly teacher: TrainingFolder;
  student(method: string, seed: number): TrainingFolder;
}

/** Paths of one training: the teacher's, or one method with one seed. */
export interface TrainingFolder {
  readonly metrics: string;
  readonly result: string;
  /** What the method showed of itself; there for a method's first seed, if it shows anything. */
  readonly inspections: string;
  readonly checkpoint: string;
  /** What the network says as a teacher, where that is cached on disk. */
  readonly outputs: string;
  /** Folder of the saved model; those of a cohort have `-1`, `-2`, … behind it. */
  readonly model: string;
}

export function runFolder(root: string): RunFolder {
  const training = (folder: string, model: string): TrainingFolder => ({
    metrics: join(folder, 'metrics.jsonl'),
    result: join(folder, 'result.json'),
    inspections: join(folder, 'inspections.jsonl'),
    checkpoint: join(folder, 'checkpoint'),
    outputs: join(folder, 'outputs'),
    model: join(folder, model),
  });
  return {
    root,
    config: join(root, 'config.json'),
    environment: join(root, 'environment.json'),
    data: join(root, 'data.json'),
    report: join(root, 'report'),
    teacher: training(join(root, 'teacher'), 'model'),
    student: (method, seed) => training(join(root, method, String(seed)), 'student'),
  };
}
