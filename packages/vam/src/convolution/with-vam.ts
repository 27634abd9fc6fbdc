import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import {
  checkOptions,
  createRandom,
  eitherOf,
  expectModel,
  flag,
  listOf,
  oneOf,
  text,
  wholeNumber,
} from '@distilljs/core';
import type { OptionCheck, OptionChecks, Random } from '@distilljs/core';
import { chooseLayers, convolutionOf } from './choose-layers.js';
import { rebuildModel } from './rebuild-model.js';
import type { Replacement } from './rebuild-model.js';
import { registerVamConv2D, VamConv2D } from './vam-conv2d.js';
import { blockCount } from './virtual-blocks.js';
import type { BlockSize } from './virtual-blocks.js';

/** How {@link withVam} makes convolutions attend. */
export interface WithVamOptions {
  /** Channels per virtual block, at least 1: one number, or `[input maps, filters]`. Default 16; also try 8 and 32. */
  readonly blockSize: number | readonly [number, number];
  /**
   * Default `none`: the convex combination of KDExplainer. It scales a layer's initial output to about 1/N, which is
   * harmless before batch norm. `blocks`: N times that, so that uniform attention equals the plain layer. Use it where
   * no batch norm follows the convolution, as in pre-activation residual networks.
   */
  readonly rescale: 'none' | 'blocks';
  /**
   * Variant B: parents are mixed first, and a child's filters see the mixture, so that a layer has 1/N of its weights.
   * Kernels start as the mean over the parents. This is not a like-for-like student: its network's `parameters` and
   * `macs` count the smaller kernel, those of the folded model the whole one. Default false.
   */
  readonly grouped: boolean;
  /** Names of the convolutions that attend (`outer/layer` in a nested model), at least one. Default `eligible`. */
  readonly layers: 'eligible' | readonly string[];
  /** Seed of the initial Θ, uniform in `[0, 1)`. Default 0. */
  readonly seed: number;
}

const defaults: WithVamOptions = {
  blockSize: 16,
  rescale: 'none',
  grouped: false,
  layers: 'eligible',
  seed: 0,
};

const twoSizes: OptionCheck = (value) =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((size) => wholeNumber({ min: 1 })(size) === undefined)
    ? undefined
    : 'two of them, [input maps, filters]';

const someNames: OptionCheck = (value) =>
  Array.isArray(value) && value.length === 0 ? 'a list of at least one name' : listOf(text)(value);

/** One check per option of {@link withVam}, for programs that take them from a configuration. */
export const withVamChecks: OptionChecks<WithVamOptions> = {
  blockSize: eitherOf(wholeNumber({ min: 1 }), twoSizes),
  rescale: oneOf('none', 'blocks'),
  grouped: flag,
  layers: eitherOf(oneOf('eligible'), someNames),
  seed: wholeNumber(),
};

/**
 * A copy of a model whose convolutions attend over virtual blocks of their input maps: the Virtual Attention Module.
 *
 * The copy has the model's layer names, wiring and weights, and two more weights per attending layer, `theta` and
 * `rho`. It trains with any method; `vam` adds the entropy term. `foldVam` turns it back into a plain model. The
 * original model is unchanged.
 *
 * By default all `k × k` convolutions attend, except the first ones, which see the images, and those with a single
 * parent block, whose attention is always 1. 1×1, depthwise and separable convolutions do not attend. In a network
 * without k×k convolutions after the first (MobileNets, ShuffleNets) the 1×1 ones attend.
 *
 * @throws DistillError code `option` for wrong options or layers that cannot attend; `network` when no layer is
 *   eligible
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: our reading is a proposal, see {@link VamConv2D}.
 */
export function withVam(model: LayersModel, given: Partial<WithVamOptions> = {}): LayersModel {
  expectModel(model, 'withVam');
  const options = checkOptions('withVam', given, defaults, withVamChecks);
  registerVamConv2D();
  const [inputs, filters] =
    typeof options.blockSize === 'number' ? [options.blockSize, options.blockSize] : options.blockSize;
  const size = { inputs, filters };
  const chosen = new Set(chooseLayers(model, options.layers, size, options.grouped));
  const random = createRandom(options.seed).fork('vam');
  return rebuildModel(model, (layer, path) =>
    chosen.has(path) ? attending(layer, size, options, random.fork(path)) : undefined,
  );
}

function attending(
  layer: layers.Layer,
  size: BlockSize,
  { rescale, grouped }: WithVamOptions,
  random: Random,
): Replacement {
  const { inputs, filters } = convolutionOf(layer);
  const { parents, children } = blockCount(inputs, filters, size);
  return {
    className: VamConv2D.className,
    config: {
      ...layer.getConfig(),
      inputBlock: size.inputs,
      filterBlock: size.filters,
      rescale,
      grouped,
    },
    weights() {
      const [kernel, ...bias] = layer.getWeights() as [tf.Tensor4D, ...tf.Tensor[]];
      const theta = Float32Array.from({ length: children * parents }, () => random.uniform());
      return [
        grouped ? meanOverParents(kernel, parents) : kernel,
        ...bias,
        tf.tensor2d(theta, [children, parents]),
        tf.zeros([1]),
      ];
    },
  };
}

/** Mean of a kernel over its parent blocks: `[h, w, N·b, filters]` → `[h, w, b, filters]`. */
function meanOverParents(kernel: tf.Tensor4D, parents: number): tf.Tensor {
  const [height, width, inputs, filters] = kernel.shape;
  return tf.mean(tf.reshape(kernel, [height, width, parents, inputs / parents, filters]), 2);
}
