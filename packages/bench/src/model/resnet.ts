import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import { blockTaps } from './block-taps.js';
import type { BuiltModel, ModelShape } from './built-model.js';
import { classify, convBatchNorm, relu } from './conv-bn.js';

/** Filters of the stem and of the three stages. */
const WIDTHS = { stem: 16, stages: [16, 32, 64] } as const;
/** Of the wider networks, called x4. */
const WIDTHS_X4 = { stem: 32, stages: [64, 128, 256] } as const;

/**
 * The residual network for 32×32 images: a 3×3 stem of 16 filters, three stages of `n` basic blocks with 16, 32 and 64
 * filters (the second and third begin at stride 2), global average pooling, one dense layer. Depth is `6n + 2`. The wider kind has 32 filters in its stem and 64, 128 and 256 in its stages.
 *
 * Layers are called `stem_conv`, `stage2_block1_conv1`, `stage2_block1_shortcut_conv`, …; each block's output after
 * ReLU is `stage2_block1_output`, its sum before ReLU `stage2_block1_add`.
 *
 * Source: He et al., "Deep Residual Learning for Image Recognition", 2016, section 4.2; with a 1×1 convolution and
 * batch norm as shortcut where the shape changes (its option B), as the distillation benchmarks have it, where the
 * paper's CIFAR networks pad with zeros (option A). The wider kind is those benchmarks' too (resnet8x4, resnet32x4).
 *
 * @param depth 8, 14, 20, 32, 44, 56, 110, … (`6n + 2`)
 */
export function resnet(
  name: string,
  { depth, wide = false }: { readonly depth: number; readonly wide?: boolean },
  shape: ModelShape,
): BuiltModel {
  const widths = wide ? WIDTHS_X4 : WIDTHS;
  const blocks = (depth - 2) / 6;
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  const stem = convBatchNorm(images, { prefix: 'stem' }, { filters: widths.stem, size: 3, stride: 1 });

  let x = relu(stem, 'stem_output');
  let width: number = widths.stem;
  widths.stages.forEach((filters, stage) => {
    for (let block = 1; block <= blocks; block++) {
      const stride = stage > 0 && block === 1 ? 2 : 1;
      x = basicBlock(x, `stage${stage + 1}_block${block}`, { width, filters, stride });
      width = filters;
    }
  });
  const logits = classify(x, width, shape.classes);
  return {
    model: model({ inputs: images, outputs: logits, name }),
    taps: blockTaps(blocks),
  };
}

interface BlockOptions {
  /** Channels that come in. */
  readonly width: number;
  readonly filters: number;
  readonly stride: number;
}

/** `relu(BN(conv(relu(BN(conv(x))))) + shortcut(x))`. */
function basicBlock(x: SymbolicTensor, name: string, options: BlockOptions): SymbolicTensor {
  const { width, filters, stride } = options;
  const first = convBatchNorm(x, { prefix: name, suffix: '1' }, { filters, size: 3, stride });
  const hidden = relu(first, `${name}_relu1`);
  const second = convBatchNorm(hidden, { prefix: name, suffix: '2' }, { filters, size: 3, stride: 1 });
  const identity = stride === 1 && width === filters;
  const shortcut = identity
    ? x
    : convBatchNorm(x, { prefix: `${name}_shortcut` }, { filters, size: 1, stride });
  const sum = layers.add({ name: `${name}_add` }).apply([second, shortcut]) as SymbolicTensor;
  return relu(sum, `${name}_output`);
}
