import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** How long forward passes take. */
export interface PassTimes {
  readonly batch: number;
  /** Milliseconds per batch: half of the passes were faster than `p50`, 95 % than `p95`. */
  readonly p50: number;
  readonly p95: number;
  readonly passes: number;
}

export interface PassOptions {
  /** Images per pass. */
  readonly batch: number;
  readonly imageSize: readonly [height: number, width: number, channels: number];
  /** Milliseconds after which no further pass begins. */
  readonly patience: number;
  /** Maximum number of passes. Default: 100. */
  readonly mostPasses?: number;
}

const WARM_UP = 3;
const FEWEST_PASSES = 5;

/** Times forward passes of a model on the current engine, including reading the outputs, after three warm-up passes. */
export async function timePasses(
  model: LayersModel,
  { batch, imageSize, patience, mostPasses = 100 }: PassOptions,
): Promise<PassTimes> {
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
  while (times.length < FEWEST_PASSES || (performance.now() - begin < patience && times.length < mostPasses))
    times.push(await pass());
  images.dispose();
  times.sort((a, b) => a - b);
  const quantile = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? NaN;
  return { batch, p50: quantile(0.5), p95: quantile(0.95), passes: times.length };
}
