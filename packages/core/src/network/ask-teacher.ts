import * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { expectOption, listOf, text } from '../option/index.js';
import type { Images, Logits, Tensor } from '../tensor/index.js';
import type { FrozenNetwork, OwnedOutput } from './contract.js';
import { expectNetwork } from './expect-network.js';
import { networkOutput } from './taps.js';

/**
 * The outputs of any teacher for a batch, whether it runs in tfjs or answers asynchronously.
 *
 * @param images `[batch, height, width, channels]`, normalized
 * @param taps taps to return in addition to the logits
 * @returns outputs whose tensors the caller frees with `dispose`
 */
export async function askTeacher(
  teacher: FrozenNetwork,
  images: Images,
  taps: readonly string[] = [],
): Promise<OwnedOutput> {
  expectNetwork('askTeacher', teacher);
  expectOption('askTeacher(taps)', taps, listOf(text));
  if (teacher.ask !== undefined) return teacher.ask(images, taps);
  const [logits, ...values] = withoutTape(() =>
    tf.tidy(() => {
      const output = teacher.forward(images, taps);
      return [output.logits, ...taps.map((tap) => output.tap(tap))];
    }),
  );
  return ownedOutput(teacher.name, logits, taps, values);
}

/** An output that owns its tensors: logits, and one value per tap in order. Two taps may share a tensor. */
export function ownedOutput(
  name: string,
  logits: Logits,
  taps: readonly string[],
  values: readonly Tensor[],
): OwnedOutput {
  return {
    ...networkOutput(name, logits, taps, values),
    dispose() {
      tf.dispose([logits, ...values]);
    },
  };
}

/**
 * Runs a graph on any number of images, in parts where its batch size is fixed; the last part is filled up with blank
 * images. Call it inside `tf.tidy`.
 *
 * @param size the fixed batch size; −1 or undefined where there is none
 */
export function inParts(
  images: tf.Tensor,
  size: number | undefined,
  run: (part: tf.Tensor) => tf.Tensor[],
): tf.Tensor[] {
  const [count = 0, ...image] = images.shape;
  if (size === undefined || size === -1 || count === size) return run(images);
  const parts = Math.ceil(count / size);
  const blank = tf.zeros([parts * size - count, ...image]);
  const results = tf.split(tf.concat([images, blank]), parts).map(run);
  return (results[0] ?? []).map((_, at) =>
    tf.slice(tf.concat(results.map((each) => each[at] as tf.Tensor)), 0, count),
  );
}
