import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import {
  expectOption,
  flag,
  nonNegative,
  objectWith,
  optional,
  text,
  wholeNumber,
  withoutTape,
} from '@distilljs/core';
import { attentionEntropy, hardAttention, mixParents, taskAttention } from '../attention.js';
import { heldVariable } from '../held-variable.js';
import { expectAxes } from './expect-axes.js';

type Shape = (number | null)[];

/** Configuration of a {@link TaskAttention} layer. */
export interface TaskAttentionConfig {
  readonly name?: string;
  /** Number of experts or class heads that follow this layer, at least 1. */
  readonly children: number;
  /** False: Θ is frozen. Default true. */
  readonly trainable?: boolean;
}

/**
 * Connects two levels of experts: every child gets its own weighted sum of all parents' outputs, `X_j = Σ_i A_ji F_i`.
 *
 * Inputs are the parents (equal shapes), outputs the children. Weights are `theta` `[children, parents]`, initially
 * uniform in `[0, 1)`, and `temperature` `[1]`, which is not trained. Above 0, attention is `softmax(Θ / τ)`; 0 means
 * hard attention, the tree.
 */
export class TaskAttention extends layers.Layer {
  static readonly className = 'TaskAttention';
  /** Engine `node` need not run its JavaScript in every step. */
  static readonly repeatable = true;

  private readonly children: number;
  private weight: Readonly<Record<'theta' | 'temperature', LayerVariable>> | undefined;

  /** @throws DistillError code `option` */
  constructor(config: TaskAttentionConfig) {
    expectOption('TaskAttention', config, objectWith('children'));
    const { children, name, trainable = true } = config;
    expectOption('TaskAttention.children', children, wholeNumber({ min: 1 }));
    expectOption('TaskAttention.name', name, optional(text));
    expectOption('TaskAttention.trainable', trainable, flag);
    super({ trainable, ...(name !== undefined && { name }) });
    this.children = children;
  }

  override build(inputShape: Shape | Shape[]): void {
    const parents = shapesOf(inputShape).length;
    const uniform = initializers.randomUniform({ minval: 0, maxval: 1 });
    this.weight = {
      theta: this.addWeight('theta', [this.children, parents], 'float32', uniform),
      temperature: this.addWeight('temperature', [1], 'float32', initializers.ones(), undefined, false),
    };
    this.built = true;
  }

  /** @throws DistillError code `shape` for parents of different shapes */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape[] {
    const [first = []] = shapesOf(inputShape);
    expectAxes(this.name, shapesOf(inputShape), first);
    return Array.from({ length: this.children }, () => first);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
    return tf.tidy(() => mixParents(this.attention(), Array.isArray(inputs) ? inputs : [inputs]));
  }

  /** A at the layer's temperature, `[children, parents]`. */
  attention(): Tensor2D {
    return tf.tidy(() => {
      const { temperature } = this;
      const isSoft = withoutTape(() => tf.step(temperature));
      const safe = withoutTape(() => tf.maximum(temperature, LOWEST));
      const soft = tf.mul(taskAttention(this.theta, safe), isSoft);
      const hard = withoutTape(() => tf.mul(hardAttention(this.theta), tf.sub(1, isSoft)));
      return tf.add<Tensor2D>(soft, hard);
    });
  }

  /** Entropy H of every child, `[children]`, in nats. Default temperature: the layer's own; hard attention then gives 0. */
  entropy(temperature?: number): Tensor1D {
    return attentionEntropy(
      this.theta,
      temperature ?? withoutTape(() => tf.maximum(this.temperature, LOWEST)),
    );
  }

  /** Sets τ; 0 makes attention hard. */
  setTemperature(temperature: number): void {
    expectOption(`layer '${this.name}', temperature`, temperature, nonNegative);
    tf.tidy(() => {
      this.temperature.assign(tf.tensor1d([temperature]));
    });
  }

  /** Θ, `[children, parents]`. */
  get theta(): tf.Variable<tf.Rank.R2> {
    return this.read('theta') as tf.Variable<tf.Rank.R2>;
  }

  /** τ, `[1]`. */
  get temperature(): tf.Variable {
    return this.read('temperature');
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      children: this.children,
      thetaInitializer: { className: 'RandomUniform', config: { minval: 0, maxval: 1 } },
      temperatureInitializer: { className: 'Ones', config: {} },
    };
  }

  private read(name: 'theta' | 'temperature'): tf.Variable {
    return heldVariable(this.name, this.weight?.[name]);
  }
}

/** Smallest divisor of Θ, so that hard attention does not divide by 0. */
const LOWEST = 1e-6;

function shapesOf(shape: Shape | Shape[]): Shape[] {
  return Array.isArray(shape[0]) ? (shape as Shape[]) : [shape as Shape];
}
