import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { DistillError } from '@distilljs/core';
import { attentionEntropy, heldVariable, taskAttention } from '../attention/index.js';
import { checkAttention, expectFullBlocks } from './attention-config.js';
import type { AttentionConfig, VamConv2DConfig } from './attention-config.js';
import type { ConvolutionParts } from './convolution-parts.js';
import { blockMembership } from './virtual-blocks.js';

type Shape = (number | null)[];
type Layer = layers.Layer;
type Variable2D = tf.Variable<tf.Rank.R2>;

/**
 * A convolution whose filters attend over blocks of their input maps: the Virtual Attention Module.
 *
 * `y = conv(x, W ⊙ s·Mask)`, `Mask[c_in, c_out] = A[⌊c_out / b_out⌋, ⌊c_in / b_in⌋]`, `A = softmax(Θ / e^ρ)`: the sum over
 * parent blocks i of `s · A_ji · (W_ji * x_i)` for every child block j, as one convolution with a kernel that is masked once per
 * step. With `grouped` the kernel is `[h, w, b_in, filters]`, and a child's filters see the parents' mixture `Σ_i A_ji x_i`.
 *
 * Weights are `kernel`, `bias`, `theta` `[children, parents]` and `rho` `[1]`. A folded layer is a plain `Conv2D` for whoever asks:
 * it has its class name, configuration and weights, so that a saved model needs nothing of this package.
 *
 * @throws DistillError code `option` for a configuration that is wrong or not whole; when it is built, `shape` for grouped blocks that do
 *   not divide the input maps
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: virtual blocks of filters, attention inside the convolution and a shared
 *   temperature come from a secondary source; the formula is our proposal.
 */
export class VamConv2D extends layers.Layer {
  static readonly className = 'VamConv2D';

  private readonly attends: AttentionConfig;
  /** What the layer folds into. It holds the folded kernel, so that the trained one is never lost. */
  private readonly plain: Layer;
  private readonly parts: ConvolutionParts;
  private folded = false;
  private weight: Readonly<Record<'kernel' | 'theta' | 'rho', LayerVariable>> | undefined;
  private bias: LayerVariable | undefined;
  private members: { readonly inputs: Tensor2D; readonly filters: Tensor2D } | undefined;
  private copies = 1;

  constructor(config: VamConv2DConfig) {
    const { name, trainable = true, batchInputShape } = config;
    super({
      trainable,
      ...(name !== undefined && { name }),
      ...(batchInputShape !== undefined && { batchInputShape }),
    });
    const { inputBlock, filterBlock, rescale, grouped, ...convolution } = config;
    const attends = { inputBlock, filterBlock, rescale, grouped };
    this.attends = checkAttention(this.name, { ...convolution, ...attends });
    this.plain = layers.conv2d({ ...convolution, name: this.name });
    this.parts = this.plain as unknown as ConvolutionParts;
  }

