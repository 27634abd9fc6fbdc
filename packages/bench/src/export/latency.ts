import * as tf from '@tensorflow/tfjs-core';
import { ENGINES, isDistillError, loadModel, resolveEngine } from '@distilljs/core';

/** How long one forward pass takes, image preparation not counted. */
export interface Latency {
  readonly engine: string;
  readonly batch: number;
  /** Milliseconds per batch: half of the passes were faster than `p50`, 95 % than `p95`. */
  readonly p50: number;
  readonly p95: number;
  readonly passes: number;
}

export interface Latencies {
  readonly measured: readonly Latency[];
  /** Engines that are not there, and why. */
  readonly missing: readonly { readonly engine: string; readonly reason: string }[];
}

const BATCHES = [1, 32] as const;
const WARM_UP = 3;
const MOST_PASSES = 100;
const FEWEST_PASSES = 5;
/** Milliseconds for one engine and batch size, after which no further pass begins. */
const PATIENCE = 2000;

/**
 * Times a saved model on every engine of this machine. The engine that is in use afterwards is the last one that works.
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
  for (const { name } of ENGINES) {
    try {
      await resolveEngine(name);
    } catch (error) {
      if (!isDistillError(error)) throw error;
      missing.push({ engine: name, reason: error.got });
      continue;
    }
    const model = await loadModel(place);
    for (const batch of BATCHES) {
      const images = tf.randomUniform([batch, ...imageSize]);
      const pass = async (): Promise<number> => {
        const start = performance.now();
        const output = tf.tidy(() => model.predict(images) as tf.Tensor);
        await output.data();
        output.dispose();
        return performance.now() - start;
      };
      const times: number[] = [];
      const begin = performance.now();
      for (let at = 0; at < WARM_UP; at++) await pass();
      while (
        times.length < FEWEST_PASSES ||
        (performance.now() - begin < patience && times.length < MOST_PASSES)
      )
        times.push(await pass());
      images.dispose();
      times.sort((a, b) => a - b);
      const quantile = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? NaN;
      measured.push({ engine: name, batch, p50: quantile(0.5), p95: quantile(0.95), passes: times.length });
    }
    model.dispose();
  }
  return { measured, missing };
}
