import { channelStatistics, distill, student as studentAlone, teacherOutputsFit } from '@distilljs/core';
import type { Callback, FrozenNetwork, Method, Network } from '@distilljs/core';
import { median } from 'simple-statistics';
import type { RunConfig } from '../config/index.js';
import { subset } from '../dataset/index.js';
import { buildCohort, planMethod } from '../run/cohort.js';
import type { RunData } from '../run/datasets.js';
import type { LoadedTeacher } from '../run/load-teacher.js';
import type { RunLog } from '../run/run-context.js';

/** One phase of a method, timed over a few steps. */
export interface TimedPhase {
  /** Seconds of one step. */
  readonly seconds: number;
  /** With cached teacher outputs: the epochs that run the teacher, and the seconds of one of their steps. */
  readonly asking?: { readonly epochs: number; readonly seconds: number } | undefined;
}

type Phases = readonly TimedPhase[];
type SeeingTeacher = Pick<LoadedTeacher, 'network' | 'input'>;

/** Times trainings, each distinct kind once. */
export interface Timings {
  /** @param network an untrained teacher */
  ofTeacher(config: RunConfig, data: RunData, network: Network): Promise<Phases>;
  /** By the methods' names in the run. */
  ofMethods(config: RunConfig, data: RunData, teacher: SeeingTeacher): Promise<ReadonlyMap<string, Phases>>;
}

export function timingsOf(log: RunLog): Timings {
  const teachers = new Map<string, Phases>();
  const students = new Map<string, ReadonlyMap<string, Phases>>();
  /** Times of the first task's methods, and the method that every task times. */
  let first: { readonly reference: string; readonly phases: ReadonlyMap<string, Phases> } | undefined;
  const timed = async (
    config: RunConfig,
    data: RunData,
    name: string,
    teacher: SeeingTeacher,
  ): Promise<Phases> => {
    log.say(`Timing steps of ${name}`);
    return await timeConfigured(config, data, name, teacher);
  };
  return {
    async ofTeacher(config, data, network) {
      const key = keyOf(config, data, [config.teacher.model, config.teacher.epochs]);
      const known = teachers.get(key);
      if (known !== undefined) return known;
      log.say('Timing steps of the teacher');
      const phases = await timeMethod(
        config,
        data,
        studentAlone(),
        [network],
        undefined,
        config.teacher.epochs,
      );
      teachers.set(key, phases);
      return phases;
    },
    async ofMethods(config, data, teacher) {
      const { methods } = config;
      const key = keyOf(config, data, [teacher.network.name, config.student.model, methods, config.epochs]);
      const known = students.get(key);
      if (known !== undefined) return known;
      const phases = new Map<string, Phases>();
      const reference = methods.find(({ as }) => as === first?.reference)?.as;
      if (first === undefined || reference === undefined) {
        for (const { as } of methods) phases.set(as, await timed(config, data, as, teacher));
        first ??= { reference: methods[0]?.as ?? '', phases };
      } else {
        const own = await timed(config, data, reference, teacher);
        const ratio = secondsOf(own) / secondsOf(first.phases.get(reference) ?? []);
        for (const { as } of methods) {
          const there = first.phases.get(as);
          const scaled = there?.map((phase) => slowed(phase, ratio));
          phases.set(as, scaled ?? (await timed(config, data, as, teacher)));
        }
      }
      students.set(key, phases);
      return phases;
    },
  };
}

const secondsOf = (phases: Phases): number => phases.reduce((sum, { seconds }) => sum + seconds, 0);

const slowed = ({ asking, ...phase }: TimedPhase, ratio: number): TimedPhase => ({
  ...phase,
  seconds: phase.seconds * ratio,
  asking: asking && { ...asking, seconds: asking.seconds * ratio },
});

/** Trainings with the same key take equally long. */
const keyOf = ({ batchSize, engine }: RunConfig, { train }: RunData, more: readonly unknown[]): string =>
  JSON.stringify([batchSize, engine, train.imageShape, train.classes, ...more]);

