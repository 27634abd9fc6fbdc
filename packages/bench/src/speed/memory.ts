import * as tf from '@tensorflow/tfjs-core';
import type { MemoryPoint, MemoryResult } from './speed-report.js';
import { startTraining } from './training-contender.js';
import type { Bench } from './training-contender.js';

/** By this step, buffers, caches and compiled code have their final size. */
const EARLY_STEP = 50;

/**
 * Trains a method for `steps` steps and measures memory early and at the end.
 *
 * @param steps the early measurement is at step 50, or half-way if there are fewer than 100
 */
export async function watchMemory(bench: Bench, method: string, steps: number): Promise<MemoryResult> {
  const early = Math.min(EARLY_STEP, Math.floor(steps / 2));
  const run = await startTraining(bench, method, 0);
  try {
    await run.turn(early);
    const first = look(early);
    await run.turn(steps - early);
    const end = look(steps);
    return { method, early: first, end, rssRatio: end.rss / first.rss };
  } finally {
    await run.end();
  }
}

const look = (step: number): MemoryPoint => ({
  step,
  tensors: tf.memory().numTensors,
  rss: process.memoryUsage.rss(),
});
