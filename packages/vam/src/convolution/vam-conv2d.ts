import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { DistillError, expectOption, objectWith, optional, text } from '@distilljs/core';
import { attentionEntropy, taskAttention } from '../attention.js';
import { heldVariable } from '../held-variable.js';
import { checkAttention, expectFullBlocks } from './attention-config.js';
import type { AttentionConfig, Convolution, VamConv2DConfig } from './attention-config.js';
import { blockMask, blockMembership } from './virtual-blocks.js';
import type { BlockMembers } from './virtual-blocks.js';

type Shape = (number | null)[];
type Layer = layers.Layer;

/** What a layer holds once it is built. */
interface Built {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | undefined;
  readonly theta: LayerVariable;
  readonly rho: LayerVariable;
  readonly members: BlockMembers;
  /** Number of times the kernel is repeated along its input maps: 1, or once per parent if they share it. */
  readonly copies: number;
}

/**
 * A convolution whose filters attend over blocks of their input maps: the Virtual Attention Module.
 *
 * `y = conv(x, W ⊙ s·Mask)`, `Mask[c_in, c_out] = A[⌊c_out / b_out⌋, ⌊c_in / b_in⌋]`, `A = softmax(Θ / e^ρ)`. For every
 * child block j this is the sum over parent blocks i of `s · A_ji · (W_ji * x_i)`, as one convolution whose kernel is
 * masked once per step. With `grouped` the kernel is `[h, w, b_in, filters]`, and a child's filters see the parents'
 * mixture `Σ_i A_ji x_i`.
 *
 * Weights are `kernel`, `bias`, `theta` `[children, parents]` and `rho` `[1]`. A folded layer presents itself as a
 * plain `Conv2D`: class name, configuration and weights are those of one, so that a saved model does not need this
 * package.
 *
 * @throws DistillError code `option` for a wrong or incomplete configuration; when built, `shape` for grouped blocks
 *   that do not divide the input maps
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: virtual blocks of filters, attention inside the convolution and
 *   a shared temperature come from a secondary source; the formula is our proposal.
 */
export class VamConv2D extends layers.Layer {
  static readonly className = 'VamConv2D';
  /** Engine `node` need not run its JavaScript in every step. */
  static readonly repeatable = true;

  private readonly attends: AttentionConfig;
  /** The plain convolution that the layer folds into. It holds the folded kernel, so that the trained one is never lost. */
  private readonly plain: Convolution;
  private parts: Built | undefined;
  private folded = false;

  constructor(config: VamConv2DConfig) {
    expectOption(VamConv2D.className, config, objectWith('inputBlock', 'filterBlock'));
    const { name, trainable = true, batchInputShape } = config;
    expectOption(`${VamConv2D.className}.name`, name, optional(text));
    super({
      trainable,
      ...(name !== undefined && { name }),
      ...(batchInputShape !== undefined && { batchInputShape }),
    });
    const { inputBlock, filterBlock, rescale, grouped, ...convolution } = config;
    const attends = { inputBlock, filterBlock, rescale, grouped };
    this.attends = checkAttention(this.name, { ...convolution, ...attends });
    this.plain = layers.conv2d({ ...convolution, name: this.name }) as unknown as Convolution;
  }

