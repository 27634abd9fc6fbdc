import * as tf from '@tensorflow/tfjs-core';
import { median, min, quantile } from 'simple-statistics';
import { countKernels } from './kernel-counter.js';
import type { EngineUse } from './kernel-counter.js';
import type { Timing } from './rounds.js';
import type { MethodSpeed, StepTimes } from './speed-report.js';
import { startTraining } from './training-contender.js';
import type { Bench, TrainingContender } from './training-contender.js';

/** A warmed-up run of a method, with the engine's work in one step. */
export interface WatchedRun {
  readonly run: TrainingContender;
  readonly use: EngineUse;
  readonly liveTensors: number;
}

/** Starts a phase of a method, warms it up, and observes one more step. */
export async function warmUp(
  bench: Bench,
  method: string,
  phase: number,
  steps: number,
): Promise<WatchedRun> {
  const before = tf.memory().numTensors;
  const run = await startTraining(bench, method, phase);
  try {
    if (steps > 0) await run.turn(steps);
    const use = await countKernels(() => run.turn(1));
    const liveTensors = tf.memory().numTensors - before;
    return { run, use, liveTensors };
  } catch (error) {
    await run.end().catch(() => undefined);
    throw error;
  }
}

/**
 * A method's line of the report.
 *
 * @param gflops the engine's ceiling
 * @param kdMs median step time of kd, if it was measured
 */
export function methodSpeed(
  { run, use, liveTensors }: WatchedRun,
  timing: Timing,
  { teacher, batchSize }: Bench,
  gflops: number,
  kdMs: number | undefined,
): MethodSpeed {
  const stepMs = stepTimes(timing.times);
  // A backward pass computes gradients for inputs and for weights, each as much work as the forward pass.
  const flopsPerStep = 3 * 2 * run.studentMacs * batchSize + 2 * teacher.macs * run.teacherImages;
  return {
    method: run.method,
    phase: run.phase,
    phases: run.phases,
    stepMs,
    imagesPerSecond: (1000 * batchSize) / stepMs.median,
    overheadVsKd: kdMs === undefined ? null : stepMs.median / kdMs - 1,
    coresUsed: timing.cpuMs / timing.wallMs,
    flopsPerStep,
    shareOfCeiling: flopsPerStep / (stepMs.median * 1e6 * gflops),
    teacherImagesPerStep: run.teacherImages,
    use,
    kernelsPerStep: use.kernels.reduce((sum, { count }) => sum + count, 0),
    liveTensors,
    tensorGrowth: timing.tensorGrowth,
    peakRss: timing.peakRss,
  };
}

export function stepTimes(times: readonly number[]): StepTimes {
  const all = [...times];
  return { n: all.length, min: min(all), median: median(all), p95: quantile(all, 0.95) };
}
