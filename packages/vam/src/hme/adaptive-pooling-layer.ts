import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { expectAxes } from './expect-axes.js';
import { expectOption, objectWith, optional, text, wholeNumber } from '@distilljs/core';

type Shape = (number | null)[];

/**
 * Averages `[n, h, w, c]` to `[n, size, size, c]` over bins `[⌊i h / size⌋, ⌈(i + 1) h / size⌉)`, like PyTorch's
 * adaptive pooling. Bins overlap where `size` does not divide the edge.
 */
export class AdaptiveAveragePooling extends layers.Layer {
  static readonly className = 'AdaptiveAveragePooling';
  /** Engine `node` need not run its JavaScript in every step. */
  static readonly repeatable = true;

  private readonly size: number;

  /** @throws DistillError code `option` */
  constructor(config: { readonly size: number; readonly name?: string }) {
    expectOption('AdaptiveAveragePooling', config, objectWith('size'));
    const { size, name } = config;
    expectOption('AdaptiveAveragePooling.size', size, wholeNumber({ min: 1 }));
    expectOption('AdaptiveAveragePooling.name', name, optional(text));
    super(name === undefined ? {} : { name });
    this.size = size;
  }

  /** @throws DistillError code `shape` for inputs that are not feature maps */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    expectAxes(this.name, [inputShape as Shape], [null, null, null, null]);
    return [null, this.size, this.size, (inputShape as Shape).at(-1) ?? null];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
      const [images, height, width, channels] = x.shape;
      const { size } = this;
      const shares = tf.tensor2d(binShares(height, width, size), [size * size, height * width]);
      const positions = tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [height * width, images * channels]);
      const bins = tf.reshape(tf.matMul(shares, positions as tf.Tensor2D), [size, size, images, channels]);
      return tf.transpose(bins, [2, 0, 1, 3]);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), size: this.size };
  }
}

/** First position of a bin, and the position after its last. */
export function adaptiveBin(bin: number, length: number, size: number): readonly [from: number, to: number] {
  return [Math.floor((bin * length) / size), Math.ceil(((bin + 1) * length) / size)];
}

/** Weight of every position in every bin, `[size², height · width]`. */
function binShares(height: number, width: number, size: number): Float32Array {
  const shares = new Float32Array(size * size * height * width);
  for (let bin = 0; bin < size * size; bin++) {
    const [top, bottom] = adaptiveBin(Math.floor(bin / size), height, size);
    const [left, right] = adaptiveBin(bin % size, width, size);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++)
        shares[(bin * height + y) * width + x] = 1 / ((bottom - top) * (right - left));
    }
  }
  return shares;
}
