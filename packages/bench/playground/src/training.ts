import { createDistillWorker } from '@distilljs/core/worker';
import type { DistillWorker, WorkerProgress } from '@distilljs/core/worker';
import { ask, askOnline } from './ask.js';
import { filesOf } from './model-files.js';
import { atATime, threadsOf } from './processors.js';
import type { Progress } from './serve-tasks.js';
import { sentenceOf } from './limits.js';
import { checkpointsOf, forgetCheckpoints, keepCurve, keepFinished } from './store.js';
import { cellsOf, jobsOf, TEACHER } from './types.js';
import type {
  Cell,
  Finished,
  JobInput,
  JobName,
  Measured,
  Settings,
  StoredRun,
  TrainedTeacher,
} from './types.js';
import { firstView } from './views.js';
import type { JobView, RunView } from './views.js';
import { openJob } from './workers.js';

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
  /** Whether the browser keeps the run as it goes. */
  readonly isKept: boolean;
  readonly onChange: (view: RunView, finished: Readonly<Record<JobName, Finished>>) => void;
}

/** Milliseconds between two pictures of the run: drawing every step would take time from the page. */
const BETWEEN_VIEWS = 200;

/** A reload loses at most so many steps. */
const STEPS_BETWEEN_SAVES = 10;

/** Trains what is not done yet: the teacher, then its students. Each has a worker of its own. */
export function train({ run, finished: before, curves, engine, isKept, onChange }: TrainingStart): Training {
  const { hardwareConcurrency: processors } = navigator;
  const finished: Record<JobName, Finished> = { ...before };
  const active = new Map<JobName, DistillWorker<Measured>>();
  const jobs = new Map<JobName, JobView>(
    jobsOf(run).map((name) => [name, firstView(name, run, finished, curves[name] ?? [])]),
  );
  const cells = cellsOf(run);
  let status: RunView['status'] = 'running';
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
    onChange({ status, jobs: [...jobs.values()] }, { ...finished });
  };
  const tellSoon = (): void => {
    waiting ??= setTimeout(tell, BETWEEN_VIEWS);
  };
  const change = (name: JobName, changes: Partial<JobView>): void => {
    const known = jobs.get(name);
    if (known !== undefined) jobs.set(name, { ...known, ...changes });
  };
  const stopping = new AbortController();
  let teaching: Promise<void> | undefined;
  const isOver = (): boolean => status === 'stopped' || status === 'failed';

  const done = async (name: JobName, result: Finished): Promise<void> => {
    finished[name] = result;
    if (isKept)
      await keepFinished(name, result).then(() => {
        forgetCheckpoints(run, name);
      }, ignored);
    change(name, { status: 'done', secondsLeft: 0 });
  };

  async function trainJob(cell?: Cell): Promise<void> {
    const name = cell?.name ?? TEACHER;
    change(name, { status: 'running' });
    tell();
    const training = createDistillWorker<JobInput, Measured>(openJob(), {
      input: {
        cell,
        data: run.data,
        settings: run.settings,
        teacher: cell && teacherFor(run, finished[TEACHER]),
      },
      engine: engine ?? run.settings.engine,
      threads: threadsOf(processors, cell === undefined ? 1 : Math.min(atATime(processors), cells.length)),
      ...(isKept && {
        checkpoints: { place: checkpointsOf(run, name), everySteps: STEPS_BETWEEN_SAVES },
      }),
      onProgress: (report) => {
        progressed(name, report);
      },
    });
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
      if (isKept) void keepCurve(name, curve).catch(ignored);
    }
    tellSoon();
  }

  async function teach(): Promise<void> {
    if (finished[TEACHER] !== undefined) return;
    const { teacher, data } = run;
    if (teacher.kind === 'built-in') {
      await trainJob();
      return;
    }
    change(TEACHER, { status: 'running' });
    tell();
    const { signal } = stopping;
    const onProgress = ({ done: steps, total, words }: Progress): void => {
      change(TEACHER, { done: steps, total, words });
      tellSoon();
    };
    if (teacher.kind === 'own') {
      const measured = await ask('measureTeacher', { teacher, data }, { onProgress, signal });
      await done(TEACHER, { measured, files: undefined });
    } else await done(TEACHER, await askOnline('clip', data, { onProgress, signal }));
  }

  async function all(): Promise<void> {
    teaching = attempt(TEACHER, teach);
    await teaching;
    if (finished[TEACHER] === undefined) {
      if (!isOver()) status = 'failed';
      tell();
      return;
    }
    const left = cells.filter(({ name }) => finished[name] === undefined);
    const next = async (): Promise<void> => {
      for (let cell = left.shift(); cell !== undefined && !isOver(); cell = left.shift()) {
        const own = cell;
        await attempt(own.name, () => trainJob(own));
      }
    };
    await Promise.all(Array.from({ length: atATime(processors) }, next));
    if (!isOver()) status = [...jobs.values()].some((job) => job.status === 'failed') ? 'failed' : 'done';
    tell();
  }

  /** A training that fails leaves the others be. */
  async function attempt(name: JobName, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const isUnstored = (error as { readonly code?: string }).code === 'checkpoint';
      const words = isUnstored ? `${NOT_STORED} (${sentenceOf(error)})` : sentenceOf(error);
      change(
        name,
        stopping.signal.aborted ? { status: 'waiting' } : { status: 'failed', error: words, isUnstored },
      );
    }
    tell();
  }

  void all();
  return {
    async pause() {
      status = 'pausing';
      tell();
      const pauses = [...active.values()].map((training) => training.pause());
      // A teacher that only answers has no steps to wait between.
      if (run.teacher.kind !== 'built-in') await teaching;
      await Promise.all(pauses);
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
      stopping.abort();
      for (const training of active.values()) training.abort();
      tell();
    },
  };
}

const NOT_STORED =
  'The browser stores no more for this page. Free some space and try again, or continue without saving: this training then starts anew, and a reload loses the run.';

/** What cannot be kept is only lost by a reload: its training then goes on from its last checkpoint. */
const ignored = (): undefined => undefined;

function teacherFor({ teacher }: StoredRun, taught: Finished | undefined): TrainedTeacher | undefined {
  if (teacher.kind === 'own') return teacher;
  if (taught?.outputs !== undefined) return { kind: 'clip', ...taught.outputs };
  return taught?.files && { kind: 'trained', files: taught.files };
}
