import * as tf from '@tensorflow/tfjs-core';
import { repeating } from '../engine/graph/index.js';
import { concatFlat, splitFlat } from '../engine/kernels/flat.js';
import { DistillError } from '../error/index.js';
import type { NamedTensors, NamedVariables } from '../tensor/index.js';

/**
 * A group of variables viewed as one flat vector. An optimizer then needs a handful of operations in total
 * instead of a handful per variable.
 */
export interface FlatVariables {
  /** Sum of the variables' sizes. */
  readonly size: number;
  /** The current values, `[size]`. */
  read(): tf.Tensor1D;
  /** Splits a vector `[size]` into tensors of the variables' shapes, in order. */
  split(values: tf.Tensor1D): tf.Tensor[];
  /** Replaces all values by those of {@link split}. */
  assign(parts: readonly tf.Tensor[]): void;
  /**
   * Runs `move`, which must depend only on the variables, these gradients and `also`: the engine `node` replays
   * its operations.
   */
  moved(gradients: NamedTensors, also: readonly tf.Tensor[], move: () => tf.Tensor[]): tf.Tensor[];
  /** Gradients in the order of the variables, `[size]`; 0 where one is missing. */
  flatten(gradients: NamedTensors): tf.Tensor1D;
  /** @param noDecay variables without weight decay, by whole name (`conv1/gamma`) or last part (`gamma`) */
  weightDecay(factor: number, noDecay: readonly string[]): WeightDecay;
}

/** Coupled L2 weight decay of flat variables. */
export interface WeightDecay {
  /**
   * `g + λ p` for decayed variables, else `g`. The caller owns the result, which is the gradient itself if λ is
   * 0.
   */
  add(gradient: tf.Tensor1D, values: tf.Tensor1D): tf.Tensor1D;
  dispose(): void;
}

/** @throws DistillError code `contract` if there is no variable */
export function flatVariables(where: string, variables: NamedVariables): FlatVariables {
  const names = Object.keys(variables);
  const list = Object.values(variables);
  if (list.length === 0) {
    throw new DistillError({
      code: 'contract',
      where,
      expected: 'at least one variable to move',
      got: 'none',
    });
  }
  const shapes = list.map((variable) => variable.shape);
  const repeater = repeating();
  const size = list.reduce((sum, variable) => sum + variable.size, 0);
  return {
    size,
    read: () => concatFlat(list),
    moved(gradients, also, move) {
      const given = names.filter((name) => gradients[name] !== undefined);
      const inputs = [...also, ...given.map((name) => gradients[name] as tf.Tensor)];
      return [
        ...repeater.run(inputs, () => ({ tensors: move(), rest: undefined }), { key: given.join() }).tensors,
      ];
    },
    split: (values) => splitFlat(values, shapes),
    assign(parts) {
      list.forEach((variable, position) => {
        variable.assign(parts[position] as tf.Tensor);
      });
    },
    flatten: (gradients) =>
      tf.tidy(() => concatFlat(names.map((name, at) => gradients[name] ?? tf.zeros(shapes[at] ?? [])))),
    weightDecay(factor, noDecay) {
      const mask = factor > 0 ? decayMask(names, list, noDecay) : undefined;
      return {
        add(gradient, values) {
          if (factor === 0) return gradient;
          return tf.tidy(() => {
            const decayed = mask === undefined ? values : tf.mul<tf.Tensor1D>(values, mask);
            return tf.add(gradient, tf.mul(decayed, factor));
          });
        },
        dispose: () => mask?.dispose(),
      };
    },
  };
}

/** True if `entry` of `noDecay` names this variable: by whole name, or by its last part. */
export const isNamed = (name: string, entry: string): boolean => name === entry || name.endsWith(`/${entry}`);

/** 1 for every element with weight decay, else 0, `[size]`; `undefined` if all elements have it. */
function decayMask(
  names: readonly string[],
  list: readonly tf.Variable[],
  noDecay: readonly string[],
): tf.Tensor1D | undefined {
  const decays = names.map((name) => !noDecay.some((entry) => isNamed(name, entry)));
  if (decays.every(Boolean)) return undefined;
  const mask = new Float32Array(list.reduce((sum, variable) => sum + variable.size, 0));
  let offset = 0;
  list.forEach((variable, position) => {
    if (decays[position]) mask.fill(1, offset, offset + variable.size);
    offset += variable.size;
  });
  return tf.tensor1d(mask);
}