async function timeConfigured(
  config: RunConfig,
  data: RunData,
  name: string,
  teacher: SeeingTeacher,
): Promise<Phases> {
  const configured = config.methods.find(({ as }) => as === name);
  if (configured === undefined) return [];
  const { method, models, change } = planMethod(configured, config.student.model);
  const students = await buildCohort(models, data.train, 0, change);
  try {
    return await timeMethod(config, data, method, students, teacher, config.epochs);
  } finally {
    for (const student of students) student.dispose();
  }
}

/** Batches trained per phase; the first half is warm-up. */
const BATCHES = 8;

/** Trains one short epoch of every phase; with cached teacher outputs two, the second without running the teacher. */
async function timeMethod(
  config: RunConfig,
  { train }: RunData,
  method: Method,
  students: readonly Network[],
  teacher: SeeingTeacher | undefined,
  epochs: number,
): Promise<Phases> {
  // Whole batches: an image that the first epoch leaves out would make the teacher run in the second one.
  const batches = Math.min(BATCHES, Math.floor(train.size / config.batchSize));
  const size = batches === 0 ? train.size : batches * config.batchSize;
  // Spread over the whole set, so that samplers find all classes.
  const few = subset(
    train,
    Array.from({ length: size }, (_, at) => Math.floor((at * train.size) / size)),
  );
  const { kind = 'live', views = 1 } = teacher === undefined ? {} : config.teacher;
  const asked = teacher === undefined ? undefined : watchedTeacher(teacher.network);
  const watch = phaseWatch(kind === 'live' ? undefined : views);
  const result = await distill({
    teacher: asked?.network,
    ...(teacher !== undefined && { teacherInput: teacher.input }),
    ...(kind !== 'live' && { teacherOutputs: { kind: 'cached', views: 1 } }),
    students,
    method,
    train: few,
    epochs,
    batchSize: config.batchSize,
    seed: 0,
    normalization: await channelStatistics(few),
    callbacks: [watch.callback],
  });
  result.dispose();
  const phases = watch.phases();
  const isLive = kind === 'auto' && !teacherOutputsFit(train.size * views, asked?.width() ?? 0);
  return isLive ? phases.map(alwaysAsking) : phases;
}

const alwaysAsking = ({ asking, ...phase }: TimedPhase): TimedPhase => ({
  ...phase,
  seconds: asking?.seconds ?? phase.seconds,
});

/** A teacher, with the largest number of output values per image that was requested. */
function watchedTeacher(teacher: FrozenNetwork): {
  readonly network: FrozenNetwork;
  readonly width: () => number;
} {
  let width = 0;
  const note = (taps: readonly string[] = []): void => {
    const sizes = taps.map((tap) => teacher.tapShape(tap).reduce((size, axis) => size * axis, 1));
    width = Math.max(
      width,
      sizes.reduce((sum, size) => sum + size, teacher.classes),
    );
  };
  const { ask } = teacher;
  const network: FrozenNetwork = {
    ...teacher,
    forward(images, taps) {
      note(taps);
      return teacher.forward(images, taps);
    },
    ...(ask !== undefined && {
      ask: async (images, taps) => {
        note(taps);
        return await ask(images, taps);
      },
    }),
  };
  return { network, width: () => width };
}

/**
 * Ends every phase after its first epoch, and records the times of its steps.
 *
 * @param views of cached outputs: the phase then ends after its second epoch
 */
function phaseWatch(views: number | undefined): {
  readonly callback: Callback;
  readonly phases: () => Phases;
} {
  const phases: TimedPhase[] = [];
  let times: number[] = [];
  let before = 0;
  return {
    callback: {
      name: 'timing',
      start() {
        before = performance.now();
      },
      step() {
        const now = performance.now();
        times.push((now - before) / 1000);
        before = now;
      },
      epoch({ epoch }, run) {
        const phase = { seconds: median(times.slice(Math.floor(times.length / 2))) };
        const first = epoch === 0 ? undefined : phases.pop();
        phases.push(
          first === undefined || views === undefined
            ? phase
            : { ...phase, asking: { epochs: views, seconds: first.seconds } },
        );
        times = [];
        if (views === undefined || epoch > 0) run.stop('timed');
        before = performance.now();
      },
    },
    phases: () => phases,
  };
}