  override build(inputShape: Shape | Shape[]): void {
    const { inputBlock, filterBlock, rescale, grouped } = this.attends;
    expectFullBlocks(this.name, (inputShape as Shape).at(-1) ?? 0, this.attends);
    this.plain.build(inputShape);
    const [height = 1, width = 1, inputs = 1, filters = 1] = this.plain.getWeights()[0]?.shape ?? [];
    const parents = Math.ceil(inputs / inputBlock);
    this.copies = grouped ? parents : 1;
    this.members = tf.tidy(() => ({
      inputs: tf.keep(blockMembership(inputs, inputBlock, rescale === 'blocks' ? parents : 1)),
      filters: tf.keep(blockMembership(filters, filterBlock)),
    }));

    const { parts } = this;
    const kernelShape = [height, width, inputs / this.copies, filters];
    const kernel = this.addWeight(
      'kernel',
      kernelShape,
      'float32',
      parts.kernelInitializer,
      parts.kernelRegularizer,
      true,
      parts.kernelConstraint,
    );
    if (parts.useBias) {
      const { biasInitializer, biasRegularizer, biasConstraint } = parts;
      this.bias = this.addWeight(
        'bias',
        [filters],
        'float32',
        biasInitializer,
        biasRegularizer,
        true,
        biasConstraint,
      );
    }
    const children = Math.ceil(filters / filterBlock);
    this.weight = {
      kernel,
      theta: this.addWeight('theta', [children, parents], 'float32', THETA_INITIALIZER()),
      rho: this.addWeight('rho', [1], 'float32', initializers.zeros()),
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
      if (kwargs.training === true) throw this.foldedError();
      return this.plain.call(inputs, kwargs);
    }
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor4D;
      const { strides, padding, dilationRate, activation } = this.parts;
      const y = tf.conv2d(x, this.maskedKernel(), strides, padding, 'NHWC', dilationRate);
      const shifted = this.bias === undefined ? y : tf.add(y, this.bias.read());
      return activation.getClassName() === 'linear' ? shifted : activation.apply(shifted);
    });
  }

  /** A, `[children, parents]`. */
  attention(): Tensor2D {
    return taskAttention(this.theta, this.temperature());
  }

  /** H of every child, `[children]`, in nats. */
  entropy(): Tensor1D {
    return attentionEntropy(this.theta, this.temperature());
  }

  /** τ = e^ρ, `[1]`. */
  temperature(): tf.Tensor {
    return tf.exp(this.rho);
  }

  /** Θ, `[children, parents]`. */
  get theta(): Variable2D {
    return this.read('theta') as Variable2D;
  }

  /** ρ, `[1]`. */
  get rho(): tf.Variable {
    return this.read('rho');
  }

  /** Multiplications of one masking: two matrix products spread A over channels, `C_in·N·M + C_in·M·C_out`, and one per kernel entry. */
  get maskingMacs(): number {
    const [children, parents] = this.theta.shape;
    const { size, shape } = this.read('kernel');
    const [, , inputs = 0, filters = 0] = shape;
    return inputs * this.copies * children * (parents + filters) + size * this.copies;
  }

  /** `W ⊙ s·Mask`, `[height, width, inputs, filters]`: the kernel of an equal plain convolution. */
  maskedKernel(): Tensor4D {
    return tf.tidy(() => {
      const { inputs, filters } = this.members as { inputs: Tensor2D; filters: Tensor2D };
      const mask = tf.matMul(tf.matMul(inputs, this.attention(), false, true), filters, false, true);
      const kernel = this.read('kernel') as tf.Tensor as Tensor4D;
      const whole = this.copies === 1 ? kernel : tf.tile(kernel, [1, 1, this.copies, 1]);
      return tf.mul<Tensor4D>(whole, mask);
    });
  }

  /** Masks the kernel for good, from the weights that the layer has now. It may be done again after they changed. */
  fold(): void {
    this.folded = false;
    tf.tidy(() => {
      const bias = this.bias?.read();
      this.plain.setWeights(bias === undefined ? [this.maskedKernel()] : [this.maskedKernel(), bias]);
    });
    this.folded = true;
  }

  /** Makes the layer attend again, with the weights that it had before it was folded or has been given since. */
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
    tf.dispose([this.members?.inputs, this.members?.filters].filter((member) => member !== undefined));
    this.plain.weights.forEach((weight) => {
      weight.dispose();
    });
    return super.disposeWeights();
  }

  private read(name: 'kernel' | 'theta' | 'rho'): tf.Variable {
    return heldVariable(this.name, this.weight?.[name]);
  }

  private foldedError(): DistillError {
    return new DistillError({
      code: 'network',
      where: `layer '${this.name}'`,
      expected: 'a layer that attends, to train it',
      got: 'one whose mask is folded into its kernel',
      hint: 'Train foldVam(model), a plain copy, or call unfoldVam(model) to go on with the attention that it had.',
    });
  }
}

/** Uniform in `[0, 1)`, as the released attention; a function, because tfjs's initializers draw from a stream. */
const THETA_INITIALIZER = (): ReturnType<typeof initializers.randomUniform> =>
  initializers.randomUniform({ minval: 0, maxval: 1 });

/** True for a {@link VamConv2D}, folded or not, of any copy of this package. */
export function isVamConv2D(layer: Layer): layer is VamConv2D {
  return 'maskedKernel' in layer && 'unfold' in layer;
}

/** Makes `loadModel` know this package's layers. Needed once before a model with attention is loaded. */
export function registerVamConv2D(): void {
  tf.serialization.registerClass(VamConv2D);
}
