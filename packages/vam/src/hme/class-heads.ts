import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { expectOption, objectWith, oneOf, optional, text } from '@distilljs/core';
import { expectAxes } from './expect-axes.js';

type Shape = (number | null)[];

/**
 * How a class head's outputs become the class's score, which also determines the loss:
 * - `binary`: two outputs; the margin `u⁺ − u⁻` is the logit of "is it this class?", one binary task per class;
 * - `nce`: two outputs; their maximum is a logit among all classes;
 * - `one_logit`: one output, a logit among all classes.
 *
 * Certainty: `nce` and `one_logit` are the released code's; `binary` follows the paper's abstract and figure.
 */
export type HeadKind = 'binary' | 'nce' | 'one_logit';

/** Number of outputs of one head. */
export const headOutputs = (head: HeadKind): number => (head === 'one_logit' ? 1 : 2);

/** Names for saved configurations: tfjs rewrites words with underscores. */
const READOUTS = { binary: 'margin', nce: 'max', one_logit: 'single' } as const;
type Readout = (typeof READOUTS)[HeadKind];

/** All kinds of heads. */
export const HEAD_KINDS = Object.keys(READOUTS) as readonly HeadKind[];

/** Turns the outputs of all class heads, `[n, 1 or 2]` each, into scores `[n, classes]`. */
export class ClassScores extends layers.Layer {
  static readonly className = 'ClassScores';
  /** Engine `node` need not run its JavaScript in every step. */
  static readonly repeatable = true;

  private readonly readout: Readout;

  constructor(config: { readonly readout: Readout; readonly name?: string }) {
    expectOption('ClassScores', config, objectWith('readout'));
    const { readout, name } = config;
    expectOption('ClassScores.readout', readout, oneOf(...Object.values(READOUTS)));
    expectOption('ClassScores.name', name, optional(text));
    super(name === undefined ? {} : { name });
    this.readout = readout;
  }

  /** The kind of heads that it reads. */
  get head(): HeadKind {
    return this.readout === 'margin' ? 'binary' : this.readout === 'max' ? 'nce' : 'one_logit';
  }

  /** @throws DistillError code `shape` for inputs that such heads do not output */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    expectAxes(this.name, inputShape as Shape[], [null, headOutputs(this.head)]);
    return [null, inputShape.length];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const outputs = tf.stack(Array.isArray(inputs) ? inputs : [inputs], 1) as tf.Tensor3D;
      const [images, classes] = outputs.shape;
      if (this.readout === 'single') return tf.reshape(outputs, [images, classes]);
      if (this.readout === 'max') return tf.max(outputs, 2);
      const [positive, negative] = tf.unstack(outputs, 2) as [tf.Tensor, tf.Tensor];
      return tf.sub(positive, negative);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), readout: this.readout };
  }
}

/**
 * The score layer for a kind of heads.
 *
 * @throws DistillError code `option` for a kind that does not exist
 */
export function classScores(head: HeadKind): ClassScores {
  expectOption('classScores(head)', head, oneOf(...HEAD_KINDS));
  return new ClassScores({ readout: READOUTS[head], name: 'scores' });
}

/** Dense layer with normal weights of standard deviation 0.01 and bias 0, initialized as in the released code. */
export function denseLayer(
  name: string,
  units: number,
  activation: 'linear' | 'relu' = 'linear',
): layers.Layer {
  const kernelInitializer = initializers.randomNormal({ mean: 0, stddev: 0.01 });
  return layers.dense({ name, units, activation, kernelInitializer });
}

/**
 * One head per class, and the scores of all classes.
 *
 * @param features input of each class's head, `[n, width]`
 * @param before builds the layers of a head before its last, from its input and the head's name
 * @returns `[n, classes]`
 */
export function classHeads(
  features: readonly SymbolicTensor[],
  head: HeadKind,
  before: (x: SymbolicTensor, name: string) => SymbolicTensor,
): SymbolicTensor {
  const outputs = features.map((x, index) => {
    const name = `head${index}`;
    return denseLayer(name, headOutputs(head)).apply(before(x, name)) as SymbolicTensor;
  });
  return classScores(head).apply(outputs) as SymbolicTensor;
}