  override build(inputShape: Shape | Shape[]): void {
    const { inputBlock, filterBlock, rescale, grouped } = this.attends;
    expectFullBlocks(this.name, (inputShape as Shape).at(-1) ?? 0, this.attends);
    this.plain.build(inputShape);
    const [height = 1, width = 1, inputs = 1, filters = 1] = this.plain.getWeights()[0]?.shape ?? [];
    const [parents, children] = [Math.ceil(inputs / inputBlock), Math.ceil(filters / filterBlock)];
    const copies = grouped ? parents : 1;
    this.parts = {
      kernel: this.addPlainWeight('kernel', [height, width, inputs / copies, filters]),
      bias: this.plain.useBias ? this.addPlainWeight('bias', [filters]) : undefined,
      theta: this.addWeight('theta', [children, parents], 'float32', THETA_INITIALIZER()),
      rho: this.addWeight('rho', [1], 'float32', initializers.zeros()),
      members: {
        inputs: blockMembership(inputs, inputBlock, rescale === 'blocks' ? parents : 1),
        filters: blockMembership(filters, filterBlock),
      },
      copies,
    };
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.plain.computeOutputShape(inputShape);
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    kwargs: { readonly training?: boolean },
  ): tf.Tensor | tf.Tensor[] {
    if (this.folded) {
      if (kwargs.training === true) throw trainedFolded(this.name);
      return this.plain.call(inputs, kwargs);
    }
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor4D;
      const { strides, padding, dilationRate, activation } = this.plain;
      const y = tf.conv2d(x, this.maskedKernel(), strides, padding, 'NHWC', dilationRate);
      const bias = this.parts?.bias;
      const shifted = bias === undefined ? y : tf.add(y, bias.read());
      return activation.getClassName() === 'linear' ? shifted : activation.apply(shifted);
    });
  }

  /** A, `[children, parents]`. */
  attention(): Tensor2D {
    return taskAttention(this.theta, this.temperature());
  }

  /** Entropy H of every child's attention, `[children]`, in nats. */
  entropy(): Tensor1D {
    return attentionEntropy(this.theta, this.temperature());
  }

  /** τ = e^ρ, `[1]`. */
  temperature(): tf.Tensor {
    return tf.exp(this.rho);
  }

  /** Θ, `[children, parents]`. */
  get theta(): tf.Variable<tf.Rank.R2> {
    return heldVariable(this.name, this.parts?.theta) as tf.Variable<tf.Rank.R2>;
  }

  /** ρ, `[1]`. */
  get rho(): tf.Variable {
    return heldVariable(this.name, this.parts?.rho);
  }

  /** `W ⊙ s·Mask`, `[height, width, inputs, filters]`: the kernel of an equivalent plain convolution. */
  maskedKernel(): Tensor4D {
    return tf.tidy(() => {
      const kernel = heldVariable(this.name, this.parts?.kernel) as tf.Tensor as Tensor4D;
      const { members, copies } = this.parts as Built;
      const whole = copies === 1 ? kernel : tf.tile(kernel, [1, 1, copies, 1]);
      return tf.mul<Tensor4D>(whole, blockMask(this.attention(), members));
    });
  }

  /**
   * Multiplications of one masking: `C_in·N·M + C_in·M·C_out` for the two matrix products that spread A over the
   * channels, and one per kernel entry.
   */
  get maskingMacs(): number {
    const [children, parents] = this.theta.shape;
    const { size, shape } = heldVariable(this.name, this.parts?.kernel);
    const { copies } = this.parts as Built;
    const [, , inputs = 0, filters = 0] = shape;
    return inputs * copies * children * (parents + filters) + size * copies;
  }

  /** Multiplies the mask into the kernel, from the current weights. Call it again after they change. */
  fold(): void {
    this.folded = false;
    tf.tidy(() => {
      const bias = this.parts?.bias?.read();
      this.plain.setWeights(bias === undefined ? [this.maskedKernel()] : [this.maskedKernel(), bias]);
    });
    this.folded = true;
  }

  /** Makes the layer attend again, with its own trained weights. */
  unfold(): void {
    this.folded = false;
  }

  get isFolded(): boolean {
    return this.folded;
  }

  /** The configuration of the plain convolution. */
  plainConfig(): tf.serialization.ConfigDict {
    return this.plain.getConfig();
  }

  override getClassName(): string {
    return this.folded ? this.plain.getClassName() : VamConv2D.className;
  }

  override getConfig(): tf.serialization.ConfigDict {
    if (this.folded) return this.plainConfig();
    return {
      ...this.plainConfig(),
      ...this.attends,
      thetaInitializer: { className: 'RandomUniform', config: { minval: 0, maxval: 1 } },
      rhoInitializer: { className: 'Zeros', config: {} },
    };
  }

  override get trainableWeights(): LayerVariable[] {
    return this.folded ? this.plain.trainableWeights : super.trainableWeights;
  }

  override get nonTrainableWeights(): LayerVariable[] {
    return this.folded ? this.plain.nonTrainableWeights : super.nonTrainableWeights;
  }

  protected override disposeWeights(): number {
    this.folded = false;
    tf.dispose(Object.values(this.parts?.members ?? {}));
    this.plain.weights.forEach((weight) => {
      weight.dispose();
    });
    return super.disposeWeights();
  }

  private addPlainWeight(name: 'kernel' | 'bias', shape: number[]): LayerVariable {
    const { plain } = this;
    return this.addWeight(
      name,
      shape,
      'float32',
      plain[`${name}Initializer`],
      plain[`${name}Regularizer`],
      true,
      plain[`${name}Constraint`],
    );
  }
}

/** Uniform in `[0, 1)`, as in the released code; a function, because a tfjs initializer draws from one stream. */
const THETA_INITIALIZER = (): ReturnType<typeof initializers.randomUniform> =>
  initializers.randomUniform({ minval: 0, maxval: 1 });

const trainedFolded = (layer: string): DistillError =>
  new DistillError({
    code: 'network',
    where: `layer '${layer}'`,
    expected: 'a layer that attends, to train it',
    got: 'one whose mask is folded into its kernel',
    hint: 'Train foldVam(model), a plain copy, or call unfoldVam(model) to continue with its former attention.',
  });

/** True for a {@link VamConv2D}, folded or not, from any copy of this package. */
export function isVamConv2D(layer: Layer): layer is VamConv2D {
  return 'maskedKernel' in layer && 'unfold' in layer;
}

/** Registers {@link VamConv2D} with tfjs. Call it once before loading a model with attention. */
export function registerVamConv2D(): void {
  tf.serialization.registerClass(VamConv2D);
}
