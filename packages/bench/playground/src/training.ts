import { createDistillWorker } from '@distilljs/core/worker';
import type { DistillWorker, WorkerProgress } from '@distilljs/core/worker';
import { ask } from './ask.js';
import { filesOf } from './model-files.js';
import { checkpointsOf, keepCurve, keepFinished } from './store.js';
import { jobsOf, TEACHER } from './types.js';
import type { Finished, JobInput, JobName, Measured, Settings, StoredRun, TrainedTeacher } from './types.js';

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
}

export interface RunView {
  readonly status: 'running' | 'pausing' | 'paused' | 'stopped' | 'failed' | 'done';
  readonly jobs: readonly JobView[];
}

/** A run under way. */
export interface Training {
  pause(): Promise<void>;
  resume(): void;
  /** Ends it after the step under way, saved. */
  stop(): void;
}

export interface TrainingStart {
  readonly run: StoredRun;
  readonly finished: Readonly<Record<JobName, Finished>>;
  readonly curves: Readonly<Record<JobName, readonly number[]>>;
  /** Wins over the settings' engine: for going on elsewhere when a device is lost. */
  readonly engine?: Settings['engine'] | undefined;
  readonly onChange: (view: RunView, finished: Readonly<Record<JobName, Finished>>) => void;
}

/** A reload loses at most so many steps. */
const STEPS_BETWEEN_SAVES = 10;

/** Students that train at a time: two where that leaves threads for the page and the engine. */
export const atATime = (): number => (navigator.hardwareConcurrency >= 4 ? 2 : 1);

/** Trains what is not done yet: the teacher, then its students. Each has a worker of its own. */
export function train({ run, finished: before, curves, engine, onChange }: TrainingStart): Training {
  const finished: Record<JobName, Finished> = { ...before };
  const active = new Map<JobName, DistillWorker<Measured>>();
  const jobs = new Map<JobName, JobView>(
    jobsOf(run).map((name) => [name, firstView(name, run, finished, curves[name] ?? [])]),
  );
  let status: RunView['status'] = 'running';
  const tell = (): void => {
    onChange({ status, jobs: [...jobs.values()] }, { ...finished });
  };
  const change = (name: JobName, changes: Partial<JobView>): void => {
    const known = jobs.get(name);
    if (known !== undefined) jobs.set(name, { ...known, ...changes });
  };
  const isOver = (): boolean => status === 'stopped' || status === 'failed';

  const done = async (name: JobName, result: Finished): Promise<void> => {
    finished[name] = result;
    await keepFinished(name, result).catch(ignored);
    change(name, { status: 'done', secondsLeft: 0 });
  };

  async function trainJob(name: JobName): Promise<void> {
    change(name, { status: 'running' });
    tell();
    const training = createDistillWorker<JobInput, Measured>(
      new Worker(new URL('./job.ts', import.meta.url), { type: 'module' }),
      {
        input: {
          job: name,
          data: run.data,
          settings: run.settings,
          teacher: teacherFor(name, run, finished),
        },
        engine: engine ?? run.settings.engine,
        checkpoints: { place: checkpointsOf(run, name), everySteps: STEPS_BETWEEN_SAVES },
        onProgress: (report) => {
          progressed(name, report);
        },
      },
    );
    active.set(name, training);
    if (status === 'paused' || status === 'pausing') void training.pause();
    try {
      const { students, stopped, output } = await training.result;
      const [student] = students;
      if (stopped !== undefined || student === undefined) return;
      await done(name, { measured: output, files: filesOf(student.artifacts) });
    } finally {
      active.delete(name);
    }
  }

  function progressed(name: JobName, report: WorkerProgress): void {
    const { done: steps, total, imagesPerSecond, secondsLeft, epoch } = report;
    change(name, { done: steps, total, imagesPerSecond, secondsLeft, engine: report.engine });
    const accuracy = epoch?.validation[0]?.accuracy;
    if (epoch !== undefined && accuracy !== undefined) {
      const curve = [...(jobs.get(name)?.curve ?? [])];
      curve[epoch.globalEpoch] = accuracy;
      change(name, { curve });
      void keepCurve(name, curve).catch(ignored);
    }
    tell();
  }

  async function teach(): Promise<void> {
    if (finished[TEACHER] !== undefined) return;
    if (run.ownTeacher === undefined) {
      await trainJob(TEACHER);
      return;
    }
    change(TEACHER, { status: 'running' });
    tell();
    const measured = await ask('measureTeacher', { teacher: run.ownTeacher, data: run.data });
    await done(TEACHER, { measured, files: run.ownTeacher.files });
  }

  async function all(): Promise<void> {
    await attempt(TEACHER, teach);
    const left = run.settings.methods.filter((name) => finished[name] === undefined);
    const next = async (): Promise<void> => {
      for (let name = left.shift(); name !== undefined && !isOver(); name = left.shift()) {
        const job = name;
        await attempt(job, () => trainJob(job));
      }
    };
    if (!isOver()) await Promise.all(Array.from({ length: atATime() }, next));
    if (!isOver()) status = 'done';
    tell();
  }

  async function attempt(name: JobName, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      change(name, { status: 'failed', error: error instanceof Error ? error.message : String(error) });
      status = 'failed';
      for (const other of active.values()) other.abort();
    }
    tell();
  }

  void all();
  return {
    async pause() {
      status = 'pausing';
      tell();
      await Promise.all([...active.values()].map((training) => training.pause()));
      // It may have ended, or gone on, meanwhile.
      if ((status as RunView['status']) === 'pausing') status = 'paused';
      tell();
    },
    resume() {
      status = 'running';
      for (const training of active.values()) training.resume();
      tell();
    },
    stop() {
      status = 'stopped';
      for (const training of active.values()) training.abort();
      tell();
    },
  };
}

/** What cannot be kept is only lost by a reload, which the page says when it starts. */
const ignored = (): undefined => undefined;

function teacherFor(
  name: JobName,
  { ownTeacher }: StoredRun,
  finished: Readonly<Record<JobName, Finished | undefined>>,
): TrainedTeacher | undefined {
  if (name === TEACHER) return undefined;
  if (ownTeacher !== undefined) return { kind: 'own', ...ownTeacher };
  const trained = finished[TEACHER];
  return trained && { kind: 'trained', files: trained.files };
}

export function firstView(
  name: JobName,
  { settings, ownTeacher }: StoredRun,
  finished: Readonly<Record<JobName, Finished | undefined>>,
  curve: readonly number[],
): JobView {
  const isDone = finished[name] !== undefined;
  const isMeasured = name === TEACHER && ownTeacher !== undefined;
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
  };
}
