import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import { add, batchNorm, blockTaps, classify, convolution, relu } from './conv-bn.js';

const STEM_WIDTH = 16;
const STAGE_WIDTHS = [16, 32, 64] as const;

/**
 * The wide residual network WRN-d-k for 32×32 images: a 3×3 stem of 16 filters, three stages of `n` pre-activation blocks
 * with 16k, 32k and 64k filters (the second and third begin at stride 2), batch norm and ReLU, global average pooling, one
 * dense layer. Depth is `6n + 4`.
 *
 * A block ends in a sum; the batch norm and ReLU after it are the next block's first layers (after the last block, the network's
 * last). As in the zoo's residual networks, that ReLU is called the block's output, e.g. `stage2_block1_output`. So the last
 * `stage1_…_output`, which the second stage reads, still has the first stage's shape. `stem_output` is the ReLU between the stem
 * and the first block.
 *
 * Where the shape changes, the shortcut is a 1×1 convolution of the block's activated input, without batch norm. No dropout.
 *
 * Source: Zagoruyko and Komodakis, "Wide Residual Networks", 2016, as the distillation benchmarks build it.
 *
 * @param depth 10, 16, 22, 28, 40, … (`6n + 4`)
 * @param factor k, how many times wider than the residual network
 */
export function wideResnet(name: string, depth: number, factor: number, shape: ModelShape): BuiltModel {
  const blocks = (depth - 4) / 6;
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  const stem = { filters: STEM_WIDTH, size: 3, stride: 1 };
  let x = convolution(images, { prefix: 'stem' }, stem);
  let activated = normalized(x, 'stem');
  let width: number = STEM_WIDTH;
  STAGE_WIDTHS.forEach((base, stage) => {
    const filters = base * factor;
    for (let block = 1; block <= blocks; block++) {
      const stride = stage > 0 && block === 1 ? 2 : 1;
      const prefix = `stage${stage + 1}_block${block}`;
      x = preActivationBlock({ x, activated }, prefix, { width, filters, stride });
      activated = normalized(x, prefix);
      width = filters;
    }
  });
  const logits = classify(activated, width, shape.classes);
  return {
    model: model({ inputs: images, outputs: logits, name }),
    taps: blockTaps([blocks, blocks, blocks]),
  };
}

interface BlockInput {
  /** The previous block's sum. */
  readonly x: SymbolicTensor;
  /** The same after batch norm and ReLU. */
  readonly activated: SymbolicTensor;
}

interface BlockOptions {
  /** Input channels. */
  readonly width: number;
  readonly filters: number;
  readonly stride: number;
}

/** `conv(relu(BN(conv(activated)))) + x`, with `conv(activated)` for x where the shape changes. */
function preActivationBlock(
  { x, activated }: BlockInput,
  prefix: string,
  { width, filters, stride }: BlockOptions,
): SymbolicTensor {
  const first = convolution(activated, { prefix, suffix: '1' }, { filters, size: 3, stride });
  const hidden = relu(batchNorm(first, { prefix, suffix: '2' }), `${prefix}_relu2`);
  const second = convolution(hidden, { prefix, suffix: '2' }, { filters, size: 3, stride: 1 });
  const identity = stride === 1 && width === filters;
  const projected = { prefix: `${prefix}_shortcut` };
  const shortcut = identity ? x : convolution(activated, projected, { filters, size: 1, stride });
  return add(second, shortcut, `${prefix}_add`);
}

function normalized(x: SymbolicTensor, prefix: string): SymbolicTensor {
  return relu(batchNorm(x, { prefix }), `${prefix}_output`);
}
