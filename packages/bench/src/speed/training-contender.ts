import { CIFAR_AUGMENTATION, constantRate, distill, sgd } from '@distilljs/core';
import type { Callback, Dataset, FrozenNetwork, Method, Network, Normalization, Plan } from '@distilljs/core';
import { buildCohort, planMethod } from '../run/cohort.js';
import type { Contender } from './contender.js';
import { takeTurns } from './turns.js';

/** Settings common to all runs of a measurement. */
export interface Bench {
  readonly dataset: Dataset;
  readonly normalization: Normalization;
  readonly model: string;
  readonly teacher: FrozenNetwork;
  readonly batchSize: number;
  /** Views of a cached teacher; 0 for one that runs in every step. */
  readonly cachedViews: number;
}

/** One phase of one method, ready to train. */
export interface TrainingContender extends Contender {
  readonly method: string;
  readonly phase: string;
  /** Number of phases of the method. */
  readonly phases: number;
  /** Images that the teacher processes in a step; with cached outputs, once the cache is full. */
  readonly teacherImages: number;
  /** MACs of one image through all students that the phase runs. */
  readonly studentMacs: number;
}

/** More epochs than anybody waits for: the signal ends the run. */
const ENDLESS = 1_000_000;

/**
 * Starts one phase of a method, with fresh students and the usual CIFAR settings (SGD with momentum 0.9 and weight decay 5e-4,
 * pad 4, crop, flip). It waits before its first step.
 *
 * @param phase index of the phase; no other phase runs
 * @throws DistillError from the method or its networks
 */
export async function startTraining(
  bench: Bench,
  method: string,
  phase: number,
  watchers: readonly Callback[] = [],
): Promise<TrainingContender> {
  const { dataset, normalization, model, batchSize, cachedViews } = bench;
  const planned = planMethod({ name: method, options: {} }, model);
  const students = await buildCohort(planned.models, dataset, 0, planned.change);
  const disposeStudents = (): void => {
    for (const student of students) student.dispose();
  };
  const turns = takeTurns();
  const stop = new AbortController();
  const seen: { plan?: Plan } = {};
  const running = distill({
    teacher: bench.teacher,
    teacherOutputs: cachedViews > 0 ? { kind: 'cached', views: cachedViews } : { kind: 'live' },
    students,
    method: onePhase(planned.method, phase, (plan) => (seen.plan = plan)),
    train: dataset,
    normalization,
    augmentation: CIFAR_AUGMENTATION,
    epochs: ENDLESS,
    batchSize,
    seed: 0,
    optimizer: sgd({ learningRate: constantRate(0.05), momentum: 0.9, weightDecay: 5e-4 }),
    callbacks: [...watchers, turns.callback],
    signal: stop.signal,
  });
  // A run never ends by itself, so its promise can win the race only by failing.
  const orFailure = async <T>(work: Promise<T>): Promise<T> => (await Promise.race([work, running])) as T;
  try {
    await orFailure(turns.ready);
  } catch (error) {
    disposeStudents();
    throw error;
  }

  const phases = seen.plan?.phases ?? [];
  const name = phases[phase]?.name ?? '';
  return {
    name: phases.length > 1 ? `${method} (${name})` : method,
    method,
    phase: name,
    phases: phases.length,
    teacherImages: phases[phase]?.reads.teacher !== undefined && cachedViews === 0 ? batchSize : 0,
    studentMacs: studentsThatRun(phases[phase], students).reduce((sum, { macs }) => sum + macs, 0),
    turn: (steps) => orFailure(turns.turn(steps)),
    async end() {
      stop.abort();
      turns.release();
      try {
        (await running).dispose();
      } finally {
        disposeStudents();
      }
    },
  };
}

/** The method reduced to one phase, which runs as long as needed. */
function onePhase(method: Method, phase: number, tell: (whole: Plan) => void): Method {
  return {
    ...method,
    async plan(context) {
      const plan = await method.plan(context);
      tell(plan);
      const phases = plan.phases.slice(phase, phase + 1).map((kept) => ({ ...kept, epochs: ENDLESS }));
      return { ...plan, phases };
    },
  };
}

function studentsThatRun(phase: Plan['phases'][number] | undefined, students: readonly Network[]): Network[] {
  return students.filter((_, index) => phase?.reads.students?.[index] !== undefined);
}
