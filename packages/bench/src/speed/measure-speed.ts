import * as tf from '@tensorflow/tfjs-core';
import {
  channelStatistics,
  CIFAR_AUGMENTATION,
  createRandom,
  freeze,
  graphUse,
  loadBatch,
} from '@distilljs/core';
import type { Engine, Network, NetworkShape } from '@distilljs/core';
import { median, min } from 'simple-statistics';
import { buildNetwork } from '../run/cohort.js';
import { describeEnvironment } from '../run/environment.js';
import { ceilings } from './ceiling.js';
import type { Ceiling } from './ceiling.js';
import { repeated } from './contender.js';
import type { Contender } from './contender.js';
import { watchMemory } from './memory.js';
import { methodSpeed, stepTimes, warmUp } from './method-speed.js';
import type { WatchedRun } from './method-speed.js';
import { noiseDataset } from './noise-dataset.js';
import { runRounds } from './rounds.js';
import type { Timing } from './rounds.js';
import type { SpeedSettings } from './settings.js';
import { SPEED_SCHEMA } from './speed-report.js';
import type { MemoryResult, NetworkSize, SpeedReport } from './speed-report.js';
import type { Bench } from './training-contender.js';

/** Called before each part of the work. @param share finished share of the whole, from 0 to 1 */
export type SpeedProgress = (doing: string, share: number) => void;

/** Batches of an epoch; as many steps per view fill the cache of a teacher's outputs. */
const BATCHES = 12;
/** Repetitions of measurements other than training steps. */
const REPETITIONS = 5;

/**
 * Times training steps as `distill` runs them, the teacher's forward pass, and the engine's ceilings, in alternation.
 *
 * @param settings checked settings
 * @param engine the running engine
 * @throws DistillError from a method that cannot train
 */
export async function measureSpeed(
  settings: SpeedSettings,
  engine: Engine,
  progress: SpeedProgress = () => undefined,
): Promise<SpeedReport> {
  const { model, batchSize, steps, methods, cachedViews, memorySteps } = settings;
  const warmup = Math.max(settings.warmup, cachedViews * BATCHES);
  const dataset = noiseDataset(BATCHES * batchSize);
  const teacherNetwork = await buildNetwork(settings.teacher, dataset, createRandom(0).fork('teacher'));
  drawBiases(teacherNetwork);
  const teacher = freeze(teacherNetwork);
  const normalization = channelStatistics(dataset);
  const bench: Bench = { dataset, normalization, model, teacher, batchSize, cachedViews };
  const tell = progressOf(progress, methods.length * (memorySteps + warmup + 1 + steps));
  const runs: WatchedRun[] = [];
  const peaks = ceilings();
  const forward = teacherForward(bench);
  const others = [...peaks.map(({ contender }) => contender), forward];
  try {
    // Measured first, before the process holds anything else.
    const memory: MemoryResult[] = [];
    for (const method of memorySteps > 0 ? methods : []) {
      tell(`${method}, memory over ${memorySteps} steps`, memorySteps);
      memory.push(await watchMemory(bench, method, memorySteps));
    }
    for (const method of methods) {
      tell(`${method}, warm-up`, warmup + 1);
      let phases = 1;
      for (let phase = 0; phase < phases; phase++) {
        const watched = await warmUp(bench, method, phase, warmup);
        runs.push(watched);
        phases = watched.run.phases;
      }
    }
    for (const contender of others) await contender.turn(1);

    const plan = new Map<Contender, number>([
      ...others.map((contender) => [contender, REPETITIONS] as const),
      ...runs.map(({ run }) => [run, steps] as const),
    ]);
    const timings = await runRounds(plan, (turn, share) => {
      const isMethod = runs.some(({ run }) => turn.endsWith(run.name));
      tell(turn, isMethod ? (share * methods.length) / runs.length : 0);
    });
    progress('done', 1);

    const of = (contender: Contender): Timing => timings.get(contender) as Timing;
    const ceiling = ceilingResults(peaks, of);
    const gflops = Math.max(ceiling.matmul.gflops, ceiling.conv.gflops);
    const forwardMs = stepTimes(of(forward).times);
    const kd = runs.find(({ run }) => run.method === 'kd')?.run;
    const kdMs = kd === undefined ? undefined : median(of(kd).times);
    return {
      schema: SPEED_SCHEMA,
      environment: describeEnvironment(engine),
      settings,
      student: await studentSize(bench),
      ceiling,
      dataMs: await dataTime(bench),
      teacher: {
        ...sizeOf(settings.teacher, teacherNetwork),
        forwardMs,
        imagesPerSecond: (1000 * batchSize) / forwardMs.median,
      },
      methods: runs.map((watched) => methodSpeed(watched, of(watched.run), bench, gflops, kdMs)),
      memory,
      graphs: graphUse(),
    };
  } finally {
    for (const contender of [...others, ...runs.map(({ run }) => run)]) await contender.end();
    teacher.dispose();
    teacherNetwork.dispose();
  }
}

/** Reports each part of the work before it starts, with the share of the earlier ones. */
function progressOf(progress: SpeedProgress, total: number): (doing: string, steps: number) => void {
  let done = 0;
  return (doing, steps) => {
    progress(doing, done / total);
    done += steps;
  };
}

/** Draws biases, as in a trained teacher: TensorFlow skips the addition of biases that are 0. */
function drawBiases({ variables }: Network): void {
  tf.tidy(() => {
    Object.entries(variables).forEach(([name, variable], at) => {
      if (/\/(bias|beta)$/.test(name))
        variable.assign(tf.randomNormal(variable.shape, 0, 0.1, 'float32', at));
    });
  });
}

/** One forward pass of the teacher over a batch already on the engine. */
function teacherForward({ dataset, teacher, batchSize }: Bench): Contender {
  const images = tf.randomNormal<tf.Rank.R4>([batchSize, ...dataset.imageShape], 0, 1, 'float32', 1);
  const step = async (): Promise<void> => {
    const { logits } = teacher.forward(images);
    await logits.data();
    logits.dispose();
  };
  return repeated('teacher', step, () => {
    images.dispose();
  });
}

function ceilingResults(
  peaks: readonly Ceiling[],
  of: (contender: Contender) => Timing,
): SpeedReport['ceiling'] {
  const results = peaks.map(({ key, title, flops, contender }) => {
    return [key, { title, gflops: flops / (1e6 * min(of(contender).times)) }] as const;
  });
  return Object.fromEntries(results) as unknown as SpeedReport['ceiling'];
}

/** Median milliseconds to read, augment and normalize one batch. */
async function dataTime({ dataset, normalization, batchSize }: Bench): Promise<number> {
  const random = createRandom(0).fork('augment');
  const times: number[] = [];
  while (times.length < 4 * REPETITIONS) {
    const positions = Int32Array.from({ length: batchSize }, () => random.integer(dataset.size));
    const started = performance.now();
    await loadBatch(dataset, positions, { normalization, augmentation: CIFAR_AUGMENTATION }, random);
    times.push(performance.now() - started);
  }
  return median(times);
}

async function studentSize({ model, dataset }: Bench): Promise<NetworkSize> {
  const network = await buildNetwork(model, dataset, createRandom(0).fork('student'));
  try {
    return sizeOf(model, network);
  } finally {
    network.dispose();
  }
}

const sizeOf = (model: string, { parameters, macs }: NetworkShape): NetworkSize => ({
  model,
  parameters,
  macs,
});
