import { TEACHER } from './types.js';
import type { Finished, JobName, StoredRun } from './types.js';

/** A training as the page shows it. */
export interface JobView {
  readonly name: JobName;
  readonly status: 'waiting' | 'running' | 'done' | 'failed';
  /** Steps. */
  readonly done: number;
  readonly total: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number | undefined;
  readonly engine: string | undefined;
  /** Validation accuracy by epoch. */
  readonly curve: readonly number[];
  readonly epochs: number;
  readonly error: string | undefined;
  /** The browser could not store a checkpoint: training can go on without. */
  readonly isUnstored: boolean;
  /** What a teacher that is not trained here is at. */
  readonly words: string | undefined;
}

export interface RunView {
  readonly status: 'running' | 'pausing' | 'paused' | 'stopped' | 'failed' | 'done';
  readonly jobs: readonly JobView[];
}

/** How a training looks before it runs. */
export function firstView(
  name: JobName,
  { settings, teacher }: Pick<StoredRun, 'settings' | 'teacher'>,
  finished: Readonly<Record<JobName, Finished | undefined>>,
  curve: readonly number[],
): JobView {
  const isDone = finished[name] !== undefined;
  const isMeasured = name === TEACHER && teacher.kind !== 'built-in';
  return {
    name,
    status: isDone ? 'done' : 'waiting',
    done: isDone ? 1 : 0,
    total: 1,
    imagesPerSecond: 0,
    secondsLeft: undefined,
    engine: finished[name]?.measured.engine.name,
    curve,
    epochs: isMeasured ? 0 : name === TEACHER ? settings.teacherEpochs : settings.epochs,
    error: undefined,
    isUnstored: false,
    words: undefined,
  };
}
