import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { ENGINES, isDistillError, loadModel, resolveEngine } from '@distilljs/core';
import { timePasses } from '../cost/pass-times.js';
import type { PassTimes } from '../cost/pass-times.js';

/** Times of one forward pass, without image preparation. */
export interface Latency extends PassTimes {
  readonly engine: string;
}

export interface Latencies {
  /** The processor of this machine, which need not be the run's. */
  readonly processor: string;
  readonly measured: readonly Latency[];
  /** Engines that are not available, and why. */
  readonly missing: readonly { readonly engine: string; readonly reason: string }[];
}

const BATCHES = [1, 32] as const;
/** Milliseconds per engine and batch size after which no further pass starts. A batch that would take longer is left out. */
const PATIENCE = 2000;

/**
 * Times a saved model on every engine of this machine. Afterwards the engine from before is in use again.
 *
 * @param imageSize of the network's images
 */
export async function measureLatency(
  place: string,
  imageSize: readonly [number, number, number],
  patience = PATIENCE,
): Promise<Latencies> {
  const measured: Latency[] = [];
  const missing: { engine: string; reason: string }[] = [];
  const before = tf.getBackend();
  try {
    for (const { name } of ENGINES) {
      try {
        await resolveEngine(name);
      } catch (error) {
        if (!isDistillError(error)) throw error;
        missing.push({ engine: name, reason: error.got });
        continue;
      }
      measured.push(...(await timesOf(name, place, imageSize, patience)));
    }
  } finally {
    await tf.setBackend(before);
  }
  return { processor: cpus()[0]?.model.trim() ?? 'unknown', measured, missing };
}

/** Times a saved model on the current engine. */
async function timesOf(
  engine: string,
  place: string,
  imageSize: readonly [number, number, number],
  patience: number,
): Promise<readonly Latency[]> {
  const measured: Latency[] = [];
  const model = await loadModel(place);
  let perImage = 0;
  for (const batch of BATCHES) {
    // Eight passes of a large batch on the engine cpu take a minute.
    if (perImage * batch > patience) break;
    const times = await timePasses(model, { batch, imageSize, patience });
    measured.push({ engine, ...times });
    perImage = times.p50 / batch;
  }
  model.dispose();
  return measured;
}
